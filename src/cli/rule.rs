//! Options that say how a node is chosen from the probabilities.

use super::exit::Failure;
use super::inputs;
use crate::model::decisions::Wanted;
use anyhow::anyhow;
use clap::{Args, ValueEnum};

/// How a node is chosen from the probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rule {
    /// Down to the most probable child while its probability is at least tau.
    Threshold,
    /// The node that says most at the accuracy that --accuracy asks for.
    Utility,
    /// The deepest node that keeps the promise of --epsilon.
    Conformal,
    /// The most probable leaf after rare classes are favoured: P / rate^gamma (--gamma).
    Balanced,
}

/// The rule and its numbers.
#[derive(Debug, Args)]
pub struct RuleArgs {
    /// How a node is chosen.
    #[arg(long, value_enum, default_value_t = Rule::Threshold)]
    pub rule: Rule,
    /// Threshold of the decision, above 0 and at most 1.
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = inputs::probability)]
    pub tau: f64,
    /// Rule `conformal`: the answer is wrong for at most this share of objects, if they are like those that the model was
    /// calibrated on (survey, selection, dates, age). Scores are kept by age: --asof and --history use theirs [default: 0.1].
    #[arg(long, value_name = "SHARE", value_parser = inputs::share)]
    pub epsilon: Option<f64>,
    /// Rule `utility`: the answer is right for at least this share of such objects [default: 0.9].
    #[arg(long, value_name = "SHARE", value_parser = inputs::share)]
    pub accuracy: Option<f64>,
    /// Rule `balanced`: 0 says the most probable leaf, 1 counts all classes as equally frequent [default: the one with the
    /// greatest macro F1 over the objects that the model was calibrated on, by age].
    #[arg(long, value_name = "G", value_parser = exponent)]
    pub gamma: Option<f64>,
}

/// 0 to 1.
fn exponent(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|g| (0.0..=1.0).contains(g)).ok_or_else(|| "it must be between 0 and 1".into())
}

impl RuleArgs {
    /// What is asked for; no option may belong to another rule. `weighted`: not of posteriors.
    pub fn wanted(&self, weighted: bool) -> Result<Wanted, Failure> {
        let stray = |option: &str, rule: &str| Err(Failure::usage(anyhow!("--{option} belongs to --rule {rule}")));
        if self.epsilon.is_some() && self.rule != Rule::Conformal {
            return stray("epsilon", "conformal");
        }
        if self.accuracy.is_some() && self.rule != Rule::Utility {
            return stray("accuracy", "utility");
        }
        if self.gamma.is_some() && self.rule != Rule::Balanced {
            return stray("gamma", "balanced");
        }
        if weighted && self.rule != Rule::Threshold {
            let why = "--weighted-p goes with --rule threshold alone: the other rules are calibrated on posteriors";
            return Err(Failure::usage(anyhow!(why)));
        }
        Ok(match self.rule {
            Rule::Threshold => Wanted::Threshold { tau: self.tau },
            Rule::Utility => Wanted::Utility { accuracy: self.accuracy.unwrap_or(0.9) },
            Rule::Conformal => Wanted::Conformal { epsilon: self.epsilon.unwrap_or(0.1) },
            Rule::Balanced => Wanted::Balanced { gamma: self.gamma },
        })
    }
}
