//! The trees that come with the program, as text in the binary.

/// File name and JSON of each shipped tree.
static SHIPPED: &[(&str, &str)] = &[
    ("transients.json", include_str!("../../taxonomies/transients.json")),
    ("variables.json", include_str!("../../taxonomies/variables.json")),
    ("full.json", include_str!("../../taxonomies/full.json")),
    ("villar2023-supernovae.json", include_str!("../../taxonomies/villar2023-supernovae.json")),
    ("villar2023-variables.json", include_str!("../../taxonomies/villar2023-variables.json")),
    ("oracle-bts.json", include_str!("../../taxonomies/oracle-bts.json")),
    ("oracle-elasticc.json", include_str!("../../taxonomies/oracle-elasticc.json")),
];

/// All shipped trees: file name, JSON.
pub fn shipped() -> &'static [(&'static str, &'static str)] {
    SHIPPED
}

/// The JSON of the shipped tree of this name, with or without ".json".
pub fn shipped_json(name: &str) -> Option<&'static str> {
    let name = name.strip_suffix(".json").unwrap_or(name);
    SHIPPED.iter().find(|(file, _)| file.strip_suffix(".json") == Some(name)).map(|(_, json)| *json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::{Counts, Layout, Severity, Taxonomy, match_label, parse_json, to_json, validate, weights};
    use std::path::Path;

    fn load(name: &str) -> Taxonomy {
        parse_json(shipped_json(name).unwrap(), Path::new(name)).unwrap()
    }

    #[test]
    fn all_parse_validate_and_round_trip() {
        for (file, json) in shipped() {
            let t = parse_json(json, Path::new(file)).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(to_json(&t), *json, "{file}");
            assert_eq!(t.broken_invariant(), None, "{file}");
            assert!(validate(&t).iter().all(|f| f.severity != Severity::Error), "{file}");
            assert!(!t.citation.is_empty() && !t.name.is_empty(), "{file}");
        }
        assert!(shipped_json("transients").is_some() && shipped_json("transients.json").is_some());
        assert!(shipped_json("nonsense").is_none());
    }

    #[test]
    fn every_file_of_the_folder_is_shipped() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("taxonomies");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .filter(|f| f.ends_with(".json"))
            .collect();
        files.sort();
        let mut names: Vec<&str> = shipped().iter().map(|(f, _)| *f).collect();
        names.sort_unstable();
        assert_eq!(files, names);
    }

    #[test]
    fn sizes() {
        let size = |n: &str| load(n).len();
        assert_eq!(size("transients"), 22);
        assert_eq!(size("villar2023-variables"), 50);
        assert_eq!(size("villar2023-supernovae"), 37);
        assert_eq!(size("oracle-bts"), 9);
        assert_eq!(size("oracle-elasticc"), 26);
    }

    /// The labels of the training corpus with their objects.
    const CORPUS: &[(&str, u64)] = &[
        ("SN Ia", 4604),
        ("SN II", 910),
        ("SN IIn", 183),
        ("SN Ia-91T", 152),
        ("SN Ic", 137),
        ("SN Ib", 103),
        ("SN IIb", 100),
        ("SN IIP", 97),
        ("SLSN-I", 84),
        ("TDE", 59),
        ("SLSN-II", 57),
        ("SN Ic-BL", 50),
        ("SN Ia-pec", 41),
        ("SN Ia-91bg", 37),
        ("SN Ibn", 25),
        ("SN Ibc", 24),
        ("SN I", 17),
        ("SN", 15),
        ("SN Iax", 15),
        ("SN Ia-CSM", 14),
        ("SN Ia-SC", 10),
        ("SN II-pec", 4),
        ("SN Ib-pec", 4),
        ("SN Icn", 3),
        ("SN Ib-Ca-rich", 2),
        ("SN IIn-pec", 1),
        ("SN Ia-Ca-rich", 1),
    ];

    #[test]
    fn the_transients_tree_counts_its_training_corpus() {
        let t = load("transients");
        let counted = Counts::from_label_counts(&t, CORPUS.iter().copied());
        assert!(counted.unmatched.is_empty(), "{:?}", counted.unmatched);
        let in_file = Counts::from_tree(&t);
        for id in t.preorder() {
            assert_eq!(counted.exact(id), in_file.exact(id), "{}", t.node(id).name);
        }
        let layout = Layout::new(&t);
        assert_eq!(layout.len(), 22, "21 nodes below the root and `other SN Ia`");
        let w = weights::compute(&t, &layout, &in_file, &t.weights);
        assert_eq!((w.total, w.k), (6749, 19));
        assert_eq!((t.weights.alpha, t.weights.beta), (0.5, 0.5));
        for (label, node) in [
            ("Ia", "SN Ia"),
            ("SN Ib/c", "SN Ibc"),
            ("SNIa-norm", "SN Ia"),
            ("SN II-P", "SN II"),
            ("SN Ia-91bg-like", "SN Ia-91bg"),
            ("slsn i", "SLSN-I"),
        ] {
            assert_eq!(match_label(&t, label).map(|m| t.node(m.node).name.as_str()), Some(node), "{label}");
        }
    }
}
