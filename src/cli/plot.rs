//! `taxonova plot`: light curves as figures, with the folded curve, the history of the probabilities and the cascade.

use super::exit::{CommandResult, Failure};
use super::objects::{self, Target};
use super::{formats, inputs};
use crate::cascade::decide_poured;
use crate::features::period;
use crate::lightcurve::{LightCurve, window};
use crate::model::{Session, history};
use crate::plot::lightcurve::{Evolution, ObjectOptions, Part, Shown, TimeAxis, save_object};
use crate::plot::{Background, Cascade, FigureError, Format};
use crate::simulate::SURVEY;
use crate::taxonomy::printable;
use anyhow::anyhow;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Arguments of `taxonova plot`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = formats::help())]
pub struct Args {
    /// Light curves: files, folders (searched recursively), or - for standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Figure: .svg or .png (two pixels to a unit). {} in it becomes the object's name; a folder gets NAME.svg for each object.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Only the object of this name.
    #[arg(long, value_name = "NAME")]
    object: Option<String>,
    /// Model: an .onnx file, or the name of a shipped one.
    #[arg(short, long, value_name = "MODEL")]
    model: Option<String>,
    /// Tree of the cascade: a tree's file (of any format), or the name of a shipped one. Without it the model's own.
    #[arg(short, long, value_name = "TAXONOMY")]
    taxonomy: Option<String>,
    /// Threshold of the decision, above 0 and at most 1.
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = inputs::probability)]
    tau: f64,
    /// Fluxes and not magnitudes.
    #[arg(long)]
    flux: bool,
    /// Modified Julian dates and not days since the first detection.
    #[arg(long)]
    mjd: bool,
    /// Show the light curve folded as well, on a period of so many days, or on the one that is found.
    #[arg(long, value_name = "DAYS|find", value_parser = period)]
    period: Option<Period>,
    /// Show how the probabilities of classes rose and fell as the light curve became known.
    #[arg(long)]
    history: bool,
    /// Level of the tree whose classes the history shows [default: the first with three classes].
    #[arg(long, value_name = "N", requires = "history", value_parser = clap::value_parser!(u32).range(1..))]
    level: Option<u32>,
    /// Class whose children the history shows.
    #[arg(long, value_name = "CLASS", requires = "history", conflicts_with = "level")]
    node: Option<String>,
    /// Leave the cascade out.
    #[arg(long)]
    no_cascade: bool,
    /// Only what was known so many days after the first detection.
    #[arg(long, value_name = "DAYS", value_parser = inputs::days)]
    asof: Option<f64>,
    /// Background: light for paper, dark for slides.
    #[arg(long, value_name = "light|dark", default_value = "light", value_parser = inputs::background)]
    theme: Background,
    /// Width and height [default: what is in it needs].
    #[arg(long, value_name = "WxH", value_parser = size)]
    size: Option<(u32, u32)>,
    /// How files are read.
    #[command(flatten)]
    read: inputs::ReadArgs,
}

/// What is folded on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Period {
    Days(f64),
    Find,
}

fn period(text: &str) -> Result<Period, String> {
    if text == "find" {
        return Ok(Period::Find);
    }
    match text.parse::<f64>() {
        Ok(d) if (1e-5..1e6).contains(&d) => Ok(Period::Days(d)),
        _ => Err("it is a number of days between 1e-5 and 1e6, or find".into()),
    }
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let parse = |t: &str| t.parse::<u32>().ok().filter(|n| (200..=10_000).contains(n));
    let sides = text.split_once(['x', 'X']).and_then(|(w, h)| Some((parse(w)?, parse(h)?)));
    sides.ok_or_else(|| "it is width and height between 200 and 10000, as 900x600".into())
}

/// Runs the command.
pub fn run(args: &Args) -> CommandResult {
    let mut names = Names::new(&args.output)?;
    let model = inputs::model(args.model.as_deref())?;
    let target = objects::target(&model, args.taxonomy.as_deref().map(inputs::taxonomy).transpose()?)?;
    let shown = match (&args.node, args.level) {
        (Some(node), _) if *node == target.layout.root_name => Shown::Below(None),
        (Some(node), _) => Shown::Below(Some(target.slot(node)?)),
        (None, level) => Shown::Level(level.unwrap_or_else(|| target.layout.first_level())),
    };
    let mut session = model.session().map_err(Failure::internal)?;
    // Without a place for more than one figure the first waits until it is known to be the only one.
    let mut only: Option<LightCurve> = None;
    let mut drawn = 0u64;
    let seen = objects::each(&args.paths, &args.read.options(), |curve| {
        if args.object.as_ref().is_some_and(|wanted| *wanted != curve.object_id) {
            return Ok(ControlFlow::Continue(()));
        }
        if names.is_one() && args.object.is_none() {
            if only.replace(curve).is_some() {
                let why = "there are several objects: --object NAME chooses one, {} in OUT or a folder makes a figure of each";
                return Err(Failure::usage(anyhow!(why)));
            }
            return Ok(ControlFlow::Continue(()));
        }
        draw(args, &target, shown, &mut session, curve, &mut names)?;
        drawn += 1;
        Ok(if args.object.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if let Some(curve) = only {
        draw(args, &target, shown, &mut session, curve, &mut names)?;
        drawn += 1;
    }
    match &args.object {
        Some(wanted) if drawn == 0 => {
            let (n, wanted) = (seen.objects, printable(wanted));
            Err(Failure::usage(anyhow!("none of the {n} objects is called {wanted}; there are {}", seen.list())))
        }
        _ => Ok(seen.exit()),
    }
}

fn draw(
    args: &Args,
    target: &Target,
    shown: Shown,
    session: &mut Session,
    mut curve: LightCurve,
    names: &mut Names,
) -> Result<(), Failure> {
    let whole = curve.observations.len();
    if let Some(age_d) = args.asof {
        curve.observations = window::as_of(&curve, age_d);
    }
    let name = printable(&curve.object_id);
    let unusable = session.model().unusable(&curve);
    let usable = unusable.is_none();
    if let Some(why) = unusable.filter(|_| !args.no_cascade || args.history) {
        eprintln!("taxonova: {name}: {why}; drawn without probabilities");
    }
    let mut options = ObjectOptions::new(args.theme.theme());
    // Said wherever simulated data are shown, and a figure goes further than its file.
    options.title = (curve.survey == SURVEY).then(|| format!("SIMULATED {}", curve.object_id));
    options.subtitle = args.asof.filter(|_| curve.observations.len() < whole).map(|d| format!("as known {d} d after the first detection"));
    options.flux = args.flux;
    options.time = if args.mjd { TimeAxis::Mjd } else { TimeAxis::Days };
    options.size = args.size;
    options.period_d = match args.period {
        Some(Period::Days(d)) => Some(d),
        Some(Period::Find) => found(&curve, &name),
        None => None,
    };
    let cascade = if usable && !args.no_cascade { Some(cascade(args, target, session, &curve)?) } else { None };
    let part = |cascade| Part { taxonomy: &target.taxonomy, layout: &target.layout, cascade };
    options.cascade = cascade.as_ref().map(part);
    if args.history && usable {
        let epochs = history::epochs(session.model().profile(), &curve, history::EPOCHS);
        let answers = history::history(session, &curve, &epochs, &AtomicBool::new(false)).map_err(Failure::internal)?;
        options.history = answers.map(|h| {
            let poured: Vec<_> = h.p.iter().map(|p| target.regrouper.pour(p)).collect();
            Evolution::new(&target.layout, &h.mjd, &poured, shown)
        });
        options.history = options.history.filter(|h| !h.is_empty());
    }
    let path = names.of(&curve.object_id);
    match save_object(&curve, &options, &path) {
        // One empty light curve among many is no reason to end.
        Err(e @ FigureError::Empty(_)) if !names.is_one() => {
            eprintln!("taxonova: {e}");
            Ok(())
        }
        Err(e @ (FigureError::Empty(_) | FigureError::Format(_) | FigureError::TooLarge(..))) => Err(Failure::usage(e)),
        Err(e) => Err(Failure::internal(e)),
        Ok(()) => Ok(()),
    }
}

/// The best period, if it can be believed.
fn found(curve: &LightCurve, name: &str) -> Option<f64> {
    let search = period::search(&curve.observations, &period::Options::default(), &AtomicBool::new(false));
    match search.as_ref().and_then(|s| s.peaks.first()) {
        Some(peak) if peak.is_significant() => Some(peak.period_d),
        Some(peak) => {
            let p = peak.false_alarm();
            eprintln!(
                "taxonova: {name}: no significant period (the best, {:.6} d, has a false-alarm probability of {p:.2}); not folded",
                peak.period_d
            );
            None
        }
        None => {
            eprintln!("taxonova: {name}: too few points to look for a period; not folded");
            None
        }
    }
}

fn cascade(args: &Args, target: &Target, session: &mut Session, curve: &LightCurve) -> Result<Cascade, Failure> {
    let output = session.classify(curve).map_err(Failure::internal)?;
    let poured = target.regrouper.pour(&output.p);
    let decision = decide_poured(&target.layout, &poured, args.tau);
    Ok(Cascade { object: curve.object_id.clone(), poured, decision, tau: args.tau })
}

/// The figures' files.
struct Names {
    pattern: String,
    /// Names that are taken.
    used: HashSet<String>,
    /// The last number behind a name that came more than once.
    next: HashMap<String, usize>,
}

/// What stands for the object's name.
const PLACE: &str = "{}";

impl Names {
    fn new(output: &Path) -> Result<Names, Failure> {
        let text = output.to_string_lossy().into_owned();
        let folder = output.is_dir() || text.ends_with(std::path::MAIN_SEPARATOR);
        let pattern = if folder { output.join(format!("{PLACE}.svg")).to_string_lossy().into_owned() } else { text };
        Format::of(Path::new(&pattern)).map_err(Failure::usage)?;
        if folder {
            std::fs::create_dir_all(output).map_err(|e| Failure::internal(anyhow!("{}: {e}", printable(&output.to_string_lossy()))))?;
        }
        Ok(Names { pattern, used: HashSet::new(), next: HashMap::new() })
    }

    fn is_one(&self) -> bool {
        !self.pattern.contains(PLACE)
    }

    /// The file of an object: its name without what file systems don't take; another one for each of the same name.
    fn of(&mut self, object_id: &str) -> PathBuf {
        let mut name: String =
            object_id.chars().map(|c| if c.is_alphanumeric() || "-_.+".contains(c) { c } else { '_' }).take(120).collect();
        if name.trim_matches('.').is_empty() {
            name = "object".into();
        }
        let mut free = name.clone();
        while !self.used.insert(free.clone()) {
            let n = self.next.entry(name.clone()).or_insert(1);
            *n += 1;
            free = format!("{name}-{n}");
        }
        PathBuf::from(self.pattern.replace(PLACE, &free))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!((period("find"), period("2.5")), (Ok(Period::Find), Ok(Period::Days(2.5))));
        assert!(period("0").is_err() && period("x").is_err() && period("nan").is_err());
        assert_eq!(size("900x600"), Ok((900, 600)));
        assert!(size("900").is_err() && size("1x1").is_err() && size("99999x900").is_err());
    }

    #[test]
    fn every_object_has_a_file_of_its_own() {
        let mut n = Names::new(Path::new("out/{}.png")).unwrap();
        assert!(!n.is_one());
        assert_eq!(n.of("a/../b"), Path::new("out/a_.._b.png"));
        assert_eq!(n.of("a b"), Path::new("out/a_b.png"));
        assert_eq!(n.of("a_b"), Path::new("out/a_b-2.png"));
        assert_eq!(n.of("a_b-2"), Path::new("out/a_b-2-2.png"));
        assert_eq!(n.of(".."), Path::new("out/object.png"));
        assert!(Names::new(Path::new("x.pdf")).is_err());
        assert!(Names::new(Path::new("x.svg")).unwrap().is_one());
    }
}
