use super::*;
use crate::taxonomy::{Edit, Node, parse_json, shipped_json};
use std::path::Path;

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{a} is not {b}");
}

fn row<'w>(w: &'w Weights, name: &str) -> &'w NodeWeight {
    w.rows.iter().find(|r| r.name == name).unwrap_or_else(|| panic!("no row {name}"))
}

/// Object { A(30; not exhaustive) { A1 10, A2 0 }, B(5) { B1 15 } }: N = 60, labels A, A1, B, B1.
fn small() -> Taxonomy {
    let mut t = Taxonomy::new("t", "Object");
    let a = t.add_child(t.root(), "A").unwrap();
    let a1 = t.add_child(a, "A1").unwrap();
    let a2 = t.add_child(a, "A2").unwrap();
    let b = t.add_child(t.root(), "B").unwrap();
    let b1 = t.add_child(b, "B1").unwrap();
    for (id, n) in [(a, 30), (a1, 10), (a2, 0), (b, 5), (b1, 15)] {
        t.apply(Edit::SetCount { id, count: Some(n) }).unwrap();
    }
    t.apply(Edit::SetExhaustive { id: a, exhaustive: false }).unwrap();
    t
}

fn weigh(t: &Taxonomy, options: WeightOptions) -> (Layout, Weights) {
    let layout = Layout::new(t);
    let w = compute(t, &layout, &Counts::from_tree(t), &options);
    (layout, w)
}

#[test]
fn small_tree_by_hand() {
    let t = small();
    let (layout, w) = weigh(&t, WeightOptions::default());
    assert_eq!((w.total, w.k), (60, 4));
    let names: Vec<&str> = w.rows.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["Object", "A", "A1", "A2", "other A", "B", "B1"]);
    assert_eq!(w.rows.iter().map(|r| r.n).collect::<Vec<_>>(), [0, 30, 10, 0, 30, 5, 15]);
    assert_eq!(w.rows.iter().map(|r| r.n_subtree).collect::<Vec<_>>(), [60, 40, 10, 0, 30, 20, 15]);
    // N / (K N_c) = 15 / N_c.
    for (r, expected) in w.rows.iter().zip([0.25, 0.375, 1.5, 0.0, 0.5, 0.75, 1.0]) {
        close(r.w, expected);
    }
    close(row(&w, "A").lambda, (-0.5f64).exp());
    close(row(&w, "other A").lambda, (-1.0f64).exp());
    close(row(&w, "A1").w_lambda, 1.5 * (-1.0f64).exp());
    close(row(&w, "Object").lambda, 1.0);
    // The residual counts as a node for K = nodes: 6 nodes and 1 residual.
    let (_, nodes) = weigh(&t, WeightOptions { k: CountMode::Nodes, beta: 0.5, alpha: 0.0, ..Default::default() });
    assert_eq!(nodes.k, 7);
    close(row(&nodes, "A1").w, (60.0f64 / 70.0).sqrt());
    close(row(&nodes, "A1").lambda, 1.0);
    // Form node: what divides is what multiplied.
    assert_eq!(w.effective(&layout), w.slot_w());
}

#[test]
fn label_form() {
    let (layout, w) = weigh(&small(), WeightOptions { form: Form::Label, ..Default::default() });
    // Labels: A (ends in its residual) 30 x 0.5, A1 10 x 1.5, B 5 x W(B) = 0.75, B1 15 x 1.
    let expected = [(15.0 + 15.0) / 40.0, 1.5, 0.0, 0.5, (5.0 * 0.75 + 15.0) / 20.0, 1.0];
    for (a, b) in w.effective(&layout).into_iter().zip(expected) {
        close(a, b);
    }
    // A1's object: W(A1) at both levels.
    let factors = w.path_factors(&[0, 1]);
    close(factors[0], 1.5 * (-0.5f64).exp());
    close(factors[1], 1.5 * (-1.0f64).exp());
    let (_, node) = weigh(&small(), WeightOptions::default());
    close(node.path_factors(&[0, 1])[0], 0.375 * (-0.5f64).exp());
}

#[test]
fn no_weights_and_beta_0_agree() {
    let (layout, none) = weigh(&small(), WeightOptions { form: Form::None, ..Default::default() });
    let (_, beta0) = weigh(&small(), WeightOptions { beta: 0.0, ..Default::default() });
    assert_eq!(none.slot_w(), [1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
    assert_eq!(none.slot_w(), beta0.slot_w());
    assert_eq!(none.effective(&layout), beta0.effective(&layout));
}

#[test]
fn without_any_counts_all_weights_are_zero() {
    let mut t = Taxonomy::new("t", "Object");
    t.add_child(t.root(), "A").unwrap();
    let (layout, w) = weigh(&t, WeightOptions::default());
    assert_eq!((w.total, w.k), (0, 0));
    assert!(w.rows.iter().all(|r| r.w == 0.0));
    assert_eq!(w.effective(&layout), [0.0]);
}

#[test]
fn objects_at_the_root_count_once() {
    let mut t = small();
    t.apply(Edit::SetCount { id: t.root(), count: Some(7) }).unwrap();
    let (_, w) = weigh(&t, WeightOptions::default());
    assert_eq!((w.total, w.k), (67, 5));
    t.apply(Edit::SetExhaustive { id: t.root(), exhaustive: false }).unwrap();
    let (_, w) = weigh(&t, WeightOptions::default());
    assert_eq!((w.total, w.k), (67, 5));
    assert_eq!(row(&w, "other Object").n_subtree, 7);
}

#[test]
fn counting_labels() {
    let mut t = small();
    let a = t.find("A").unwrap();
    t.apply(Edit::SetAbsorbs { id: a, absorbs: vec!["A-odd".into()] }).unwrap();
    let c = Counts::from_labels(&t, ["A1", "a1", "A-odd", "A", "C", "C", "A-odd"]);
    assert_eq!(c.exact(t.find("A1").unwrap()), 2);
    assert_eq!(c.exact(a), 3);
    assert_eq!(c.unmatched, [("C".to_string(), 2)]);
    assert_eq!(c.absorbed, [("A-odd".to_string(), a, 2)]);
}

/// The paper's supernova sample: N = 6278 and K = 32 distinct labels; N_c added up by hand from the published counts.
#[test]
fn the_papers_supernova_tree() {
    let t = parse_json(shipped_json("villar2023-supernovae").unwrap(), Path::new("villar2023-supernovae.json")).unwrap();
    let (_, w) = weigh(&t, WeightOptions::default());
    assert_eq!((w.total, w.k), (6278, 32));
    let n = [
        ("Object", 6278),
        ("StellarTransient", 176),
        ("AGN", 51),
        ("QSO", 4),
        ("CV", 103),
        ("Nova", 14),
        ("Varstar", 8),
        ("SN-like", 6102),
        ("TDE", 51),
        ("ILOT", 9),
        ("LBV", 7),
        ("ILRT", 1),
        ("LRN", 1),
        ("SN", 6042),
        ("SN Ia", 4416),
        ("SN Ia-91T", 157),
        ("SN Ia-91bg-like", 24),
        ("SN Ia-CSM", 15),
        ("SN Ia-SC", 3),
        ("SN Ia-pec", 32),
        ("SN Iax", 12),
        ("CC", 1615),
        ("SLSN-I", 89),
        ("SLSN-II", 49),
        ("SN IIn", 196),
        ("SN II", 1019),
        ("SN II-pec", 4),
        ("SN IIb", 58),
        ("SN Ib/c", 262),
        ("SN Ib", 82),
        ("SN Ib-pec", 3),
        ("SN Ibn", 18),
        ("SN Ic", 92),
        ("SN Ic-BL", 49),
        ("SN Ic-Ca-rich", 1),
        ("SN Ic-pec", 1),
        ("SN Icn", 2),
    ];
    assert_eq!(w.rows.len(), n.len());
    for (name, n_c) in n {
        let r = row(&w, name);
        assert_eq!(r.n_subtree, n_c, "{name}");
        assert!((r.w - 6278.0 / (32.0 * n_c as f64)).abs() < 1e-12, "{name}");
    }
    // By hand: 6278 / (32 * 4416) = 0.04442651..., 6278 / (32 * 1) = 196.1875.
    assert!((row(&w, "SN Ia").w - 0.044_426_517_210_144_93).abs() < 1e-12);
    close(row(&w, "LRN").w, 196.1875);
    assert_eq!(row(&w, "SN Ic-BL").depth, 5);
    let (_, nodes) = weigh(&t, WeightOptions { k: CountMode::Nodes, ..Default::default() });
    assert_eq!(nodes.k, 37);
}

#[test]
fn imbalance_before_and_after_weighting() {
    let mut t = Taxonomy::new("t", "Object");
    for (name, n) in [("A", 900), ("B", 9), ("C", 0)] {
        t.add_node(t.root(), Node { count: Some(n), ..Node::new(name) }).unwrap();
    }
    let l = Layout::new(&t);
    let at = |beta: f64| {
        let o = WeightOptions { beta, ..WeightOptions::default() };
        compute(&t, &l, &Counts::from_tree(&t), &o).imbalance(&l).unwrap()
    };
    assert_eq!(at(0.0), (100.0, 100.0));
    assert!((at(0.5).1 - 10.0).abs() < 1e-9);
    assert!((at(1.0).1 - 1.0).abs() < 1e-9);
    let one = Taxonomy::new("t", "Object");
    let l = Layout::new(&one);
    assert_eq!(compute(&one, &l, &Counts::from_tree(&one), &one.weights).imbalance(&l), None);
}

/// The paper's supernova sample as it was published: the objects that have exactly this label in brackets.
const PUBLISHED: &str = "Object { StellarTransient { AGN(47) { QSO(4) }, CV(103), Nova(14), Varstar(8) }, SN-like { TDE(51),
  ILOT { LBV(7), ILRT(1), LRN(1) }, SN(11) { SN Ia(4173) { SN Ia-91T(157), SN Ia-91bg-like(24), SN Ia-CSM(15), SN Ia-SC(3),
  SN Ia-pec(32), SN Iax(12) }, CC { SLSN-I(89), SLSN-II(49), SN IIn(196), SN II(957) { SN II-pec(4), SN IIb(58) },
  SN Ib/c(14) { SN Ib(82), SN Ib-pec(3), SN Ibn(18), SN Ic(92), SN Ic-BL(49), SN Ic-Ca-rich(1), SN Ic-pec(1), SN Icn(2) } } } } }";

/// Name, own count and place of the parent of every node, read from the text without the program's own trees.
fn published() -> Vec<(String, u64, Option<usize>)> {
    let mut nodes: Vec<(String, u64, Option<usize>)> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut word = String::new();
    for c in PUBLISHED.chars().chain([',']) {
        if !"{},".contains(c) {
            word.push(if c.is_whitespace() { ' ' } else { c });
            continue;
        }
        let text = word.trim().to_string();
        word.clear();
        if !text.is_empty() {
            let (name, count) = match text.strip_suffix(')').and_then(|t| t.rsplit_once('(')) {
                Some((name, count)) => (name.to_string(), count.parse().unwrap()),
                None => (text, 0),
            };
            nodes.push((name, count, open.last().copied()));
        }
        match c {
            '{' => open.push(nodes.len() - 1),
            '}' => {
                open.pop();
            }
            _ => {}
        }
    }
    nodes
}

/// Every node's weights against N / (K N_c), with N, N_c and K added up here from the published counts.
#[test]
fn every_weight_of_the_papers_supernova_tree() {
    let published = published();
    let n_objects: u64 = published.iter().map(|(_, n, _)| n).sum();
    let labels = published.iter().filter(|(_, n, _)| *n > 0).count();
    assert_eq!((published.len(), n_objects, labels), (37, 6278, 32));
    let mut below: Vec<u64> = published.iter().map(|(_, n, _)| *n).collect();
    let mut depth = vec![0; published.len()];
    for (i, (_, _, parent)) in published.iter().enumerate() {
        depth[i] = parent.map_or(0, |p| depth[p] + 1);
    }
    for (i, (_, _, parent)) in published.iter().enumerate().rev() {
        if let Some(p) = parent {
            below[*p] += below[i];
        }
    }
    let t = parse_json(shipped_json("villar2023-supernovae").unwrap(), Path::new("villar2023-supernovae.json")).unwrap();
    for (alpha, beta) in [(0.5, 1.0), (0.0, 1.0), (1.0, 0.5)] {
        let (_, w) = weigh(&t, WeightOptions { alpha, beta, ..Default::default() });
        assert_eq!((w.total, w.k, w.rows.len()), (n_objects, labels as u64, published.len()));
        for (i, (r, (name, n, parent))) in w.rows.iter().zip(&published).enumerate() {
            // In the published order, under the published parents.
            assert_eq!((&r.name, r.n, r.n_subtree, r.residual), (name, *n, below[i], false));
            assert_eq!(t.parent(r.node).map(|p| &t.node(p).name), parent.map(|p| &published[p].0), "{name}");
            let ratio = n_objects as f64 / (labels as f64 * below[i] as f64);
            let by_hand = if beta == 1.0 { ratio } else { ratio.sqrt() };
            let lambda = (-alpha * f64::from(depth[i])).exp();
            for (found, expected) in [(r.w, by_hand), (r.lambda, lambda), (r.w_lambda, by_hand * lambda)] {
                assert!((found - expected).abs() <= 1e-12, "{name}: {found} is not {expected}");
            }
        }
    }
}
