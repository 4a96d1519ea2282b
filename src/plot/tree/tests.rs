use super::*;
use crate::cascade::testing::tree;
use crate::cascade::{Regrouper, decide_poured};
use crate::plot::output::{Figure, png, svg};
use crate::plot::theme::Background;
use crate::taxonomy::{Counts, Edit, Node, parse_json, shipped_json, weights};
use std::path::Path;

fn options() -> TreeOptions {
    TreeOptions { depth: None, width: None, theme: Background::Light.theme() }
}

fn counted() -> Taxonomy {
    let mut t = tree("Object{SN{SN Ia~{91T,91bg},SN II},TDE}");
    for (name, n) in [("SN Ia", 70), ("91T", 10), ("91bg", 4), ("SN II", 15), ("TDE", 1)] {
        let id = t.find(name).unwrap();
        t.apply(Edit::SetCount { id, count: Some(n) }).unwrap();
    }
    t.apply(Edit::SetTitle { name: "small".into(), citation: "Nobody 2026".into() }).unwrap();
    t
}

fn weighed(t: &Taxonomy, options: &TreeOptions) -> TreeFigure {
    let layout = Layout::new(t);
    let w = weights::compute(t, &layout, &Counts::from_tree(t), &t.weights);
    TreeFigure::new(t, &layout, Values::Weights(&w), options)
}

/// Slots: SN, SN Ia, 91T, 91bg, other SN Ia, SN II, TDE of the model; the target has a class more and no residual.
fn poured() -> (Taxonomy, Cascade) {
    let model = counted();
    let mut target = model.clone();
    let ia = target.find("SN Ia").unwrap();
    target.apply(Edit::SetExhaustive { id: ia, exhaustive: true }).unwrap();
    target.add_child(target.root(), "AGN").unwrap();
    let layout = Layout::new(&target);
    let regrouper = Regrouper::new(&model, &Layout::new(&model), &target, &layout).unwrap();
    let poured = regrouper.pour(&[0.9, 0.7, 0.1, 0.0001, 0.5999, 0.2, 0.1]);
    let decision = decide_poured(&layout, &poured, 0.5);
    (target, Cascade { object: "sim-1".into(), poured, decision, tau: 0.5 })
}

/// Boxes of the labels: left, right, top, bottom.
fn boxes(figure: &TreeFigure) -> Vec<(f64, f64, f64, f64, &str)> {
    let mut out = Vec::new();
    for p in &figure.places {
        let w = font::width(&p.label, LABEL_EM, p.face);
        if p.leaf {
            let x = p.x + gap(p);
            out.push((x, x + w, p.y - 6.0, p.y + 6.0, p.label.as_str()));
        } else {
            out.push((p.x - inner_gap(p) - w, p.x - inner_gap(p), p.y - 4.5 - 9.0, p.y - 4.5 + 3.0, p.label.as_str()));
            if !p.under.is_empty() {
                let w = font::width(&p.under, SMALL_EM, Face::Regular);
                out.push((p.x - inner_gap(p) - w, p.x - inner_gap(p), p.y + 4.5, p.y + 14.0, p.under.as_str()));
            }
        }
    }
    out
}

#[track_caller]
fn check_layout(figure: &TreeFigure) {
    let boxes = boxes(figure);
    let (w, h) = figure.size();
    for (i, a) in boxes.iter().enumerate() {
        assert!(a.0 >= MARGIN - 1.0 && a.1 <= f64::from(w) && a.2 >= 0.0 && a.3 <= f64::from(h), "{a:?} lies outside of {w} x {h}");
        for b in &boxes[i + 1..] {
            let apart = a.1 <= b.0 || b.1 <= a.0 || a.3 <= b.2 || b.3 <= a.2;
            assert!(apart, "{a:?} and {b:?} overlap");
        }
    }
    let mut leaves: Vec<f64> = figure.places.iter().filter(|p| p.leaf).map(|p| p.y).collect();
    leaves.dedup();
    assert!(leaves.windows(2).all(|w| w[1] - w[0] == figure.row), "leaves are evenly spaced");
}

#[test]
fn the_svg_of_a_small_tree() {
    let text = svg(&weighed(&counted(), &options())).unwrap();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("tree_weights_svg", text);
    });
    assert_eq!(svg(&weighed(&counted(), &options())).unwrap(), text);
}

#[test]
fn labels_never_overlap() {
    for name in ["transients", "villar2023-supernovae", "villar2023-variables", "oracle-bts", "oracle-elasticc"] {
        let t = parse_json(shipped_json(name).unwrap(), Path::new(name)).unwrap();
        let layout = Layout::new(&t);
        for width in [None, Some(300), Some(700), Some(3000)] {
            let o = TreeOptions { width, ..options() };
            check_layout(&weighed(&t, &o));
            check_layout(&TreeFigure::new(&t, &layout, Values::Counts, &o));
        }
    }
    let (t, cascade) = poured();
    check_layout(&TreeFigure::new(&t, &Layout::new(&t), Values::Probabilities(&cascade), &options()));
    let mut long = counted();
    for name in ["SN", "TDE", "SN Ia"] {
        let id = long.find(name).unwrap();
        long.apply(Edit::Rename { id, name: format!("{name} {}", "long ".repeat(30).trim()) }).unwrap();
    }
    for width in [None, Some(500)] {
        let figure = weighed(&long, &TreeOptions { width, ..options() });
        check_layout(&figure);
        assert!(figure.places.iter().filter(|p| p.label.ends_with('…')).count() >= 3);
        assert!(width.is_none_or(|w| figure.size().0 == w));
    }
}

#[test]
fn probabilities_their_way_and_what_is_not_known() {
    let (t, cascade) = poured();
    let figure = TreeFigure::new(&t, &Layout::new(&t), Values::Probabilities(&cascade), &options());
    let place = |name: &str| figure.places.iter().find(|p| p.label == name).unwrap_or_else(|| panic!("{name}"));
    assert_eq!((place("SN Ia").under.as_str(), place("SN").under.as_str()), ("0.700 (0.600)", "0.900"));
    assert_eq!((place("AGN").cells[0].as_str(), place("91bg").cells[0].as_str()), ("not in the model", "<0.001"));
    assert_eq!(place("SN Ia").look.mark, Mark::Decision);
    let way: Vec<&str> = figure.places.iter().filter(|p| p.look.path).map(|p| p.label.as_str()).collect();
    assert_eq!(way, ["Object", "SN", "SN Ia"]);
    assert!(place("AGN").look.faint && place("AGN").look.p.is_none());
    let text = svg(&figure).unwrap();
    assert!(text.contains("sim-1: SN › SN Ia (P 0.700, τ 0.5)") && text.contains("In brackets: unresolved"), "{text}");
    // A residual that wins is on the way.
    let layout = Layout::new(&t);
    let model = counted();
    let own = Layout::new(&model);
    let poured = Regrouper::new(&model, &own, &model, &own).unwrap().pour(&[0.9, 0.7, 0.05, 0.05, 0.6, 0.2, 0.1]);
    let decision = decide_poured(&own, &poured, 0.5);
    let cascade = Cascade { object: "x".into(), poured, decision, tau: 0.5 };
    assert_eq!(cascade.path(&own), [0, 1, 4]);
    assert_eq!(layout.len(), own.len());
}

struct Pixels {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

fn decode(bytes: &[u8]) -> Pixels {
    let mut reader = ::png::Decoder::new(bytes).read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut rgb).unwrap();
    Pixels { width: info.width, height: info.height, rgb }
}

impl Pixels {
    /// Share of the pixels in a part that differ from the corner.
    fn inked(&self, x: (u32, u32), y: (u32, u32)) -> f64 {
        let at = |x: u32, y: u32| &self.rgb[((y * self.width + x) * 3) as usize..][..3];
        let n = (y.0..y.1).flat_map(|y| (x.0..x.1).map(move |x| (x, y))).filter(|(x, y)| at(*x, *y) != at(0, 0)).count();
        n as f64 / f64::from((x.1 - x.0) * (y.1 - y.0))
    }
}

#[test]
fn both_kinds_have_the_same_text_at_the_same_place() {
    for background in Background::ALL {
        let figure = weighed(&counted(), &TreeOptions { theme: background.theme(), ..options() });
        let (w, h) = figure.size();
        let p = decode(&png(&figure).unwrap());
        assert_eq!((p.width, p.height), (2 * w, 2 * h));
        let paper = background.theme().background;
        assert_eq!(p.rgb[..3], [paper.0, paper.1, paper.2]);
        assert!((0.01..0.3).contains(&p.inked((0, p.width), (0, p.height))));
        let text = svg(&figure).unwrap();
        assert!(text.starts_with(&format!("<svg width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {} {}\"", 10 * w, 10 * h)), "{}", &text[..200]);
        for place in figure.places.iter().filter(|p| p.leaf) {
            assert!(text.contains(&format!(">\n{}\n</text>", place.label)), "{}", place.label);
            // Ink where the label is: between its top and its baseline, and little below.
            let x = (2.0 * (place.x + gap(place))) as u32;
            let right = x + (2.0 * font::width(&place.label, LABEL_EM, place.face)) as u32;
            let y = (2.0 * place.y) as u32;
            assert!(p.inked((x, right), (y - 9, y + 9)) > 0.15, "{}", place.label);
            let hangs = place.label.contains(['g', 'p', 'y']);
            assert!(hangs || p.inked((x, right), (y + 11, y + 17)) < 0.02, "{} hangs", place.label);
        }
    }
}

#[test]
fn hostile_names_are_escaped() {
    let mut t = Taxonomy::new("a </text><script>&\"'", "Object");
    t.citation = "two\nlines\u{1b}[31m\u{0}\u{ffff}".into();
    t.add_child(t.root(), "x<y&z\"'").unwrap();
    let layout = Layout::new(&t);
    let text = svg(&TreeFigure::new(&t, &layout, Values::Counts, &options())).unwrap();
    assert!(text.contains("x&lt;y&amp;z&quot;&apos;") && !text.contains("<script>") && !text.contains("x<y"));
    assert!(text.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{ffff}')), "{text}");
    // Every tag is closed.
    let (open, close) = (text.matches('<').count(), text.matches('>').count());
    assert_eq!(open, close);
}

#[test]
fn letters_that_the_font_lacks_are_told() {
    let mut t = Taxonomy::new("δ", "Object");
    t.add_child(t.root(), "超新星 超").unwrap();
    let figure = TreeFigure::new(&t, &Layout::new(&t), Values::Counts, &options());
    assert_eq!(figure.unknown_letters(), ['超', '新', '星']);
    assert!(svg(&figure).unwrap().contains("超新星 超"));
    png(&figure).unwrap();
}

#[test]
fn deep_and_wide_trees_are_bounded() {
    let mut deep = Taxonomy::new("deep", "n0");
    let mut at = deep.root();
    for i in 1..100_000 {
        let mut node = Node::new(format!("level {i}"));
        node.count = Some(1);
        at = deep.add_node(at, node).unwrap();
    }
    let figure = weighed(&deep, &options());
    let text = svg(&figure).unwrap();
    assert!(text.len() < 100_000 && text.contains("41 of 100,000 nodes") && text.contains("(+99,959)"), "{} bytes", text.len());
    check_layout(&figure);
    png(&figure).unwrap();
    let mut wide = Taxonomy::new("wide", "root");
    for i in 0..20_000 {
        wide.add_child(wide.root(), format!("class {i}")).unwrap();
    }
    let figure = TreeFigure::new(&wide, &Layout::new(&wide), Values::Counts, &options());
    let text = svg(&figure).unwrap();
    assert!(text.len() < 2_000_000 && text.contains("… 18,000 more"), "{} bytes", text.len());
    assert!(figure.size().1 < 50_000);
}

#[test]
fn a_root_alone() {
    let t = Taxonomy::new("", "Object");
    let figure = TreeFigure::new(&t, &Layout::new(&t), Values::Counts, &options());
    assert!(svg(&figure).unwrap().contains("Object"));
    check_layout(&figure);
}
