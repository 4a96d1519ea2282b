use super::*;
use crate::taxonomy::{check_name, parse_json, shipped};
use std::path::Path;

fn named(label: &str) -> Vec<String> {
    let v = Vocabulary::builtin();
    let mut found: Vec<String> = v
        .meanings(label, &[])
        .iter()
        .map(|m| {
            let marks = [(m.finer, " finer"), (m.uncertain, " uncertain")];
            let marks: String = marks.iter().filter(|(on, _)| *on).map(|(_, t)| *t).collect();
            format!("{}{marks}", v.concept(m.concept).name)
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_tables_are_sound() {
    let v = Vocabulary::builtin();
    assert_eq!(v.faults(), &[] as &[String]);
    assert!(v.concepts().count() > 150 && v.labels().count() > 900);
    for (id, concept) in v.concepts() {
        assert_eq!(check_name(&concept.name), Ok(()));
        // No concept is a kind of itself.
        for broader in &concept.broader {
            assert!(!v.is_broader_or_same(id, *broader), "{} goes round in a ring", concept.name);
        }
        let mut once: Vec<_> = concept.broader.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), concept.broader.len(), "{}", concept.name);
        assert!(v.labels().any(|(_, m)| m.concept == id), "{}", concept.name);
    }
    // Within a source, spelling never decides between two classes.
    let mut loose: HashMap<(usize, String), ConceptId> = HashMap::new();
    for (label, m) in v.labels() {
        assert_eq!(check_name(label), Ok(()), "{label}");
        let first = *loose.entry((m.source, loose_key(label))).or_insert(m.concept);
        let allowed = SOURCES[m.source].name == "common" || first == m.concept;
        assert!(allowed, "{label} of {}", SOURCES[m.source].name);
    }
    let counted = |name: &str| v.labels().filter(|(_, m)| SOURCES[m.source].name == name).count();
    for source in SOURCES {
        assert!(counted(source.name) >= 20, "{}", source.name);
    }
}

#[test]
fn faults_of_tables_are_told() {
    let v =
        Vocabulary::parse("concept,broader\nA,\nB,A|C\nA,\n", "source,label,relation,concept\ntns,a,same,A\ntns,a,same,B\nmars,x,same,A\n");
    assert_eq!(v.faults().len(), 4, "{:?}", v.faults());
}

#[test]
fn labels_by_hand() {
    for (label, concept) in [
        ("SN Ia-91T-like", "SN Ia-91T"),
        ("SN Iax[02cx-like]", "SN Iax"),
        ("SNIbc", "SN Ibc"),
        ("RR*", "RR Lyrae"),
        ("RRAB", "RRab"),
        ("DSCT", "Delta Scuti"),
        ("M", "Mira"),
        ("EW", "W Ursae Majoris"),
        ("CV/Nova", "Cataclysmic variable"),
        ("90", "SN Ia"),
        ("995", ""),
        ("222", "SN Ia"),
        ("sn_ii-p", "SN IIP"),
        ("DCEPS", "First-overtone Cepheid"),
        ("SN Ibn/Icn", "SN Ibc finer"),
        ("(TNS) SN Ia-pec", "SN Ia-pec"),
        ("LongPeriodV*_Candidate", "Long-period variable uncertain"),
        ("RR?", "RR Lyrae uncertain"),
        ("s?r", "Red supergiant uncertain"),
        ("EW:", "W Ursae Majoris uncertain"),
        ("nova?", "Nova uncertain"),
        ("Std-spec", ""),
        ("", ""),
        ("?", ""),
    ] {
        assert_eq!(named(label).join("; "), concept, "{label}");
    }
    // One name, two classes: only the source tells.
    assert_eq!(named("EB"), ["Beta Lyrae", "Eclipsing binary"]);
    let v = Vocabulary::builtin();
    let vsx = SOURCES.iter().position(|s| s.name == "vsx").unwrap();
    let only: Vec<&str> = v.meanings("EB", &[vsx]).iter().map(|m| v.concept(m.concept).name.as_str()).collect();
    assert_eq!(only, ["Beta Lyrae"]);
}

#[test]
fn types_that_are_put_together() {
    let v = Vocabulary::builtin();
    let parts = |label: &str| -> Vec<Vec<&str>> {
        let parts = v.parts(label, &[]);
        assert!(parts.iter().flatten().all(|m| m.finer), "{label}");
        parts.iter().map(|p| p.iter().map(|m| v.concept(m.concept).name.as_str()).collect()).collect()
    };
    assert_eq!(parts("EA/RS"), [["Algol"]]);
    assert_eq!(parts("ELL|DSCT"), [["Ellipsoidal variable"], ["Delta Scuti"]]);
    assert_eq!(parts("UGSU+E"), [["SU Ursae Majoris"], ["Eclipsing binary"]]);
    assert_eq!(parts("EA:|nothing"), [vec!["Algol"], vec![]]);
    assert!(parts("EA").is_empty());
}

/// Names of shipped trees that mean nothing outside their tree.
const OWN_NAMES: &[&str] = &["Object", "Alert", "StellarTransient", "SN-like", "Long", "Fast", "Binary", "close binary"];

#[test]
fn the_shipped_trees_names_are_known() {
    let mut unknown = Vec::new();
    for (file, json) in shipped() {
        let tree = parse_json(json, Path::new(file)).unwrap();
        for id in tree.preorder() {
            for label in tree.node(id).labels() {
                let same = Vocabulary::builtin().meanings(label, &[]).iter().any(|m| !m.finer);
                let absorbed = tree.node(id).absorbs.iter().any(|a| a == label);
                if !same && !absorbed && !OWN_NAMES.contains(&label) {
                    unknown.push(format!("{file}: {label}"));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn the_document_lists_the_sources() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/labels.md");
    let text = std::fs::read_to_string(path).unwrap();
    let listed: Vec<&str> = text.lines().filter(|l| l.starts_with("| `")).collect();
    let expected: Vec<String> = SOURCES.iter().map(|s| format!("| `{}` | {} |", s.name, s.title)).collect();
    assert_eq!(listed, expected);
}

#[test]
fn what_is_broader() {
    let v = Vocabulary::builtin();
    let id = |n: &str| v.concept_named(n).unwrap();
    assert!(v.is_broader_or_same(id("Supernova"), id("SN Ic-BL")));
    assert!(v.is_broader_or_same(id("SN Ia"), id("SN Ia")));
    assert!(!v.is_broader_or_same(id("SN Ia"), id("Supernova")));
    let levels: Vec<Vec<&str>> = v.levels(id("SN IIb")).iter().map(|l| l.iter().map(|c| v.concept(*c).name.as_str()).collect()).collect();
    let expected: [&[&str]; 4] = [&["SN IIb"], &["Stripped-envelope supernova", "SN II"], &["Core-collapse supernova"], &["Supernova"]];
    assert_eq!(levels[..4], expected);
}

#[test]
fn labels_of_any_length_are_looked_up() {
    let v = Vocabulary::builtin();
    for n in [2, 10, 300_000] {
        let label = format!("{}SN Ia", "(TNS) ".repeat(n));
        assert!(v.meanings(&label, &[]).is_empty(), "{n} prefixes");
    }
    assert!(!v.meanings("(TNS) SN Ia", &[]).is_empty());
    // Loosely equal to `SN Ia`, but no name.
    assert!(!v.meanings(&format!("SN{}Ia", " ".repeat(196)), &[]).is_empty());
    assert!(v.meanings(&format!("SN{}Ia", " ".repeat(197)), &[]).is_empty());
    assert!(v.parts(&"EA|".repeat(100), &[]).is_empty());
}
