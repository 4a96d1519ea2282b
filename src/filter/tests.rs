//! Tests of filters: what they mean, what they refuse, and that nothing makes them panic.

use super::{FIELDS, Field, Filter, Kind, Number, Subject, Truth, by_name, parse};
use crate::cascade::testing::tree;
use crate::evaluate::Verdict;
use crate::lightcurve::BandId;
use crate::taxonomy::{Layout, Taxonomy};

/// Slots: SN, SN Ia, SN Ia-91T, other SN Ia, SN II, TDE.
fn setup() -> (Taxonomy, Layout) {
    let t = tree("Object{SN{SN Ia~{SN Ia-91T},SN II},TDE}");
    let layout = Layout::new(&t);
    (t, layout)
}

struct Thing {
    name: &'static str,
    decision: Option<Option<usize>>,
    p: f64,
    mag: Option<f64>,
    label: Truth<'static>,
    verdict: Option<Verdict>,
    marked: bool,
}

/// `ZTF21abc`, 30 points, decided as SN II with .7; P(SN Ia) is .25; labelled TDE: wrong.
fn thing() -> Thing {
    let label = Truth::At("TDE", Some(5));
    Thing { name: "ZTF21abc", decision: Some(Some(4)), p: 0.7, mag: Some(18.25), label, verdict: Some(Verdict::Mistake), marked: false }
}

impl Subject for Thing {
    fn name(&self) -> &str {
        self.name
    }
    fn survey(&self) -> &str {
        "ztf"
    }
    fn bands(&self) -> &[BandId] {
        &[BandId::ZTF_G, BandId::ZTF_R]
    }
    fn any_file(&self, test: &dyn Fn(&str) -> bool) -> bool {
        test("data/night2.parquet")
    }
    fn any_warning(&self, test: &dyn Fn(&str) -> bool) -> bool {
        test("points of 2 files")
    }
    fn number(&self, what: Number) -> Option<f64> {
        match what {
            Number::N => Some(30.0),
            Number::Span => Some(99.5),
            Number::Mag => self.mag,
            _ if self.decision.is_none() => None,
            Number::P => Some(self.p),
            Number::Entropy => Some(1.5),
            Number::Margin => Some(0.45),
            Number::Novelty => Some(37.5),
        }
    }
    fn decision(&self) -> Option<Option<usize>> {
        self.decision
    }
    fn p_of(&self, slot: Option<usize>) -> Option<f64> {
        self.decision?;
        [Some(0.95), Some(0.25), Some(0.05), Some(0.2), Some(0.7), None].get(slot?).copied().flatten()
    }
    fn truth(&self) -> Truth<'_> {
        self.label
    }
    fn verdict(&self) -> Option<Verdict> {
        self.verdict
    }
    fn marked(&self) -> bool {
        self.marked
    }
}

fn passes(text: &str, thing: &Thing) -> bool {
    let (t, layout) = setup();
    Filter::new(text, &t, &layout).unwrap_or_else(|e| panic!("{text}: {e}")).passes(thing)
}

#[test]
fn terms_mean_what_they_say() {
    for yes in [
        "",
        "  ",
        "p>0.6",
        "p > 0.6 p<.8",
        "p>=0.7",
        "p<=0.7",
        "p=0.7",
        "p!=0.6",
        "n=30",
        "n:30",
        "n:20..30",
        "span<100",
        "mag:18..19",
        "entropy>1 margin<.5",
        "name:ZTF21*",
        "name:ztf21",
        "name:*ABC",
        "name=ztf21abc",
        "name!=ztf21",
        "survey=ZTF",
        "band:g",
        "band:ztf/r",
        "band!=i",
        "file:*night2*",
        "file:NIGHT2",
        "warn",
        "warn:files",
        "class:SN",
        "class:\"SN II\"",
        "class:sn-ii",
        "class=\"SN II\"",
        "class:Object",
        "class!=SN",
        "class!=\"SN Ia\"",
        "label:TDE",
        "label:Object",
        "label=tde",
        "P(SN Ia)>0.2",
        "p(\"SN Ia\") > .2",
        "P( other SN Ia )=0.2",
        "wrong",
        "not right",
        "!right !early",
        "not marked",
        "classified",
        "not unlabelled",
        "not outside",
        "p<0.1 or n>20",
        "p<0.1 | n>20",
        "p<0.1 || wrong",
        "(p<0.1 or n>20) and wrong",
        "p>0.5 && wrong",
        "not (p<0.5)",
        "not not wrong",
        "NOT p<0.5 OR p<0.1",
        "p<0.1 n>20 or wrong",
        "class:SN p<0.8 wrong",
    ] {
        assert!(passes(yes, &thing()), "{yes}");
    }
    for no in [
        "p>0.8",
        "n:10..20",
        "name:ZTF22*",
        "name=ztf21",
        "band:G",
        "band:i",
        "class:TDE",
        "class=SN",
        "class:\"SN Ia\"",
        "label:SN",
        "label=AT",
        "P(SN Ia)>0.3",
        "right",
        "marked",
        "outside",
        "unlabelled",
        "not classified",
        "not warn",
        "wrong (p<0.1 or n>40)",
        "p<0.1 or n>20 right",
        "file=night2",
    ] {
        assert!(!passes(no, &thing()), "{no}");
    }
}

#[test]
fn what_is_not_known_matches_neither_way() {
    let waiting = Thing { decision: None, verdict: None, label: Truth::Unlabelled, mag: None, ..thing() };
    for text in ["p>0.5", "class:SN", "right", "wrong", "mag<20", "P(SN Ia)>0.1", "label:SN", "label=AT", "outside"] {
        assert!(!passes(text, &waiting), "{text}");
        assert!(!passes(&format!("not {text}"), &waiting), "not {text}");
    }
    assert!(passes("not classified unlabelled", &waiting));
    assert!(passes("p>0.5 or n>20", &waiting) && !passes("p>0.5 n>20", &waiting) && !passes("not (p>0.5 n>20)", &waiting));
    assert!(passes("not (p>0.5 n>40)", &waiting));
    // A class that the model does not know.
    assert!(!passes("P(TDE)>0", &thing()) && !passes("not P(TDE)>0", &thing()));
    // At the root: not below any class, and the root itself.
    let root = Thing { decision: Some(None), ..thing() };
    assert!(passes("class=Object class:Object not class:SN", &root));
    // Decided as "other SN Ia", labelled with a class that is not in the tree.
    let other = Thing { decision: Some(Some(3)), label: Truth::Outside("AT"), verdict: None, ..thing() };
    assert!(passes("class:\"SN Ia\" class=\"other SN Ia\" class:\"other sn ia\" not class=\"SN Ia\" outside label=at", &other));
    assert!(!passes("wrong", &other) && !passes("not wrong", &other) && passes("not label:SN", &other));
}

#[test]
fn faults_are_placed_and_say_what_is_expected() {
    let (t, layout) = setup();
    for (text, at, words) in [
        ("p>", 2, "a number is expected"),
        ("p", 1, "p is compared with something by <"),
        ("n>20 pp>3", 5, "pp is no field"),
        ("n>20 cla", 5, "cla is no field yet: class, classified"),
        ("p>abc", 2, "abc is no number"),
        ("mag:19..17", 4, "the first number is the greater one"),
        ("mag:19..", 4, "no range of numbers"),
        ("class:SB", 6, "no class is called SB"),
        ("class:SN Ia", 9, "Ia is no field; a value with blanks stands in quotes, as class:\"SN Ia\"; the fields: name"),
        ("(class = SN Ia-91T)", 12, "as class=\"SN Ia-91T\""),
        ("class:SNI", 6, "like it: \"SN Ia\""),
        ("class<SN", 5, "class is no number"),
        ("name:\"abc", 9, "a \" is missing for the \" at character 6"),
        ("(p>0.5", 6, "a ) is missing for the ( at character 1"),
        ("p>0.5)", 5, "there is a ) without a ("),
        ("p>0.5 or", 8, "a field is expected"),
        ("P(SN Ia", 7, "a ) is missing"),
        ("P(SN Ia)", 8, "a comparison is expected"),
        ("P()>1", 2, "a class is expected"),
        ("P(XY)>0.5", 2, "no class is called XY"),
        ("wrong>3", 5, "wrong stands alone"),
        ("p>inf", 2, "inf is no number"),
        ("?", 0, "begins no field"),
        ("!", 1, "a field is expected"),
    ] {
        let e = Filter::new(text, &t, &layout).expect_err(text);
        assert!(e.at == at && e.text.contains(words), "{text}: {e:?}");
        assert_eq!(e.at_end, at == text.chars().count(), "{text}");
    }
    let e = Filter::new("class:SN Ia-91T", &t, &layout).unwrap_err();
    assert_eq!((e.at, e.to_string().starts_with("at character 10: Ia is no field")), (9, true));
    let e = Filter::new("pp>3", &t, &layout).unwrap_err().to_string();
    assert!(e.contains("name class label p P(class) n span mag entropy margin"), "the known fields are listed: {e}");
    let deep = format!("{}p>1{}", "(".repeat(51), ")".repeat(51));
    assert!(parse(&deep).unwrap_err().text.contains("50 levels"));
    assert!(parse(&format!("{}p>1{}", "(".repeat(50), ")".repeat(50))).is_ok());
}

#[test]
fn names_with_blanks_hint_at_quotes() {
    let (t, layout) = setup();
    // `S` is no class; what follows makes a name.
    let t2 = tree("Object{S X,TDE}");
    let l2 = Layout::new(&t2);
    let e = Filter::new("class:S X", &t2, &l2).unwrap_err().text;
    assert!(e.contains("class:\"S X\""), "{e}");
    let e = Filter::new("class:S", &t2, &l2).unwrap_err().text;
    assert!(e.contains("like it: \"S X\""), "{e}");
    let e = Filter::new("class:TDF", &t, &layout).unwrap_err().text;
    assert!(e.contains("like it: TDE"), "{e}");
}

#[test]
fn the_table_of_fields_is_whole_and_its_examples_can_be_read() {
    let (t, layout) = setup();
    for f in FIELDS {
        assert!(f.doc.ends_with('.') && f.field.info().name == f.name);
        let filter = Filter::new(f.example, &t, &layout).unwrap_or_else(|e| panic!("{}: {e}", f.example));
        assert!(filter.uses(f.field), "{}", f.example);
        assert_eq!(by_name(&f.name.to_uppercase()).map(|i| i.field), (f.field != Field::POf).then_some(f.field));
        let flag = Filter::new(f.name, &t, &layout).is_ok();
        assert_eq!(flag, matches!(f.kind, Kind::Flag | Kind::TextOrFlag), "{}", f.name);
    }
    let docs = super::markdown();
    assert!(FIELDS.iter().all(|f| docs.contains(&format!("`{}`", f.example))));
}

#[test]
fn nothing_makes_it_panic() {
    let seed = std::env::var("TAXONOVA_TEST_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_250_714u64);
    let mut x = seed;
    let mut random = |n: usize| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x % n as u64) as usize
    };
    let parts = [
        "p",
        "P(",
        "class",
        "label",
        "name",
        "n",
        "mag",
        "wrong",
        "not",
        "or",
        "and",
        ":",
        "=",
        "!=",
        "<",
        ">=",
        "!",
        "(",
        ")",
        "|",
        "||",
        "&",
        "\"",
        "SN",
        "SN Ia",
        "0.5",
        "1e308",
        "-3",
        "..",
        "17..19",
        "*",
        "?",
        "a*b",
        " ",
        " ",
        "δ",
        "超",
        "\u{1b}",
        "\0",
        "other SN Ia",
        "warn",
    ];
    let (t, layout) = setup();
    let things = [thing(), Thing { decision: None, verdict: None, label: Truth::Unlabelled, mag: None, ..thing() }];
    let mut read = 0;
    for _ in 0..20_000 {
        let text: String = (0..random(12)).map(|_| parts[random(parts.len())]).collect();
        match Filter::new(&text, &t, &layout) {
            Ok(filter) => {
                read += 1;
                for thing in &things {
                    filter.passes(thing);
                }
            }
            Err(e) => assert!(e.at <= text.chars().count() && !e.text.is_empty(), "seed {seed}: {text:?}"),
        }
        // Any characters at all.
        let text: String = (0..random(20)).filter_map(|_| char::from_u32(random(0x3000) as u32)).collect();
        let _ = Filter::new(&text, &t, &layout);
    }
    assert!(read > 500, "seed {seed}: only {read} of the random texts were filters");
}
