//! Measures as functions of sums over objects, so that a bootstrap draw is another sum of the same rows.

use super::settings::Kind;
use taxonova::cascade::{Poured, decide_poured};
use taxonova::evaluate::{FiveClass, MIN_OBJECTS, Truth, Verdict, best_atom, f1, lca_height, verdict};
use taxonova::taxonomy::{Layout, Taxonomy};

/// Threshold of the decisions.
const TAU: f64 = 0.5;
/// Classes with so many objects at most are rare.
const RARE: u64 = 200;
/// Told from the rest by its pipeline: in no mean, and its objects are not scored.
pub const LEFT_OUT: &str = "TDE";

/// What one object adds to which sums.
pub type Row = Vec<(u32, f32)>;

/// A measure's name, and whether more is better.
pub type Measure = (String, bool);

/// Makes rows, and measures of their sums, on one tree.
pub struct Judge {
    layout: Layout,
    five: Option<FiveClass>,
    cuts: Vec<(u32, Vec<usize>)>,
    /// Slots with enough objects of their own (labels), and in all.
    labels: Vec<usize>,
    enough: Vec<bool>,
    rare: Vec<usize>,
    pub measures: Vec<Measure>,
}

/// Blocks of three sums per slot: true, said, both.
#[derive(Clone, Copy)]
enum Block {
    Decided,
    Forced,
    Slots,
    Group,
    Cut(usize),
}

impl Judge {
    /// `truths`: of the objects that will be scored.
    pub fn new(tree: &Taxonomy, truths: &[Truth]) -> Judge {
        let layout = Layout::new(tree);
        let count = |f: &dyn Fn(&Truth, usize) -> bool| -> Vec<u64> {
            (0..layout.len()).map(|s| truths.iter().filter(|t| f(t, s)).count() as u64).collect()
        };
        let exact = count(&|t, s| t.path.last() == Some(&s));
        let within = count(&|t, s| t.path.contains(&s));
        let enough: Vec<bool> = within.iter().zip(&layout.slots).map(|(n, s)| *n >= MIN_OBJECTS && s.name != LEFT_OUT).collect();
        let of = |f: &dyn Fn(usize) -> bool| (0..layout.len()).filter(|&s| f(s)).collect::<Vec<_>>();
        let labels = of(&|s| exact[s] >= MIN_OBJECTS);
        let rare = of(&|s| layout.is_atom(s) && (MIN_OBJECTS..=RARE).contains(&within[s]));
        let cuts: Vec<_> = (2..=3).map(|level| (level, layout.cut(level))).collect();
        let five = FiveClass::new(tree, &layout);
        let mut measures: Vec<Measure> =
            ["hF micro", "hF macro", "leaf hF micro", "leaf hF macro", "leaf F1"].map(|m| (m.into(), true)).into();
        measures.extend(cuts.iter().map(|(level, _)| (format!("level {level} F1"), true)));
        measures.extend(["severity", "height/object"].map(|m| (m.into(), false)));
        measures.extend(["rare recall", "five F1", "five accuracy"].map(|m| (m.into(), true)));
        measures.push(("log loss".into(), false));
        let mut judge = Judge { layout, five, cuts, labels, enough, rare, measures };
        let groups: Vec<String> = judge.groups().iter().map(|(name, _)| format!("F1 in {name}")).collect();
        judge.measures.extend(groups.into_iter().map(|g| (g, true)));
        judge
    }

    /// Sibling groups with at least two members that have enough objects.
    fn groups(&self) -> Vec<(String, Vec<usize>)> {
        let named = self.layout.groups.iter().map(|g| {
            let name = g.parent.map_or(&self.layout.root_name, |s| &self.layout.slots[s].name);
            (name.clone(), g.members.iter().copied().filter(|&m| self.enough[m]).collect::<Vec<_>>())
        });
        named.filter(|(_, members)| members.len() > 1).collect()
    }

    fn at(&self, block: Block, slot: usize, which: usize) -> u32 {
        let block = match block {
            Block::Decided => 0,
            Block::Forced => 1,
            Block::Slots => 2,
            Block::Group => 3,
            Block::Cut(i) => 4 + i,
        };
        ((block * self.layout.len() + slot) * 3 + which) as u32
    }

    /// Behind the blocks: mistakes, heights, objects, log losses, their number, five-class right, five-class all, and
    /// true, said, both of each of the five.
    fn tail(&self, i: usize) -> u32 {
        ((4 + self.cuts.len()) * self.layout.len() * 3 + i) as u32
    }

    pub fn n_sums(&self) -> usize {
        self.tail(7 + 15) as usize
    }

    pub fn row(&self, truth: &Truth, five: Option<usize>, p: &[f64]) -> Row {
        let layout = &self.layout;
        let mut row = Row::new();
        let mut add = |i: u32, v: f64| row.push((i, v as f32));
        let label = truth.path.last().copied();
        let decided = decided(layout, p);
        let forced = best_atom(layout, p).map_or_else(Vec::new, |s| layout.path(s));
        for (block, path) in [(Block::Decided, &decided), (Block::Forced, &forced)] {
            let Some(label) = label else { continue };
            let said = truth.judged(path);
            let shared = truth.path.iter().zip(said).take_while(|(a, b)| a == b).count();
            for (which, n) in [truth.path.len(), said.len(), shared].into_iter().enumerate() {
                add(self.at(block, label, which), n as f64);
            }
        }
        let said = truth.judged(&forced);
        truth.path.iter().for_each(|&s| add(self.at(Block::Slots, s, 0), 1.0));
        said.iter().for_each(|&s| add(self.at(Block::Slots, s, 1), 1.0));
        said.iter().filter(|s| truth.path.contains(s)).for_each(|&s| add(self.at(Block::Slots, s, 2), 1.0));
        for group in &layout.groups {
            let Some(&own) = group.members.iter().find(|m| truth.path.contains(m)) else { continue };
            self.answer(&mut add, Block::Group, own, best_of(&group.members, p));
        }
        for (i, (_, cut)) in self.cuts.iter().enumerate() {
            let Some(&own) = cut.iter().find(|m| truth.path.contains(m)) else { continue };
            self.answer(&mut add, Block::Cut(i), own, best_of(cut, p));
        }
        add(self.tail(2), 1.0);
        if verdict(truth, said) == Verdict::Mistake {
            add(self.tail(0), 1.0);
            add(self.tail(1), f64::from(lca_height(layout, &truth.path, said)));
        }
        if let Some(v) = label.map(|l| p[l]).filter(|v| !v.is_nan()) {
            add(self.tail(3), -v.max(1e-15).ln());
            add(self.tail(4), 1.0);
        }
        if let (Some(reading), Some(own)) = (&self.five, five) {
            let said = reading.predict(p, None);
            add(self.tail(6), 1.0);
            add(self.tail(7 + 3 * own), 1.0);
            add(self.tail(7 + 3 * said + 1), 1.0);
            if said == own {
                add(self.tail(5), 1.0);
                add(self.tail(7 + 3 * own + 2), 1.0);
            }
        }
        row
    }

    fn answer(&self, add: &mut impl FnMut(u32, f64), block: Block, own: usize, said: Option<usize>) {
        add(self.at(block, own, 0), 1.0);
        if let Some(said) = said {
            add(self.at(block, said, 1), 1.0);
            if said == own {
                add(self.at(block, own, 2), 1.0);
            }
        }
    }

    /// In the order of `measures`; NaN for what a setting of this kind does not tell.
    pub fn values(&self, kind: Kind, sums: &[f64]) -> Vec<f64> {
        let three = |block, slot| [0, 1, 2].map(|w| sums[self.at(block, slot, w) as usize]);
        let f = |[n, said, both]: [f64; 3]| f1(ratio(both, said), ratio(both, n));
        let mean_f = |block: Block, slots: &[usize]| mean(slots.iter().map(|&s| f(three(block, s))));
        let tail = |i: usize| sums[self.tail(i) as usize];
        let enough = |slots: &[usize]| slots.iter().copied().filter(|&s| self.enough[s]).collect::<Vec<_>>();
        let micro = |block: Block| {
            let add = |a: [f64; 3], b: [f64; 3]| [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
            f((0..self.layout.len()).map(|s| three(block, s)).fold([0.0; 3], add))
        };
        let mut out = vec![
            micro(Block::Decided),
            mean_f(Block::Decided, &self.labels),
            micro(Block::Forced),
            mean_f(Block::Forced, &self.labels),
            mean_f(Block::Slots, &enough(&self.layout.atoms())),
        ];
        out.extend(self.cuts.iter().enumerate().map(|(i, (_, cut))| mean_f(Block::Cut(i), &enough(cut))));
        out.extend([ratio(tail(1), tail(0)), ratio(tail(1), tail(2))]);
        out.push(mean(self.rare.iter().map(|&s| ratio(three(Block::Slots, s)[2], three(Block::Slots, s)[0]))));
        out.push(mean((0..5).map(|c| f([0, 1, 2].map(|w| tail(7 + 3 * c + w))))));
        out.push(ratio(tail(5), tail(6)));
        out.push(ratio(tail(3), tail(4)));
        out.extend(self.groups().iter().map(|(_, members)| mean_f(Block::Group, members)));
        if let Kind::FlatLevel(level) = kind {
            let own = format!("level {level} F1");
            out.iter_mut().zip(&self.measures).filter(|(_, m)| m.0 != own).for_each(|(v, _)| *v = f64::NAN);
        }
        out
    }
}

fn best_of(slots: &[usize], p: &[f64]) -> Option<usize> {
    let told = slots.iter().copied().filter(|&s| !p[s].is_nan());
    told.fold(None, |best: Option<usize>, s| if best.is_none_or(|b| p[s] > p[b]) { Some(s) } else { best })
}

/// The threshold decision as a path of slots.
fn decided(layout: &Layout, p: &[f64]) -> Vec<usize> {
    let told = p.iter().map(|v| (!v.is_nan()).then_some(*v)).collect();
    let decision = decide_poured(layout, &Poured { p: told, unresolved: vec![0.0; p.len()], unresolved_root: 0.0 }, TAU);
    let slot = if decision.other { layout.children(decision.slot).last().copied() } else { decision.slot };
    slot.map_or_else(Vec::new, |s| layout.path(s))
}

fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(s, n), v| (s + v, n + 1.0));
    if n > 0.0 { sum / n } else { f64::NAN }
}
