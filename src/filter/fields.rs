//! The one table of what can be asked of an object in a filter. Reader, help and docs/keys.md are made from it.

/// What can be asked of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The object's name.
    Name,
    /// The class of the decision.
    Class,
    /// The true class.
    Label,
    /// Probability of the decision.
    P,
    /// Probability of any class: `P(SN Ia)`.
    POf,
    /// Number of points.
    N,
    /// First to last point, days.
    Span,
    /// Peak magnitude.
    Mag,
    /// Entropy over the leaves, bits.
    Entropy,
    /// Lead of the most probable leaf over the next.
    Margin,
    /// Per cent of the objects not trained on that are less novel.
    Novelty,
    /// Survey.
    Survey,
    /// Band that occurs.
    Band,
    /// File.
    File,
    /// A warning's text.
    Warn,
    /// The decision is the label's class.
    Right,
    /// The decision stopped above the label's class.
    Early,
    /// The decision left the way to the label's class.
    Wrong,
    /// The label is in no class of the tree.
    Outside,
    /// There is no label.
    Unlabelled,
    /// Marked by the user.
    Marked,
    /// The model has answered.
    Classified,
}

/// What a field holds, which says how it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text: `:` a part or a pattern with `*` and `?`, `=` all of it.
    Text,
    /// A class of the tree: `:` it or below it, `=` exactly it.
    Class,
    /// A number: `<` `<=` `>` `>=` `=` `!=`, `:` a range as `17..19`.
    Number,
    /// True or false: the word alone.
    Flag,
    /// A text that stands alone as a flag too (`warn`).
    TextOrFlag,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct FieldInfo {
    /// Which.
    pub field: Field,
    /// The word.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// An example.
    pub example: &'static str,
    /// What it means, with the unit.
    pub doc: &'static str,
}

macro_rules! fields {
    ($( $field:ident $name:literal $kind:ident $example:literal $doc:literal; )*) => {
        /// The table, in the order of help.
        pub static FIELDS: &[FieldInfo] = &[ $( FieldInfo { field: Field::$field, name: $name, kind: Kind::$kind, example: $example, doc: $doc } ),* ];
    };
}

fields! {
    Name "name" Text "name:ZTF21*" "The object's name.";
    Class "class" Class "class:SN" "The class of the decision, or a class above it; class=SN is exactly this one.";
    Label "label" Class "label:\"SN Ia\"" "The true class, or a class above it; label=AT is the label's own text, in the tree or not.";
    P "p" Number "p>0.8" "Probability of the decision.";
    POf "P(class)" Number "P(SN Ia)>0.3" "Probability of any class, whatever the decision.";
    N "n" Number "n>20" "Number of points, limits included.";
    Span "span" Number "span<100" "First to last point, in days.";
    Mag "mag" Number "mag:17..19" "Peak magnitude: the brightest detection at 5 sigma.";
    Entropy "entropy" Number "entropy>2" "Entropy of the probabilities over the leaves, in bits.";
    Margin "margin" Number "margin<0.1" "The most probable leaf's probability less that of the next.";
    Novelty "novelty" Number "novelty>99" "Per cent of the objects not trained on that are less unlike the training set: near 100, perhaps none of the classes.";
    Survey "survey" Text "survey=ztf" "The survey that the file names.";
    Band "band" Text "band:g" "A band that occurs: its letter, or its full name as ztf/g.";
    File "file" Text "file:*night2*" "The file or files that it was read from.";
    Warn "warn" TextOrFlag "warn:files" "A text in one of its warnings; the word alone: there is a warning.";
    Right "right" Flag "right" "The decision is the class of the label.";
    Early "early" Flag "early" "The decision stopped above the class of the label.";
    Wrong "wrong" Flag "wrong p>0.9" "The decision left the way to the class of the label.";
    Outside "outside" Flag "outside" "The label belongs to no class of the tree.";
    Unlabelled "unlabelled" Flag "not unlabelled" "There is no label.";
    Marked "marked" Flag "marked" "The object is marked.";
    Classified "classified" Flag "not classified" "The model has answered.";
}

impl Field {
    /// Its row.
    pub fn info(self) -> &'static FieldInfo {
        // Every field is in the table (tested); the first stands in otherwise.
        FIELDS.iter().find(|f| f.field == self).unwrap_or(&FIELDS[0])
    }
}

/// The field of that name, in any case.
pub fn by_name(name: &str) -> Option<&'static FieldInfo> {
    FIELDS.iter().find(|f| f.field != Field::POf && f.name.eq_ignore_ascii_case(name))
}

/// All names, for messages.
pub fn names() -> String {
    FIELDS.iter().map(|f| f.name).collect::<Vec<_>>().join(" ")
}

/// How terms are put together, a sentence each.
pub const RULES: &[&str] = &[
    "Terms with blanks between them must all hold; `or` or `|`: one of them; `not` or `!`: the opposite; parentheses group.",
    "Numbers are compared by < <= > >= = != and by a range as `mag:17..19`.",
    "Text after `:` is found anywhere in the field, in any case; with `*` or `?` it is a pattern for all of it. After `=` it is all of it.",
    "What holds blanks or parentheses stands in double quotes.",
    "What is not known of an object, as the class of one that is not classified yet, matches neither a term nor its `not`.",
];

/// Rules and fields as Markdown, for docs/keys.md.
pub fn markdown() -> String {
    let mut out = String::new();
    for rule in RULES {
        out.push_str(&format!("- {}\n", rule.replace('|', "\\|").replace("`\\|`", "`|`")));
    }
    out.push_str("\n| field | example | what it is |\n|---|---|---|\n");
    for f in FIELDS {
        out.push_str(&format!("| `{}` | `{}` | {} |\n", f.name, f.example, f.doc));
    }
    out
}
