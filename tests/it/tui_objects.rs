//! The list of objects in the interface: sorting, filter, marks, labels and export, with a pretended model.

use crate::tui_fake::{act, draw, go_to, keys, lines, said, state, with_styles};
use crate::tui_view::snapshot;
use std::sync::Arc;
use taxonova::evaluate::Verdict;
use taxonova::lightcurve::{BandId, LightCurve, Observation, Origin, Photometry};
use taxonova::tui::action::{Action, Answered, LabelsFor};
use taxonova::tui::arrange::SortKey;
use taxonova::tui::effect::Effect;
use taxonova::tui::export::ExportReport;
use taxonova::tui::judge::Mark;
use taxonova::tui::overlay::Overlay;
use taxonova::tui::state::{Pane, State};
use taxonova::tui::theme::ThemeName;
use taxonova::tui::update::update;

fn fresh() -> State {
    state(ThemeName::Dark)
}

fn ids(s: &State) -> Vec<String> {
    (0..s.objects.shown()).map(|p| s.objects.get(s.objects.row_at(p).unwrap()).unwrap().curve.object_id.clone()).collect()
}

fn selected(s: &State) -> &str {
    &s.objects.current().unwrap().curve.object_id
}

/// A value of each shown object, in order.
fn values(s: &State, of: impl Fn(&taxonova::tui::objects::Object) -> f64) -> Vec<f64> {
    (0..s.objects.shown()).map(|p| of(s.objects.get(s.objects.row_at(p).unwrap()).unwrap())).collect()
}

fn curve(id: &str, label: Option<&str>, mags: &[f64], path: &str) -> LightCurve {
    let origin = Origin { path: Arc::new(path.into()), format: "t" };
    let points = mags.iter().enumerate().map(|(i, m)| Observation::from_mag(59000.0 + i as f64, BandId::ZTF_R, *m, 0.05, 1.0)).collect();
    let mut c = LightCurve::new(id.into(), Photometry::Difference, points, origin);
    c.label = label.map(String::from);
    c
}

#[test]
fn sorting_goes_by_what_is_chosen_and_keeps_the_selection() {
    let mut s = fresh();
    keys(&mut s, "j j j");
    let at = selected(&s).to_string();
    keys(&mut s, "o p");
    assert_eq!(selected(&s), at);
    let p = values(&s, |o| o.said.unwrap().p);
    assert!(p.is_sorted_by(|a, b| a >= b) && p[0] > p[11], "{p:?}");
    keys(&mut s, "O");
    let p = values(&s, |o| o.said.unwrap().p);
    assert!(p.is_sorted(), "{p:?}");
    keys(&mut s, "o m");
    let m = values(&s, |o| o.said.unwrap().margin);
    assert!(m.is_sorted() && m[0] < m[11], "closest first: {m:?}");
    keys(&mut s, "o e");
    let e = values(&s, |o| o.said.unwrap().entropy);
    assert!(e.is_sorted_by(|a, b| a >= b) && e[11] > 0.0, "{e:?}");
    keys(&mut s, "o b");
    let m = values(&s, |o| o.facts.peak_mag.unwrap());
    assert!(m.is_sorted(), "{m:?}");
    keys(&mut s, "o o");
    let n = values(&s, |o| o.curve.observations.len() as f64);
    assert!(n.is_sorted_by(|a, b| a >= b), "{n:?}");
    keys(&mut s, "o d");
    let slots = values(&s, |o| o.said.unwrap().slot.map_or(-1.0, |s| s as f64));
    assert!(slots.is_sorted(), "as in the tree: {slots:?}");
    keys(&mut s, "o f");
    assert_eq!(ids(&s)[0], "sim-0001");
    // Up and down go through the order that is shown.
    keys(&mut s, "o n O g");
    assert_eq!(selected(&s), "sim-0012");
    keys(&mut s, "j 3 down . ,");
    assert_eq!(selected(&s), "sim-0010");
}

#[test]
fn margin_and_entropy_are_those_of_the_leaves() {
    let mut s = fresh();
    let layout = s.tree.derived.layout.clone();
    let mut p = vec![0.0; layout.len()];
    for (name, v) in [("SN", 1.0), ("SN Ia", 0.75), ("SN Ia-91T", 0.5), ("other SN Ia", 0.25), ("CC", 0.25), ("SN II", 0.25)] {
        p[layout.by_name(name).unwrap()] = v;
    }
    let curve = s.objects.current().unwrap().curve.clone();
    update(&mut s, Action::Classified { model: 0, answers: vec![Answered { index: 0, curve, p: Ok(p.into()) }] });
    let said = s.objects.current().unwrap().said.unwrap();
    // Leaves 1/2, 1/4, 1/4: 1.5 bits, and 1/2 - 1/4 between the best two.
    assert_eq!((said.margin, said.entropy, said.p), (0.25, 1.5, 0.5));
    // Where the tree no longer tells the leaves apart, they are one outcome.
    go_to(&mut s, "SN Ia");
    keys(&mut s, "d a");
    assert!(s.tree.taxonomy().find("SN Ia").is_none(), "{:?}", said);
    let said = s.objects.current().unwrap().said.unwrap();
    let entropy = -(0.75f64 * 0.75f64.log2() + 0.25 * 0.25f64.log2());
    assert!((said.entropy - entropy).abs() < 1e-12, "3/4 is unresolved: {}", said.entropy);
    keys(&mut s, "u");
    assert_eq!(s.objects.current().unwrap().said.unwrap().entropy, 1.5);
}

#[test]
fn what_arrives_does_not_move_the_list_until_all_is_there() {
    let mut s = fresh();
    keys(&mut s, "o n O");
    assert_eq!(ids(&s)[0], "sim-0012");
    s.source.reading = Some((0, 1));
    act(&mut s, Action::Read(vec![curve("sim-0099", Some("TDE"), &[18.0, 19.0], "x.csv"), curve("zz", None, &[18.0], "x.csv")]));
    assert_eq!(ids(&s)[..2], ["sim-0012", "sim-0011"]);
    assert_eq!(ids(&s)[12..], ["sim-0099", "zz"]);
    assert!(s.objects.is_stale());
    // The same again sorts in what has come.
    keys(&mut s, "o n");
    assert_eq!(ids(&s)[..3], ["zz", "sim-0099", "sim-0012"]);
    act(&mut s, Action::Read(vec![curve("zzz", None, &[18.0], "x.csv")]));
    assert_eq!(ids(&s)[14], "zzz");
    act(&mut s, Action::ReadDone);
    assert_eq!(ids(&s)[0], "zzz");
    assert!(!s.objects.is_stale());
}

#[test]
fn a_filter_is_live_while_it_is_typed() {
    let mut s = fresh();
    let all = ids(&s);
    keys(&mut s, "& 'class:CC'");
    let cc = s.objects.shown();
    assert!(cc > 0 && cc < 12);
    assert!(lines(&draw(&mut s, 120, 40)).join("\n").contains(&format!("{cc} of 12 objects")));
    // An expression that can't be read yet leaves the list as it is, and says what is expected where.
    keys(&mut s, "' pp>'");
    assert_eq!(s.objects.shown(), cc);
    let Some(Overlay::Prompt(p)) = &s.overlay else { panic!() };
    assert!(p.problem.as_deref().unwrap().starts_with("at character 10: pp is no field"), "{:?}", p.problem);
    keys(&mut s, "enter");
    assert!(matches!(s.overlay, Some(Overlay::Prompt(_))), "what is wrong is not taken");
    keys(&mut s, "backspace backspace backspace 'n>5' enter");
    assert!(said(&s).contains(&format!("{} of 12 objects", s.objects.shown())), "{}", said(&s));
    assert!(lines(&draw(&mut s, 160, 40)).join("\n").contains(" of 12 · class:CC n>"));
    // A class that is not there: what is like it.
    keys(&mut s, "& ctrl-u 'class:SNII'");
    let Some(Overlay::Prompt(p)) = &s.overlay else { panic!() };
    assert_eq!(p.problem, None, "blanks and case don't matter");
    keys(&mut s, "'q'");
    let Some(Overlay::Prompt(p)) = &s.overlay else { panic!() };
    assert!(p.problem.as_deref().unwrap().contains("like it: \"SN II"), "{:?}", p.problem);
    // Esc: the filter before, then none.
    keys(&mut s, "esc");
    assert_eq!(s.objects.filter().unwrap().text, "class:CC n>5");
    keys(&mut s, "esc");
    assert!(s.objects.filter().is_none());
    assert_eq!(ids(&s), all);
}

#[test]
fn a_filter_that_lets_none_through_is_no_dead_end() {
    let mut s = fresh();
    keys(&mut s, "j & 'n>100000' enter");
    assert_eq!((s.objects.shown(), selected(&s)), (0, "sim-0002"));
    assert!(lines(&draw(&mut s, 80, 24)).join("\n").contains("the filter lets none"));
    keys(&mut s, "j k G pageup n v");
    assert!(said(&s).contains("the filter lets no object through"), "{}", said(&s));
    keys(&mut s, "V x O o esc esc");
    assert_eq!((s.objects.shown(), selected(&s)), (12, "sim-0002"));
}

#[test]
fn filter_and_order_follow_the_tree_and_the_threshold() {
    let mut s = fresh();
    keys(&mut s, "& 'p>0.6' enter o p");
    let before = ids(&s);
    keys(&mut s, "+ + + +");
    let p = values(&s, |o| o.said.unwrap().p);
    assert!(p.is_sorted_by(|a, b| a >= b) && p.iter().all(|p| *p > 0.6));
    keys(&mut s, "- - - -");
    assert_eq!(ids(&s), before);
    // The class of the filter goes: the list stays, and the title says so; undo brings it back.
    keys(&mut s, "& ctrl-u 'class:TDE or class:CC' enter");
    let before = ids(&s);
    assert!(!before.is_empty());
    go_to(&mut s, "TDE");
    keys(&mut s, "d");
    if matches!(s.overlay, Some(Overlay::Question(_))) {
        keys(&mut s, "enter");
    }
    assert!(s.tree.taxonomy().find("TDE").is_none());
    assert_eq!(ids(&s), before);
    keys(&mut s, "1 z");
    assert!(lines(&draw(&mut s, 160, 50)).join("\n").contains("no filter of this tree: no class is called TDE"));
    keys(&mut s, "z");
    keys(&mut s, "u");
    assert!(s.objects.filter().unwrap().filter.is_ok());
}

#[test]
fn the_selected_object_stays_selected_when_the_filter_drops_it() {
    let mut s = fresh();
    keys(&mut s, "& 'p>0.6' enter");
    let at = selected(&s).to_string();
    let p = s.objects.current().unwrap().said.unwrap().p;
    // The threshold rises until the decision of the selected object is another one, below 0.6 or not.
    keys(&mut s, "& ctrl-u");
    for c in format!("p>{p} ").chars() {
        keys(&mut s, &format!("'{c}'"));
    }
    keys(&mut s, "esc");
    assert_eq!(selected(&s), at, "esc goes back to where it was");
}

#[test]
fn marks_stay_and_what_is_marked_is_exported() {
    let mut s = fresh();
    keys(&mut s, "v v");
    assert_eq!((s.objects.n_marked(), selected(&s)), (2, "sim-0003"));
    assert!(said(&s).contains("2 objects are marked"));
    keys(&mut s, "o n O & 'name:*5' enter V");
    assert_eq!((s.objects.shown(), s.objects.n_marked()), (1, 3));
    keys(&mut s, "esc");
    let Effect::Export(e) = &keys(&mut s, "x ctrl-u 'out.txt' enter")[0] else { panic!() };
    let names: Vec<&str> = e.objects.iter().map(|o| o.curve.object_id.as_str()).collect();
    assert_eq!(names, ["sim-0005", "sim-0002", "sim-0001"], "in the order of the list");
    // A refit asks for all answers again: marks stay.
    s.objects.ask_again();
    assert_eq!(s.objects.n_marked(), 3);
    keys(&mut s, "& 'marked' enter");
    assert_eq!(s.objects.shown(), 3);
    keys(&mut s, "V");
    assert_eq!((s.objects.n_marked(), s.objects.shown()), (0, 3), "the list does not jump");
    let Effect::Export(e) = &keys(&mut s, "x ctrl-u 'out.jsonl' enter")[0] else { panic!() };
    assert_eq!(e.objects.len(), 3, "none is marked: all that are shown");
    keys(&mut s, "x ctrl-u 'out.pdf'");
    let Some(Overlay::Prompt(p)) = &s.overlay else { panic!() };
    assert!(p.problem.as_deref().unwrap().contains(".csv .jsonl .parquet"));
}

#[test]
fn an_export_is_whole_and_asks_before_it_overwrites() {
    let dir = tempfile::tempdir().unwrap();
    let mut s = fresh();
    let export = |s: &mut State, name: &str| {
        let path = dir.path().join(name);
        let effects = keys(s, &format!("x ctrl-u '{}' enter", path.display()));
        let Some(Effect::Export(e)) = effects.into_iter().next() else { panic!("{}", said(s)) };
        act(s, Action::Export(e.write()));
        path
    };
    keys(&mut s, "v j v");
    let path = export(&mut s, "a.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    assert!(rows[0].starts_with("object_id,source,n_obs,span_d,decision,decision_p,decision_path,warnings,P:Object,P:SN,"));
    assert_eq!(rows.len(), 3);
    let object = s.objects.get(0).unwrap();
    let decided = s.tree.derived.layout.slots[object.said.unwrap().slot.unwrap()].name.clone();
    assert!(rows[1].starts_with("sim-0001,") && rows[1].contains(&format!(",{decided},")), "{}", rows[1]);
    assert!(said(&s).starts_with("2 objects written to "), "{}", said(&s));
    // It is there: no, then yes.
    keys(&mut s, "j v");
    export(&mut s, "a.csv");
    assert!(matches!(s.overlay, Some(Overlay::Question(_))));
    keys(&mut s, "n");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    export(&mut s, "a.csv");
    let effects = keys(&mut s, "o");
    let Some(Effect::Export(e)) = effects.into_iter().next() else { panic!() };
    assert!(matches!(e.write(), ExportReport::Written { n: 3, unclassified: 0, .. }));
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 4);
    // Names alone, JSON lines, Parquet.
    let names = std::fs::read_to_string(export(&mut s, "a.txt")).unwrap();
    assert_eq!(names, "sim-0001\nsim-0003\nsim-0005\n");
    let json = std::fs::read_to_string(export(&mut s, "a.jsonl")).unwrap();
    assert!(json.lines().all(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["p"]["Object"] == 1.0));
    let parquet = std::fs::read(export(&mut s, "a.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    // Nothing else is left in the folder.
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 4);
    // A folder that is not there: said, and no file.
    export(&mut s, "none/a.csv");
    assert!(said(&s).starts_with("not exported: "), "{}", said(&s));
}

#[test]
fn decisions_are_compared_with_labels_on_the_tree_as_it_is() {
    let mut s = fresh();
    let answer = |s: &mut State, label: Option<&str>, path: &[(&str, f64)]| {
        let id = format!("x{}", s.objects.len());
        let row = s.objects.len();
        update(s, Action::Read(vec![curve(&id, label, &[18.0, 18.5, 19.0], "x.csv")]));
        let layout = s.model.ready().unwrap().layout.clone();
        let mut p = vec![0.0; layout.len()];
        for (name, v) in path {
            p[layout.by_name(name).unwrap()] = *v;
        }
        let curve = s.objects.get(row).unwrap().curve.clone();
        update(s, Action::Classified { model: 0, answers: vec![Answered { index: row, curve, p: Ok(p.into()) }] });
        row
    };
    let ii = [("SN", 0.9), ("CC", 0.9), ("SN II", 0.7), ("SN IIb", 0.2), ("TDE", 0.1)];
    let right = answer(&mut s, Some("SN II"), &ii);
    let wrong = answer(&mut s, Some("TDE"), &ii);
    let early = answer(&mut s, Some("SN II"), &[("SN", 0.9), ("CC", 0.9), ("SN II", 0.45), ("SN IIb", 0.45), ("TDE", 0.1)]);
    let outside = answer(&mut s, Some("Klingon"), &ii);
    let none = answer(&mut s, None, &ii);
    let mark = |s: &State, row: usize| s.objects.get(row).unwrap().mark;
    assert_eq!(mark(&s, right), Some(Mark::Judged(Verdict::Correct)));
    assert_eq!(mark(&s, wrong), Some(Mark::Judged(Verdict::Mistake)));
    assert_eq!(mark(&s, early), Some(Mark::Judged(Verdict::StoppedEarly)));
    assert_eq!(mark(&s, outside), Some(Mark::Outside));
    assert_eq!(mark(&s, none), None);
    keys(&mut s, "& 'name:x*' enter");
    let t = s.objects.tally();
    assert_eq!((t.right, t.early, t.wrong, t.outside), (1, 1, 1, 1));
    // tau .75: the right one stops early. Back again.
    keys(&mut s, "+ + + + +");
    assert_eq!(mark(&s, right), Some(Mark::Judged(Verdict::StoppedEarly)));
    assert_eq!(s.objects.tally().early, 2);
    keys(&mut s, "- - - - -");
    assert_eq!(s.objects.tally().right, 1);
    // An alias makes the label one of the tree's.
    go_to(&mut s, "SN II");
    keys(&mut s, "i ctrl-u 'Klingon' enter");
    assert_eq!(mark(&s, outside), Some(Mark::Judged(Verdict::Correct)));
    assert_eq!(s.objects.tally().right, 2);
    keys(&mut s, "u 1");
    assert_eq!(mark(&s, outside), Some(Mark::Outside));
    // Labels of a file come before the objects' own, also for what is read later; those it does not name keep theirs.
    let x = |row: usize| format!("x{row}");
    let by_object = vec![(x(none), "SN II".to_string()), (x(wrong), "CC".into()), ("later".into(), "TDE".into())];
    let effects = keys(&mut s, "l 'truth.csv' enter");
    assert!(matches!(&effects[..], [Effect::ReadLabels { why: LabelsFor::Truth, .. }]));
    let labels = Ok(vec![("SN II".into(), 1), ("CC".into(), 1), ("TDE".into(), 1)]);
    act(&mut s, Action::LabelsRead { why: LabelsFor::Truth, path: "truth.csv".into(), labels, by_object });
    assert!(said(&s).contains("2 of 17 objects have their label from truth.csv"), "{}", said(&s));
    assert_eq!(mark(&s, none), Some(Mark::Judged(Verdict::Correct)));
    assert_eq!(mark(&s, wrong), Some(Mark::Judged(Verdict::Correct)), "II is a kind of CC");
    assert_eq!(mark(&s, early), Some(Mark::Judged(Verdict::StoppedEarly)));
    act(&mut s, Action::Read(vec![curve("later", None, &[18.0], "y.csv")]));
    assert_eq!(s.objects.label(s.objects.get(17).unwrap()), Some("TDE"));
    keys(&mut s, "l enter");
    assert_eq!(mark(&s, none), None);
    assert_eq!(mark(&s, wrong), Some(Mark::Judged(Verdict::Mistake)));
}

#[test]
fn points_of_two_files_are_told_where_the_object_is_shown() {
    let mut s = fresh();
    act(&mut s, Action::Read(vec![curve("twice", None, &[18.0, 18.2], "a.csv")]));
    let mut more = curve("twice", None, &[19.0], "b.csv");
    more.observations[0].mjd += 30.0;
    act(&mut s, Action::Read(vec![more]));
    keys(&mut s, "G");
    assert_eq!(selected(&s), "twice");
    assert_eq!(s.objects.current().unwrap().curve.observations.len(), 3);
    assert!(s.curve.warnings.contains(&"points of 2 files".to_string()), "{:?}", s.curve.warnings);
    s.status = None;
    assert!(lines(&draw(&mut s, 120, 40)).join("\n").contains("points of 2 files"));
    keys(&mut s, "& 'warn:files' enter z");
    assert_eq!(ids(&s), ["twice"]);
    assert!(lines(&draw(&mut s, 160, 50)).join("\n").contains("+1 a.csv"));
}

/// The screen for snapshots: sorted by margin, filtered, two objects marked.
fn arranged(w: u16, h: u16) -> State {
    let mut s = fresh();
    draw(&mut s, w, h);
    act(&mut s, Action::Read(vec![curve("ZTF21aaabcde", Some("Klingon"), &[17.5, 18.0, 18.5, 19.0], "x.csv")]));
    keys(&mut s, "+ + o m & 'p>0.5 class:SN' enter g j v j v");
    s.status = None;
    s
}

#[test]
fn objects_80x24() {
    let mut s = arranged(80, 24);
    snapshot("objects_80x24", with_styles(&draw(&mut s, 80, 24)));
}

#[test]
fn objects_160x50() {
    let mut s = arranged(160, 50);
    snapshot("objects_160x50", with_styles(&draw(&mut s, 160, 50)));
}

#[test]
fn objects_in_full_screen_have_all_columns() {
    let mut s = arranged(160, 50);
    keys(&mut s, "z");
    assert_eq!(s.focus, Pane::Objects);
    let shown = lines(&draw(&mut s, 160, 50)).join("\n");
    for heading in ["object", " n ", " days ", " mag ", "decision", " P ", "margin↑", "bits", "label", "file"] {
        assert!(shown.contains(heading), "{heading}\n{shown}");
    }
    assert!(shown.contains("right") && shown.contains("not in the tree"), "{shown}");
    assert_eq!(s.objects.sort().key, SortKey::Margin);
}

#[test]
fn the_help_lists_the_fields_of_filters() {
    let mut s = fresh();
    keys(&mut s, "?");
    let mut seen = String::new();
    for _ in 0..12 {
        seen.push_str(&lines(&draw(&mut s, 100, 40)).join("\n"));
        keys(&mut s, "pagedown");
    }
    for f in taxonova::filter::FIELDS {
        assert!(seen.contains(f.example), "{}", f.example);
    }
}
