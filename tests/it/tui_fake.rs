//! A state of the interface with invented probabilities, for tests and for the benchmark: same on every machine.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::path::Path;
use std::sync::Arc;
use taxonova::lightcurve::LightCurve;
use taxonova::lightcurve::read::{ReadOptions, open_bytes};
use taxonova::taxonomy::{Layout, Taxonomy, match_label, parse_json, shipped_json, to_json};
use taxonova::tui::action::{Action, Answered};
use taxonova::tui::batch::{Batcher, Report};
use taxonova::tui::curve::history;
use taxonova::tui::curve::influence::{self, By};
use taxonova::tui::curve::period::{Found, Peak};
use taxonova::tui::effect::Effect;
use taxonova::tui::file::Arrived;
use taxonova::tui::jobs::Handle;
use taxonova::tui::keymap::Key;
use taxonova::tui::refit::Refitter;
use taxonova::tui::state::{ModelInfo, Pane, Source, State, TreeRowKind};
use taxonova::tui::theme::{Theme, ThemeName};
use taxonova::tui::update::update;
use taxonova::tui::view;
use taxonova::tui::watch::Stamp;

/// The tree that the pretended model was trained on.
pub fn tree() -> Taxonomy {
    parse_json(shipped_json("transients").unwrap(), Path::new("transients.json")).unwrap()
}

/// Probabilities that favour the path to `label`: in each group the class on the path weighs 6, others 1, with a little spread.
pub fn p_for(tree: &Taxonomy, layout: &Layout, label: Option<&str>, salt: usize) -> Vec<f64> {
    let slot = label.and_then(|l| match_label(tree, l)).and_then(|m| layout.residual_of(m.node).or_else(|| layout.slot_of(m.node)));
    let path = slot.map(|s| layout.path(s)).unwrap_or_default();
    let mut p = vec![0.0; layout.len()];
    for group in &layout.groups {
        let parent = group.parent.map_or(1.0, |g| p[g]);
        let weight = |s: usize| if path.contains(&s) { 6.0 } else { 0.2 + ((s * 7 + salt * 13) % 11) as f64 / 8.0 };
        let sum: f64 = group.members.iter().map(|s| weight(*s)).sum();
        for s in &group.members {
            p[*s] = parent * weight(*s) / sum;
        }
    }
    p
}

/// The pretended model.
pub fn model() -> ModelInfo {
    let taxonomy = tree();
    let counts = taxonomy.preorder().filter_map(|id| Some((id, taxonomy.node(id).count?))).collect();
    ModelInfo {
        profile: taxonova::model::Profile { groups: vec![taxonova::features::Group::Transient], peak_mag: (15.5, 20.5) },
        name: "pretended".into(),
        layout: Layout::new(&taxonomy),
        taxonomy,
        counts,
        warnings: Box::new(|_| Vec::new()),
        handle: handle(),
    }
}

/// A model that can't be used: [`act`] answers in its place.
pub fn handle() -> Handle {
    Handle {
        sessions: Arc::new(|| Err("pretended".into())),
        refit: Some(Refitter(Arc::new(|_, _, _| Err("pretended".into())))),
        batch: Some(Batcher(Arc::new(|_, _, _| Report::Exists))),
        file: None,
    }
}

/// A tree that was read from a file of our own format.
pub fn arrived(taxonomy: Taxonomy, path: &str) -> Action {
    let stamp = Some(Stamp::of_bytes(to_json(&taxonomy).as_bytes()));
    Action::TaxonomyReady(Box::new(Arrived { taxonomy, path: path.into(), stamp, notes: Vec::new() }))
}

/// The sample data.
pub fn sample() -> Vec<LightCurve> {
    let (name, bytes) = taxonova::simulate::sample_data();
    open_bytes(name, bytes.to_vec(), &ReadOptions::default()).unwrap().map(|c| c.unwrap()).collect()
}

/// As [`act_with_files`], without the effects on the tree's file and the journal.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let mut left = act_with_files(state, action);
    left.retain(|e| !matches!(e, Effect::File(_)));
    left
}

/// Does to the state what the main loop does: classification is answered at once, with invented numbers.
pub fn act_with_files(state: &mut State, action: Action) -> Vec<Effect> {
    let mut actions = vec![action];
    let mut left = Vec::new();
    while let Some(action) = actions.pop() {
        for effect in update(state, action) {
            let Some(m) = state.model.ready() else {
                left.push(effect);
                continue;
            };
            let number = state.model_number;
            let answer = |(index, curve): (usize, Arc<LightCurve>)| {
                let p = p_for(&m.taxonomy, &m.layout, curve.label.as_deref(), index);
                Answered { index, curve, p: Ok(p.into()) }
            };
            match effect {
                Effect::Classify(wanted) => {
                    actions.push(Action::Classified { model: number, answers: wanted.into_iter().map(answer).collect() })
                }
                Effect::ClassifyFirst(index, curve) => {
                    actions.push(Action::Classified { model: number, answers: vec![answer((index, curve))] })
                }
                Effect::ClassifyPart { request, observations, .. } => {
                    let p = p_for(&m.taxonomy, &m.layout, Some(if observations.len() > 8 { "SN Ibc" } else { "TDE" }), observations.len());
                    actions.push(Action::ClassifiedPart { request, p: Ok(p.into()) });
                }
                Effect::History { request, curve, .. } => {
                    let mut mjd: Vec<f64> = curve.observations.iter().filter(|o| !o.is_limit()).map(|o| o.mjd).collect();
                    mjd.dedup();
                    let answer = |(i, _)| p_for(&m.taxonomy, &m.layout, Some(if i > 4 { "SN Ibc" } else { "TDE" }), i);
                    let p = mjd.iter().enumerate().map(answer).collect();
                    actions.push(Action::HistoryReady(request, Ok(history::Answers { mjd, p })));
                }
                Effect::Influence { request, curve, by, .. } => {
                    let all = p_for(&m.taxonomy, &m.layout, Some("SN Ibc"), 0);
                    let left = (0..curve.observations.len()).map(|i| {
                        // Every third point speaks for the class, the fourth against it.
                        let label = if i % 3 == 0 { "TDE" } else { "SN Ibc" };
                        influence::Left {
                            members: vec![i],
                            p: p_for(&m.taxonomy, &m.layout, Some(label), if by == By::Points { 0 } else { i }),
                        }
                    });
                    actions.push(Action::InfluenceReady(request, Ok(influence::Answers { all, left: left.collect(), remark: None })));
                }
                Effect::FindPeriod { number, .. } => {
                    let peak = |period_d| Peak { period_d, power: 0.8, log10_false_alarm: -20.0, harmonics: 2, remark: "" };
                    let power = (0..200).map(|i| if i == 13 { 0.8 } else { 0.02 + 0.05 * (i % 5) as f32 }).collect();
                    let found = Found { peaks: vec![peak(7.5), peak(15.0), peak(0.88)], power, frequencies_per_d: (0.02, 2.0) };
                    actions.push(Action::PeriodsFound(number, Ok(Arc::new(found))));
                }
                other => left.push(other),
            }
        }
    }
    left
}

/// The interface as it stands once model and sample data are there.
pub fn state(theme: ThemeName) -> State {
    let mut state = State::new(Theme::new(theme), Source { title: "sample_data".into(), simulated: true, reading: None });
    act(&mut state, Action::ModelReady(Box::new(model())));
    act(&mut state, Action::Read(sample()));
    draw(&mut state, 160, 50);
    state
}

/// Presses keys: names as in the command table, separated by blanks; `'text'` types the text. Returns the effects that are left.
pub fn keys(state: &mut State, names: &str) -> Vec<Effect> {
    let mut left = Vec::new();
    let mut rest = names.trim_start();
    while !rest.is_empty() {
        if let Some(text) = rest.strip_prefix('\'') {
            let (text, tail) = text.split_once('\'').unwrap();
            for c in text.chars() {
                left.extend(act(state, Action::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))));
            }
            rest = tail.trim_start();
            continue;
        }
        let (name, tail) = rest.split_once(' ').unwrap_or((rest, ""));
        let key = Key::parse(name).unwrap_or_else(|| panic!("no key {name}"));
        left.extend(act(state, Action::Key(KeyEvent::new(key.code, key.mods))));
        rest = tail.trim_start();
    }
    left
}

/// Selects a class.
pub fn go_to(s: &mut State, name: &str) {
    s.focus = Pane::Taxonomy;
    s.tree.selected.node = s.tree.taxonomy().find(name).unwrap_or_else(|| panic!("no class {name}"));
    s.tree.selected.kind = TreeRowKind::Node;
}

/// What the status line says.
pub fn said(s: &State) -> &str {
    s.status.as_ref().map_or("", |m| m.text.as_str())
}

/// Draws a frame as the main loop does.
pub fn draw(state: &mut State, width: u16, height: u16) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let hits = view::draw(state, area, &mut buf);
    state.drawn(hits);
    buf
}

/// The text of a frame.
pub fn lines(buf: &Buffer) -> Vec<String> {
    let area = buf.area;
    (area.top()..area.bottom())
        .map(|y| {
            let mut line = String::new();
            let mut skip = 0;
            for x in area.left()..area.right() {
                let symbol = buf[(x, y)].symbol();
                if skip == 0 {
                    line.push_str(symbol);
                    skip = unicode_width(symbol);
                }
                skip -= 1;
            }
            line
        })
        .collect()
}

fn unicode_width(symbol: &str) -> usize {
    taxonova::tui::text::width(symbol).max(1)
}

/// The text, and below it a letter for the style of each character, with a key of the letters.
pub fn with_styles(buf: &Buffer) -> String {
    let mut known: Vec<Style> = Vec::new();
    let mut out = lines(buf).iter().map(|l| l.trim_end().to_string()).collect::<Vec<_>>().join("\n");
    out.push_str("\n\nstyles:\n");
    let area = buf.area;
    for y in area.top()..area.bottom() {
        let mut line = String::new();
        for x in area.left()..area.right() {
            let cell = &buf[(x, y)];
            let blank = cell.symbol() == " " && !cell.modifier.intersects(Modifier::REVERSED | Modifier::UNDERLINED);
            let style = cell.style();
            if blank {
                line.push(' ');
                continue;
            }
            let i = known.iter().position(|s| *s == style).unwrap_or_else(|| {
                known.push(style);
                known.len() - 1
            });
            line.push(char::from_digit(i as u32 % 36, 36).unwrap());
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    for (i, s) in known.iter().enumerate() {
        out.push_str(&format!("{}: fg {:?} bg {:?} {:?}\n", char::from_digit(i as u32 % 36, 36).unwrap(), s.fg, s.bg, s.add_modifier));
    }
    out
}
