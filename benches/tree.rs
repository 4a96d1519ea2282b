//! A tree of 10,000 classes: milliseconds to load it, from an edit to the redrawn frame, for a check, and for 1,000 undos; and
//! the weights of the paper's supernova tree against N / (K N_c) worked by hand. `cargo bench --bench tree`

#[path = "../tests/it/tui_fake.rs"]
#[allow(dead_code)]
mod tui_fake;

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;
use taxonova::taxonomy::{Document, Edit, Node, Taxonomy, parse_json, to_json, validate};
use taxonova::tui::theme::ThemeName;

/// The shipped tree of transients with subtypes of SN II up to 10,000 classes, in levels of up to ten children.
fn large() -> Taxonomy {
    let mut tree = tui_fake::tree();
    let mut open = std::collections::VecDeque::from([tree.find("SN II").expect("SN II")]);
    while tree.len() < 10_000 {
        let parent = open.pop_front().expect("a parent");
        for k in 0..10 {
            let name = format!("{} {k}", tree.node(parent).name);
            let mut node = Node::new(name.clone());
            node.aliases = vec![format!("alias of {name}")];
            node.count = Some(k);
            open.push_back(tree.add_node(parent, node).expect("a child"));
        }
    }
    tree
}

/// Median and largest of several runs, in milliseconds.
fn timed(what: &str, runs: usize, mut work: impl FnMut(usize)) {
    let mut ms: Vec<f64> = (0..runs)
        .map(|i| {
            let begin = Instant::now();
            work(i);
            begin.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    ms.sort_by(f64::total_cmp);
    println!("{what}: median {:.2} ms, largest {:.2} ms of {runs}", ms[runs / 2], ms[runs - 1]);
}

fn main() {
    let tree = large();
    let json = to_json(&tree);
    println!("{} classes, {} bytes of JSON", tree.len(), json.len());
    timed("load (JSON)", 15, |_| {
        black_box(parse_json(&json, Path::new("large.json")).expect("a tree"));
    });
    timed("check", 15, |_| {
        black_box(validate(&tree));
    });

    let mut document = Document::new(tree.clone());
    let some: Vec<_> = tree.preorder().collect();
    for i in 0..1000 {
        let id = some[(i * 7919) % some.len()];
        let edit = match i % 3 {
            0 => Edit::Rename { id, name: format!("renamed {i}") },
            1 => Edit::Add { parent: id, index: 0, node: Node::new(format!("new {i}")) },
            _ => Edit::SetCount { id, count: Some(i as u64) },
        };
        document.edit(format!("step {i}"), edit).expect("an edit");
    }
    timed("1,000 undos", 1, |_| while document.undo().is_some() {});
    timed("1,000 redos", 1, |_| while document.redo().is_some() {});

    let mut state = tui_fake::state(ThemeName::Dark);
    tui_fake::act(&mut state, tui_fake::arrived(tree, "large.json"));
    tui_fake::keys(&mut state, "2 O G");
    tui_fake::draw(&mut state, 160, 50);
    timed("frame", 50, |_| {
        tui_fake::draw(&mut state, 160, 50);
    });
    // Each with its redrawn frame, on a leaf far down and on a class with thousands below it.
    let mut all = Vec::new();
    for at in ["SN II 0 0 0 0", "SN II", "CC"] {
        let edits = "e } y u H u L u K u v esc r 'x' enter u x k enter u p 'a_new_parent' enter u d r u d a u".split(' ');
        tui_fake::go_to(&mut state, at);
        for key in edits {
            let begin = Instant::now();
            tui_fake::keys(&mut state, key);
            let done = begin.elapsed().as_secs_f64() * 1e3;
            tui_fake::draw(&mut state, 160, 50);
            let ms = begin.elapsed().as_secs_f64() * 1e3;
            println!("  {at}: {key}: {ms:.2} ms, of them {done:.2} ms before drawing");
            all.push((ms, format!("{key} at {at}")));
        }
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!("an edit to the redrawn frame: median {:.2} ms of {}", all[all.len() / 2].0, all.len());
    println!("the slowest: {:?}", all.iter().rev().take(5).collect::<Vec<_>>());
    tui_fake::keys(&mut state, "esc a");
    timed("a letter typed in a prompt, checked, to the redrawn frame", 40, |_| {
        tui_fake::keys(&mut state, "'x'");
        tui_fake::draw(&mut state, 160, 50);
    });
}
