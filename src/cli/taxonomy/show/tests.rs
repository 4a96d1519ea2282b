use super::*;
use crate::cascade::{Poured, decide_poured};
use crate::taxonomy::Edit;

/// Object { A (open) { A1(12) { A1x } }, B (= bee) { B1 } }
fn tree() -> Taxonomy {
    let mut t = Taxonomy::new("t", "Object");
    let a = t.add_child(t.root(), "A").unwrap();
    let b = t.add_child(t.root(), "B").unwrap();
    let a1 = t.add_child(a, "A1").unwrap();
    t.add_child(a1, "A1x").unwrap();
    t.add_child(b, "B1").unwrap();
    for edit in [
        Edit::SetExhaustive { id: a, exhaustive: false },
        Edit::SetCount { id: a1, count: Some(12) },
        Edit::SetAliases { id: b, aliases: vec!["bee".into()] },
    ] {
        t.apply(edit).unwrap();
    }
    t
}

/// Slots: A, A1, A1x, other A, B, B1.
fn cascade(layout: &Layout) -> Cascade {
    let poured = Poured {
        p: vec![Some(0.9), Some(0.6), None, Some(0.2), Some(0.04), Some(0.04)],
        unresolved: vec![0.1, 0.6, 0.0, 0.0, 0.0, 0.0],
        unresolved_root: 0.06,
    };
    let decision = decide_poured(layout, &poured, 0.5);
    Cascade { object: "x\u{1b}1".into(), poured, decision, tau: 0.5 }
}

fn draw(depth: Option<usize>, weights: bool, probabilities: bool, style: &Style) -> Vec<String> {
    let taxonomy = tree();
    let layout = Layout::new(&taxonomy);
    let w = weights::compute(&taxonomy, &layout, &Counts::from_tree(&taxonomy), &taxonomy.weights);
    let c = cascade(&layout);
    let view = View { taxonomy: &taxonomy, layout: &layout, depth, weights: weights.then_some(&w), cascade: probabilities.then_some(&c) };
    terminal::drawing(&view, style).lines().skip_while(|l| !l.is_empty()).skip(1).map(str::to_string).collect()
}

const PIPED: Style = Style { colour: false, columns: None };

#[test]
fn a_drawing() {
    assert_eq!(
        draw(None, false, false, &PIPED),
        [
            "Object",
            "├─ A",
            "│  ├─ A1             12",
            "│  │  └─ A1x",
            "│  └─ other A            residual",
            "└─ B                     = bee",
            "   └─ B1",
        ]
    );
    assert_eq!(draw(Some(1), false, false, &PIPED), ["Object", "├─ A (+3)", "└─ B (+1)  = bee"]);
}

#[test]
fn weights_in_columns() {
    let lines = draw(None, true, false, &PIPED);
    let words = |i: usize| lines[i].split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(0), "class n N_c W lambda W*lambda");
    assert_eq!(words(1), "Object 0 12 1.00000 1.00000 1.00000");
    assert_eq!(words(3), "│ ├─ A1 12 12 1.00000 0.367879 0.367879");
    assert_eq!(words(4), "│ │ └─ A1x 0 0 0 0.223130 0 no examples");
}

#[test]
fn probabilities_with_bars() {
    assert_eq!(
        draw(None, false, true, &PIPED),
        [
            "Object         1.000  ██████████████████████████████  .060 unresolved",
            "├─ A            .900  ███████████████████████████     .100 unresolved",
            "│  ├─ A1        .600  ██████████████████              .600 unresolved",
            "│  │  └─ A1x                                          not in the model",
            "│  └─ other A   .200  ██████",
            "└─ B            .040  █▎",
            "   └─ B1        .040  █▎",
        ]
    );
}

#[test]
fn nothing_is_wider_than_the_terminal_and_colours_take_no_room() {
    let plain = |line: &str| {
        let mut out = String::new();
        let mut code = false;
        for c in line.chars() {
            match c {
                '\u{1b}' => code = true,
                'm' if code => code = false,
                _ if code => {}
                c => out.push(c),
            }
        }
        out
    };
    for columns in [50, 60, 80, 200] {
        let style = Style { colour: true, columns: Some(columns) };
        for line in draw(None, true, false, &style) {
            assert!(crate::tui::text::width(&plain(&line)) <= columns.max(62), "{columns}: {line}");
        }
        let coloured = draw(None, false, true, &style);
        assert!(coloured.iter().any(|l| l.contains("\u{1b}[1;35m")), "the way is marked");
        for line in &coloured {
            assert!(crate::tui::text::width(&plain(line)) <= columns, "{columns}: {line}");
        }
        let bare = draw(None, false, true, &Style { colour: false, columns: Some(columns) });
        assert_eq!(coloured.iter().map(|l| plain(l)).map(|l| l.trim_end().to_string()).collect::<Vec<_>>(), bare);
        assert!(bare.iter().all(|l| !l.contains('\u{1b}')));
    }
}

#[test]
fn json_has_null_for_what_is_not_in_the_model() {
    let taxonomy = tree();
    let layout = Layout::new(&taxonomy);
    let c = cascade(&layout);
    let view = View { taxonomy: &taxonomy, layout: &layout, depth: None, weights: None, cascade: Some(&c) };
    let d = document(&view);
    assert_eq!(d["decision"]["path"], json!(["A", "A1"]));
    assert_eq!(
        d["nodes"][3],
        json!({"name": "A1x", "parent": "A1", "depth": 3, "residual": false, "n": null, "p": null,
        "p_max": d["nodes"][3]["p_max"], "unresolved": 0.0})
    );
    assert!((d["nodes"][3]["p_max"].as_f64().unwrap() - 0.76).abs() < 1e-12);
    assert_eq!(d["nodes"][0]["unresolved"], 0.06);
    assert_eq!(d["nodes"].as_array().unwrap().len(), 7);
}
