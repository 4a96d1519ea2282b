//! Batches from the interface: what the pane shows and asks, and that the engine behind it writes what the command line does.

use crate::common::light_curves;
use crate::tui_fake::{act, draw, go_to, keys, lines, said, state, with_styles};
use crate::tui_view::snapshot;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use taxonova::batch::job::Begin;
use taxonova::batch::summary::{Failure, FailureKind, Summary};
use taxonova::lightcurve::read::ReadOptions;
use taxonova::model::Model;
use taxonova::taxonomy::{Edit, Taxonomy, to_json};
use taxonova::tui::action::Action;
use taxonova::tui::batch::job::run;
use taxonova::tui::batch::{Ended, Order, Progress, Report, Stage};
use taxonova::tui::effect::{Effect, Leave};
use taxonova::tui::overlay::Overlay;
use taxonova::tui::state::State;
use taxonova::tui::theme::ThemeName;

/// Asks for a batch in the prompts; its number.
fn begin(s: &mut State) -> u64 {
    s.batch.input = "nights".into();
    let effects = keys(s, "% enter enter");
    let [Effect::Batch { order, number, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((order.input.to_str(), order.output.to_str(), order.begin), (Some("nights"), Some("nights.csv"), Begin::New));
    *number
}

fn tell(s: &mut State, number: u64, report: Report) -> Vec<Effect> {
    act(s, Action::Batch(number, report))
}

fn summary() -> Summary {
    let decisions = [("SN Ia", 700), ("SN II", 210), ("TDE", 12), ("Supernova", 70)];
    Summary {
        objects: 1000,
        rows: 1000,
        decisions: decisions.into_iter().map(|(name, n)| (name.to_string(), n)).collect(),
        not_usable: 8,
        warnings: [("only N detections".to_string(), 31)].into(),
        unreadable: 2,
        ..Summary::default()
    }
}

fn failure(reason: &str) -> Failure {
    Failure {
        source: "nights/bad.csv".into(),
        place: "line 7, column mag".into(),
        object_id: String::new(),
        kind: FailureKind::Unreadable,
        reason: reason.into(),
    }
}

/// A batch that is half done.
fn half(s: &mut State) -> u64 {
    let number = begin(s);
    tell(s, number, Report::Begun { inputs: 4, not_in_model: Vec::new() });
    tell(s, number, Report::Failures(vec![failure("found \"x\"; expected a number"), failure("\u{1b}[31mred")]));
    let progress = Progress { objects: 1000, rate_per_s: 3456.7, share: Some(0.52), left_s: Some(12.0), input: 3, summary: summary() };
    tell(s, number, Report::Progress(Box::new(progress)));
    number
}

fn ended(end: Ended) -> Report {
    Report::Ended { end, summary: Box::new(summary()), seconds: 3.2 }
}

fn text(s: &mut State) -> String {
    lines(&draw(s, 160, 50)).join("\n")
}

#[test]
fn pane_at_two_sizes() {
    let mut s = state(ThemeName::Dark);
    half(&mut s);
    keys(&mut s, "j j");
    snapshot("batch_80x24", with_styles(&draw(&mut s, 80, 24)));
    snapshot("batch_160x50", with_styles(&draw(&mut s, 160, 50)));
    let mut s = state(ThemeName::Mono);
    let number = half(&mut s);
    keys(&mut s, "x");
    let place = "before row or object 3 of nights/3.csv".to_string();
    tell(&mut s, number, ended(Ended::Cancelled { place, resumable: true }));
    keys(&mut s, "G");
    snapshot("batch_interrupted_80x24", with_styles(&draw(&mut s, 80, 24)));
}

#[test]
fn no_size_makes_the_pane_panic_and_no_text_of_a_file_is_raw() {
    let mut s = state(ThemeName::Light);
    half(&mut s);
    for walk in ["", "G", "pageup", "esc"] {
        keys(&mut s, walk);
        for w in [1, 60, 61, 80, 117, 250] {
            for h in [1, 16, 17, 24, 60] {
                let buf = draw(&mut s, w, h);
                assert!(buf.content().iter().all(|c| !c.symbol().chars().any(char::is_control)));
            }
        }
    }
}

#[test]
fn it_runs_on_while_the_pane_is_closed_and_says_when_it_is_over() {
    let mut s = state(ThemeName::Dark);
    let number = half(&mut s);
    assert!(text(&mut s).contains("x cancels"));
    keys(&mut s, "esc");
    assert!(s.overlay.is_none() && s.batch.running().is_some());
    assert!(text(&mut s).contains("% batch 52 %: 1,000 objects, 3,457/s, 12 s left, input 3 of 4"), "{}", text(&mut s));
    assert!(lines(&draw(&mut s, 80, 24)).join("\n").contains("% batch 52 %"));
    // The panes are usable.
    let before = s.objects.selected;
    keys(&mut s, "j");
    assert_ne!(s.objects.selected, before);
    // A report of another batch is none of this one.
    tell(&mut s, number + 1, ended(Ended::Finished));
    assert!(s.batch.running().is_some());
    tell(&mut s, number, ended(Ended::Finished));
    assert_eq!(said(&s), "batch finished: 1,000 objects in nights.csv, 2 failures (% lists them)");
    assert!(!text(&mut s).contains("% batch 52"));
    keys(&mut s, "%");
    assert!(text(&mut s).contains("finished in 3.2 s"));
    // Another one.
    keys(&mut s, "n");
    assert!(text(&mut s).contains("Classify which folder"));
}

#[test]
fn the_selected_row_stays_selected() {
    let mut s = state(ThemeName::Dark);
    let number = half(&mut s);
    keys(&mut s, "j j j");
    let mut later = summary();
    later.decisions.insert("AGN".into(), 5000);
    tell(&mut s, number, Report::Progress(Box::new(Progress { objects: 6000, summary: later, ..Progress::default() })));
    assert!(matches!(s.overlay, Some(Overlay::Batch { selected: 4, .. })), "{:?}", s.overlay);
    let effects = keys(&mut s, "enter");
    assert!(matches!(effects[..], [Effect::OpenInput { .. }]));
    assert_eq!(s.batch.filter.as_deref(), Some("class=\"SN II\""));
}

#[test]
fn what_is_open_already_is_not_read_again() {
    let mut s = state(ThemeName::Dark);
    (s.source.simulated, s.source.title) = (false, "nights".into());
    half(&mut s);
    assert!(keys(&mut s, "j j enter").is_empty());
    assert_eq!(s.objects.filter().map(|f| f.text.as_str()), Some("class=\"SN Ia\""));
    assert!(s.objects.selected_is_shown());
}

#[test]
fn cancelled_it_says_where_and_goes_on() {
    let mut s = state(ThemeName::Dark);
    let number = half(&mut s);
    let stop = s.batch.run.as_ref().unwrap().stop.clone();
    keys(&mut s, "x");
    assert!(stop.load(Ordering::Relaxed));
    assert!(text(&mut s).contains("cancelling"));
    assert!(keys(&mut s, "r n").is_empty(), "not while it runs");
    tell(&mut s, number, ended(Ended::Cancelled { place: "before row or object 3 of b".into(), resumable: true }));
    assert!(text(&mut s).contains("interrupted after 1,000 objects before row or object 3 of b; r goes on"));
    s.tau = 0.9;
    let effects = keys(&mut s, "r");
    let [Effect::Batch { order, stop, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((order.begin, order.tau), (Begin::Resume, 0.5), "as it was begun");
    assert!(!stop.load(Ordering::Relaxed));
}

#[test]
fn what_is_there_is_asked_about() {
    let mut s = state(ThemeName::Dark);
    let number = begin(&mut s);
    tell(&mut s, number, Report::Exists);
    assert!(text(&mut s).contains("nights.csv is there already"));
    assert!(keys(&mut s, "enter").is_empty(), "Enter alone overwrites nothing");
    tell(&mut s, number, Report::Exists);
    let effects = keys(&mut s, "o");
    assert!(matches!(&effects[..], [Effect::Batch { order, .. }] if order.begin == Begin::Overwrite));
    let number = s.batch.run.as_ref().unwrap().number;
    tell(&mut s, number, Report::Left { obstacle: Some("the model is another one".into()) });
    assert!(text(&mut s).contains("this one can't go on with it") && text(&mut s).contains("model is another one"));
    assert!(keys(&mut s, "r enter").is_empty(), "it can't be gone on with");
    tell(&mut s, number, Report::Left { obstacle: None });
    let effects = keys(&mut s, "enter");
    assert!(matches!(&effects[..], [Effect::Batch { order, .. }] if order.begin == Begin::Resume));
    // What has been opened meanwhile is not taken away.
    let number = s.batch.run.as_ref().unwrap().number;
    keys(&mut s, "esc ?");
    tell(&mut s, number, Report::Exists);
    assert!(matches!(s.overlay, Some(Overlay::Help { .. })));
    assert!(s.batch.running().is_none() && said(&s).contains("has not begun"));
}

#[test]
fn bad_names_are_told_while_they_are_typed() {
    let mut s = state(ThemeName::Dark);
    keys(&mut s, "% enter");
    assert!(text(&mut s).contains("Classify which folder"), "an empty input is none");
    keys(&mut s, "'play' enter ctrl-u 'x.txt'");
    assert!(text(&mut s).contains(".csv .jsonl .parquet .arrow"));
    assert!(keys(&mut s, "enter").is_empty() && s.batch.run.is_none());
    keys(&mut s, "esc");
    assert!(s.overlay.is_none() && s.batch.input == "play", "what was typed is proposed the next time");
}

#[test]
fn the_time_cursor_and_the_edited_tree_go_along() {
    let mut s = state(ThemeName::Dark);
    go_to(&mut s, "SN Ia");
    keys(&mut s, "r ctrl-u 'Thermonuclear' enter + 3 t ]");
    let data = s.curve.data.clone().unwrap();
    let age_d = data.times_mjd[s.time.as_ref().unwrap().index] - data.day0_mjd;
    s.batch.input = "a.parquet".into();
    keys(&mut s, "% enter");
    assert!(text(&mut s).contains("(time cursor)"));
    let effects = keys(&mut s, "enter");
    let [Effect::Batch { order, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert!(order.tree.find("Thermonuclear").is_some() && (order.tau - 0.55).abs() < 1e-9);
    let asof = order.asof_d.unwrap();
    assert!(asof >= age_d && asof < age_d + 0.001, "{asof} for {age_d}");
}

#[test]
fn leaving_asks_and_closes_the_batch_first() {
    let mut s = state(ThemeName::Dark);
    let number = half(&mut s);
    keys(&mut s, "esc");
    assert!(keys(&mut s, "q").is_empty());
    assert!(text(&mut s).contains("A batch is running"));
    assert!(keys(&mut s, "enter").is_empty() && s.batch.running().is_some() && !s.batch.then_quit, "Enter stays");
    assert!(keys(&mut s, "q x").is_empty());
    assert!(text(&mut s).contains("cancelling"));
    let effects = tell(&mut s, number, ended(Ended::Cancelled { place: String::new(), resumable: true }));
    assert!(matches!(effects[..], [Effect::Quit(Leave::Done)]));
    // Twice Ctrl-C leaves at once, with the flag set.
    let mut s = state(ThemeName::Dark);
    half(&mut s);
    let effects = keys(&mut s, "esc ctrl-c ctrl-c");
    assert!(matches!(effects[..], [Effect::Quit(Leave::Interrupted)]));
    assert!(s.batch.run.as_ref().unwrap().stop.load(Ordering::Relaxed));
}

#[test]
fn unsaved_edits_are_asked_about_after_the_batch() {
    let mut s = state(ThemeName::Dark);
    let number = half(&mut s);
    keys(&mut s, "esc");
    go_to(&mut s, "SN Ia");
    keys(&mut s, "r ctrl-u 'Thermonuclear' enter q");
    assert!(text(&mut s).contains("unsaved edits too"));
    keys(&mut s, "x");
    assert!(tell(&mut s, number, ended(Ended::Finished)).is_empty());
    assert!(text(&mut s).contains("save, then leave"));
    let mut s = state(ThemeName::Dark);
    half(&mut s);
    keys(&mut s, "esc");
    go_to(&mut s, "SN Ia");
    assert!(keys(&mut s, "r ctrl-u 'Thermonuclear' enter ctrl-c ctrl-c").is_empty(), "edits are not lost unasked");
    assert!(text(&mut s).contains("save, then leave"));
    assert!(matches!(keys(&mut s, "ctrl-c")[..], [Effect::Quit(Leave::Interrupted)]));
}

#[test]
fn enter_lists_the_objects_of_a_decision() {
    let mut s = state(ThemeName::Dark);
    half(&mut s);
    // All, the heading, the first decision.
    let effects = keys(&mut s, "j j enter");
    let [Effect::OpenInput { input, most, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((input.to_str(), *most), (Some("nights"), 100_000));
    assert!(s.overlay.is_none());
    let n = s.objects.len();
    act(&mut s, Action::Opened("nights".into()));
    assert!(s.objects.is_empty() && s.source.title == "nights" && s.curve.shown.is_none());
    act(&mut s, Action::Read(crate::tui_fake::sample()));
    act(&mut s, Action::ReadDone);
    assert_eq!(s.objects.len(), n);
    assert_eq!(s.objects.filter().map(|f| f.text.as_str()), Some("class=\"SN Ia\""));
    assert!(s.objects.shown() > 0 && s.objects.shown() < n && s.objects.selected_is_shown());
    // It is read once.
    assert!(keys(&mut s, "% enter").is_empty());
    assert!(s.objects.filter().is_none());
    assert_eq!(s.objects.shown(), n);
    // A heading leads nowhere, and the pane stays.
    keys(&mut s, "% j enter");
    assert!(matches!(s.overlay, Some(Overlay::Batch { selected: 1, .. })));
}

fn classify(args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("taxonova"));
    command.arg("classify").args(args).stdin(Stdio::null()).output().unwrap()
}

/// 5,000 objects, a line that can't be read among them, and a file of which nothing can.
fn data(dir: &Path) -> PathBuf {
    let data = dir.join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("a.csv"), light_curves("a", 3000) + "bad,59000,g,not a number,0.1,,difference\n").unwrap();
    std::fs::write(data.join("b.csv"), light_curves("b", 2000)).unwrap();
    std::fs::write(data.join("c.parquet"), "nothing of this kind").unwrap();
    data
}

fn order(input: &Path, output: PathBuf, begin: Begin, tree: &Taxonomy) -> Order {
    let (input, tree) = (input.to_path_buf(), Arc::new(tree.clone()));
    Order { input, output, begin, tree, tau: 0.7, asof_d: Some(20.0), read: ReadOptions::default() }
}

fn ran(model: &Arc<Model>, order: &Order) -> (Ended, Summary, Vec<Failure>) {
    let mut failures = Vec::new();
    let mut listen = |report| {
        if let Report::Failures(more) = report {
            failures.extend(more);
        }
    };
    match run(model, order, &Arc::default(), &mut listen) {
        Report::Ended { end, summary, .. } => (end, *summary, failures),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_file_is_what_classify_writes() {
    let dir = tempfile::tempdir().unwrap();
    let data = data(dir.path());
    let model = Model::shipped().unwrap();
    let at = |name: &str| dir.path().join(name);
    let text = |path: &Path| path.to_str().unwrap().to_string();
    let mut edited = model.taxonomy().clone();
    let id = edited.find("SN Ia").unwrap();
    edited.apply(Edit::Rename { id, name: "Thermonuclear".into() }).unwrap();
    std::fs::write(at("tree.json"), to_json(&edited)).unwrap();
    for (tree, format, given) in [(model.taxonomy(), "csv", None), (&edited, "parquet", Some(text(&at("tree.json"))))] {
        let (ours, theirs) = (at(&format!("ours.{format}")), at(&format!("theirs.{format}")));
        let (end, summary, failures) = ran(&model, &order(&data, ours.clone(), Begin::New, tree));
        assert_eq!((end, summary.objects, summary.unreadable), (Ended::Finished, 5000, 2));
        assert_eq!(failures.len(), 2);
        assert!(failures.iter().any(|f| f.source.ends_with("a.csv") && f.place.contains("line") && f.reason.contains("not a number")));
        let (input, theirs_name) = (text(&data), text(&theirs));
        let mut args = vec!["-q", &input, "-o", &theirs_name, "--tau", "0.7", "--asof", "20"];
        if let Some(tree) = &given {
            args.extend(["-t", tree]);
        }
        assert_eq!(classify(&args).status.code(), Some(1));
        assert!(std::fs::read(&ours).unwrap() == std::fs::read(&theirs).unwrap(), "{format}");
    }
    // What is there is not replaced unasked, nor what is both.
    let again = order(&data, at("ours.csv"), Begin::New, model.taxonomy());
    assert_eq!(run(&model, &again, &Arc::default(), &mut |_| {}), Report::Exists);
    let both = order(&data.join("a.csv"), data.join("a.csv"), Begin::Overwrite, model.taxonomy());
    assert!(matches!(ran(&model, &both).0, Ended::Failed { why, .. } if why.contains("both the input and the output")));
    let gone = order(&at("gone"), at("x.csv"), Begin::New, model.taxonomy());
    assert!(matches!(ran(&model, &gone).0, Ended::Failed { why, .. } if why.contains("gone")));
    assert!(!at("x.csv").exists());
}

#[test]
fn a_cancelled_batch_is_gone_on_with_here_and_on_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let data = data(dir.path());
    let model = Model::shipped().unwrap();
    let at = |name: &str| dir.path().join(name);
    let (input, whole, out) = (data.to_str().unwrap().to_string(), at("whole.csv"), at("out.csv"));
    let options = ["--tau", "0.7", "--asof", "20"];
    let args = |out: &Path, more: &[&str]| {
        let mut args = vec!["-q".to_string(), input.clone(), "-o".into(), out.to_str().unwrap().into()];
        args.extend(options.iter().chain(more).map(|s| s.to_string()));
        args
    };
    let classify = |args: Vec<String>| classify(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(classify(args(&whole, &[])).status.code(), Some(1));
    let cancelled = |begin: Begin, output: &Path| {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = stop.clone();
        let mut tell = move |report: Report| {
            if matches!(&report, Report::Progress(p) if p.objects > 0) || matches!(report, Report::Resumed(_)) {
                flag.store(true, Ordering::Relaxed);
            }
        };
        run(&model, &order(&data, output.to_path_buf(), begin, model.taxonomy()), &stop, &mut tell)
    };
    match cancelled(Begin::New, &out) {
        Report::Ended { end: Ended::Cancelled { place, resumable: true }, summary, .. } => {
            assert!(summary.objects > 0 && summary.objects < 5000 && place.contains("row or object"), "{place}");
        }
        other => panic!("{other:?}"),
    }
    assert!(!out.exists());
    // It is offered, unless it would be another run.
    let mut new = order(&data, out.clone(), Begin::New, model.taxonomy());
    assert_eq!(run(&model, &new, &Arc::default(), &mut |_| {}), Report::Left { obstacle: None });
    new.tau = 0.6;
    match run(&model, &new, &Arc::default(), &mut |_| {}) {
        Report::Left { obstacle: Some(why) } => assert_eq!(why, "the option --tau was 0.7 then, now it is 0.6"),
        other => panic!("{other:?}"),
    }
    // Interrupted again, and then gone on with by the other program.
    assert!(matches!(cancelled(Begin::Resume, &out), Report::Ended { end: Ended::Cancelled { resumable: true, .. }, .. }));
    assert_eq!(classify(args(&out, &["--resume"])).status.code(), Some(1));
    assert!(std::fs::read(&whole).unwrap() == std::fs::read(&out).unwrap());
    // And the interface goes on itself.
    let own = at("own.csv");
    assert!(matches!(cancelled(Begin::New, &own), Report::Ended { end: Ended::Cancelled { .. }, .. }));
    let (end, summary, failures) = ran(&model, &order(&data, own.clone(), Begin::Resume, model.taxonomy()));
    assert_eq!((end, summary.objects), (Ended::Finished, 5000));
    assert_eq!(failures.len(), 2, "those of before are told again");
    assert!(std::fs::read(&whole).unwrap() == std::fs::read(&own).unwrap());
}

#[cfg(unix)]
#[test]
fn from_the_keys_to_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let data = data(dir.path());
    let (out, whole) = (dir.path().join("out.jsonl"), dir.path().join("whole.jsonl"));
    let mut s = crate::tui_pty::Session::start(&[], &[]);
    s.wait_for("SN II");
    s.press("%");
    s.wait_for("Classify which folder");
    s.press(&format!("\u{15}{}\r", data.display()));
    s.wait_for("to which file");
    s.press(&format!("\u{15}{}\r", out.display()));
    s.wait_for("finished in");
    s.wait_for("5,000");
    s.wait_for("failures: 2");
    s.press("\r");
    s.wait_for("a0 ");
    s.press("q");
    assert_eq!(s.end(), 0);
    let [input, output] = [&data, &whole].map(|p| p.to_str().unwrap());
    assert_eq!(classify(&["-q", input, "-o", output]).status.code(), Some(1));
    assert!(std::fs::read(&out).unwrap() == std::fs::read(&whole).unwrap());
}

#[test]
fn a_batch_before_anything_is_known() {
    let mut s = state(ThemeName::Dark);
    begin(&mut s);
    assert_eq!(s.batch.run.as_ref().unwrap().stage, Stage::Starting);
    assert!(text(&mut s).contains("looking for the inputs"));
    keys(&mut s, "j G enter");
}
