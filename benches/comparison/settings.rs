//! The settings that are compared, and their out-of-fold predictions: trained once, then read from the cache.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use taxonova::cascade::{log_conditionals, probabilities};
use taxonova::evaluate::predictions;
use taxonova::taxonomy::{Edit, Form, Layout, Taxonomy, WeightOptions, target_slots};
use taxonova::train::{Example, TrainConfig, cross_validate};

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// The cascade on the tree.
    Cascade(Form, Residuals),
    /// One softmax over the tree's leaves and residuals.
    FlatAtoms,
    /// One softmax over the classes of one level.
    FlatLevel(u32),
}

/// Which classes have an "other".
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Residuals {
    /// SN Ia, as in the shipped tree.
    Shipped,
    /// None.
    Without,
    /// SN Ia and SN Ibc.
    More,
}

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    pub kind: Kind,
    pub alpha: f64,
    pub beta: f64,
}

impl Setting {
    /// Its name in tables, files and `--only`.
    pub fn name(&self) -> String {
        let (a, b) = (self.alpha, self.beta);
        match self.kind {
            Kind::FlatAtoms => format!("flat-b{b}"),
            Kind::FlatLevel(level) => format!("flat-level{level}-b{b}"),
            Kind::Cascade(form, residuals) => {
                let (form, beta) = match form {
                    Form::None => ("hxe".to_string(), String::new()),
                    form => (format!("whxe-{}", form.name()), format!("-b{b}")),
                };
                let residuals = match residuals {
                    Residuals::Shipped => "",
                    Residuals::Without => "-without-other",
                    Residuals::More => "-other-Ibc",
                };
                format!("{form}-a{a}{beta}{residuals}")
            }
        }
    }

    pub fn is_flat(&self) -> bool {
        matches!(self.kind, Kind::FlatAtoms)
    }

    /// In the grid proper: trained on the whole shipped tree.
    pub fn is_grid(&self) -> bool {
        matches!(self.kind, Kind::Cascade(_, Residuals::Shipped))
    }
}

/// All of them; those that matter most come first.
pub fn all() -> Vec<Setting> {
    let cascade = |form, residuals, alpha, beta| Setting { kind: Kind::Cascade(form, residuals), alpha, beta };
    let mut out: Vec<Setting> = [0.5, 0.0, 1.0].map(|beta| Setting { kind: Kind::FlatAtoms, alpha: 0.0, beta }).to_vec();
    for alpha in [0.5, 0.0, 0.25, 1.0] {
        out.push(cascade(Form::None, Residuals::Shipped, alpha, 0.0));
        for beta in [0.5, 1.0] {
            out.push(cascade(Form::Node, Residuals::Shipped, alpha, beta));
            out.push(cascade(Form::Label, Residuals::Shipped, alpha, beta));
        }
    }
    out.push(cascade(Form::Node, Residuals::Without, 0.5, 0.5));
    out.push(cascade(Form::Node, Residuals::Without, 0.5, 1.0));
    out.push(cascade(Form::None, Residuals::Without, 0.5, 0.0));
    out.push(cascade(Form::Node, Residuals::More, 0.5, 0.5));
    for level in [2, 3] {
        out.extend([0.5, 0.0].map(|beta| Setting { kind: Kind::FlatLevel(level), alpha: 0.0, beta }));
    }
    out
}

/// P per slot of the shared tree for each object, in the examples' order: posteriors, and the raw scores in which the loss's
/// weights still stand. NaN: the setting does not tell that class.
pub struct Predicted {
    pub posterior: Vec<Vec<f64>>,
    pub weighted: Vec<Vec<f64>>,
}

/// Where predictions are kept.
pub struct Cache {
    pub folder: PathBuf,
}

impl Cache {
    fn paths(&self, setting: &Setting, seed: u64) -> [PathBuf; 2] {
        let stem = format!("{}-seed{seed}", setting.name());
        [self.folder.join(format!("{stem}.csv")), self.folder.join(format!("{stem}.weighted.csv"))]
    }

    /// None if the setting has not been trained with this seed.
    pub fn read(&self, setting: &Setting, seed: u64, set: &[Example], layout: &Layout) -> Result<Option<Predicted>, String> {
        let paths = self.paths(setting, seed);
        if !paths.iter().all(|p| p.exists()) {
            return Ok(None);
        }
        let read = |path: &Path| -> Result<Vec<Vec<f64>>, String> {
            let mut by_id = predictions::read(path, layout).map_err(|e| e.to_string())?.by_id;
            let of = |e: &Example| {
                by_id.remove(&e.object_id).flatten().ok_or_else(|| format!("{}: no row of {}; delete it", path.display(), e.object_id))
            };
            set.iter().map(of).collect()
        };
        Ok(Some(Predicted { posterior: read(&paths[0])?, weighted: read(&paths[1])? }))
    }

    fn write(&self, setting: &Setting, seed: u64, set: &[Example], layout: &Layout, p: &Predicted) -> Result<(), String> {
        std::fs::create_dir_all(&self.folder).map_err(|e| format!("{}: {e}", self.folder.display()))?;
        for (path, rows) in self.paths(setting, seed).iter().zip([&p.posterior, &p.weighted]) {
            let say = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
            // Whole files only: an interrupted run starts again where it was.
            let part = path.with_extension("part");
            let mut csv = csv::Writer::from_path(&part).map_err(|e| say(&e))?;
            let header = ["object_id", "label", "fold"].map(String::from).into_iter();
            csv.write_record(header.chain(layout.slots.iter().map(|s| format!("P:{}", s.name)))).map_err(|e| say(&e))?;
            for (e, row) in set.iter().zip(rows) {
                let head = [e.object_id.clone(), e.label.clone(), e.fold.to_string()].into_iter();
                let field = |v: &f64| if v.is_nan() { String::new() } else { format!("{v:.6e}") };
                csv.write_record(head.chain(row.iter().map(field))).map_err(|e| say(&e))?;
            }
            csv.flush().map_err(|e| say(&e))?;
            std::fs::rename(&part, path).map_err(|e| say(&e))?;
        }
        Ok(())
    }

    /// Trains and keeps. `set`: examples made for `tree`.
    pub fn train(&self, setting: &Setting, set: &[Example], tree: &Taxonomy, config: &TrainConfig) -> Result<Predicted, String> {
        let layout = Layout::new(tree);
        let task = Task::new(setting, tree, &layout)?;
        let relabelled: Vec<Example> = set.iter().map(|e| task.relabel(e)).collect();
        let options = WeightOptions { alpha: setting.alpha, beta: setting.beta, form: task.form, ..tree.weights };
        let predictions = cross_validate(&relabelled, &task.tree, &task.layout, &options, config, &|_, _| ControlFlow::Continue(()))
            .map_err(|e| format!("{}: {e}", setting.name()))?;
        let mut out = Predicted { posterior: Vec::new(), weighted: Vec::new() };
        for p in &predictions {
            let whole = p.first().ok_or("an object has no prediction")?;
            out.posterior.push(task.read(&probabilities(&task.layout, &whole.log_conditional)));
            out.weighted.push(task.read(&probabilities(&task.layout, &log_conditionals(&task.layout, &whole.logits))));
        }
        self.write(setting, config.seed, set, &layout, &out)?;
        Ok(out)
    }
}

/// A setting's own tree, and how to read its answers on the shared one.
struct Task {
    tree: Taxonomy,
    layout: Layout,
    form: Form,
    /// For the flat ones: per slot of the shared tree the class that it belongs to.
    class_of: Option<Vec<Option<usize>>>,
    /// Per slot of the shared tree: the own slots that are summed.
    sums: Vec<Vec<usize>>,
}

impl Task {
    fn new(setting: &Setting, shared: &Taxonomy, layout: &Layout) -> Result<Task, String> {
        let classes = match setting.kind {
            Kind::Cascade(form, residuals) => return Task::cascade(shared, layout, form, residuals),
            Kind::FlatAtoms => layout.atoms(),
            Kind::FlatLevel(level) => layout.cut(level),
        };
        let mut tree = Taxonomy::new("flat", "Object");
        for i in 0..classes.len() {
            tree.add_child(tree.root(), format!("class {i}")).map_err(|e| e.to_string())?;
        }
        let class_of = (0..layout.len()).map(|s| classes.iter().position(|&c| layout.ancestor_or_self(c, s))).collect();
        let below = |s: usize| (0..classes.len()).filter(|&i| layout.ancestor_or_self(s, classes[i])).collect();
        let sums = (0..layout.len()).map(below).collect();
        Ok(Task { layout: Layout::new(&tree), tree, form: Form::Node, class_of: Some(class_of), sums })
    }

    fn cascade(shared: &Taxonomy, layout: &Layout, form: Form, residuals: Residuals) -> Result<Task, String> {
        let mut tree = shared.clone();
        let mut set = |name: &str, exhaustive: bool| -> Result<(), String> {
            let id = tree.find(name).ok_or_else(|| format!("the tree has no {name}"))?;
            tree.apply(Edit::SetExhaustive { id, exhaustive }).map(|_| ()).map_err(|e| e.to_string())
        };
        match residuals {
            Residuals::Shipped => {}
            Residuals::Without => set("SN Ia", true)?,
            Residuals::More => set("SN Ibc", false)?,
        }
        let own = Layout::new(&tree);
        let sums = layout.slots.iter().map(|s| own.by_name(&s.name).into_iter().collect()).collect();
        Ok(Task { tree, layout: own, form, class_of: None, sums })
    }

    /// The example with this task's target; one that no class fits keeps an empty path and is not trained on.
    fn relabel(&self, e: &Example) -> Example {
        let mut e = e.clone();
        match &self.class_of {
            None => e.path = target_slots(&self.layout, &self.tree, e.node),
            Some(class_of) => {
                let class = e.path.last().and_then(|&s| class_of.get(s).copied().flatten());
                e.path = class.into_iter().collect();
                let node = class.and_then(|c| self.layout.slots.get(c)).map(|s| s.node);
                e.node = node.unwrap_or(self.tree.root());
            }
        }
        e
    }

    fn read(&self, p: &[f64]) -> Vec<f64> {
        self.sums.iter().map(|own| if own.is_empty() { f64::NAN } else { own.iter().map(|&s| p[s]).sum::<f64>().min(1.0) }).collect()
    }
}
