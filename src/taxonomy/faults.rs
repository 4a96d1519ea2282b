//! The one table of what can be wrong or doubtful with a tree: stable codes, how grave each is, what it means, what helps,
//! and what the import of a foreign format makes of it. Help, reports and `docs/taxonomies.md` come from it. Knows no files.

use super::validate::Severity;

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Which fault.
    pub code: Code,
    /// Its stable name in reports.
    pub name: &'static str,
    /// How grave.
    pub severity: Severity,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// What the import of a foreign format does about it; empty: nothing, the file is refused (errors) or taken as it is.
    pub repair: &'static str,
}

macro_rules! faults {
    ($($variant:ident $name:literal $severity:ident $meaning:literal $fix:literal $repair:literal)*) => {
        /// A kind of fault; its name and severity never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        /// Every fault that is looked for.
        pub const RULES: &[Rule] = &[
            $(Rule { code: Code::$variant, name: $name, severity: Severity::$severity, meaning: $meaning, fix: $fix, repair: $repair },)*
        ];
    };
}

faults! {
    Syntax "syntax" Error
        "The text is not what its format asks for, as an unbalanced bracket or a text without its end."
        "Go to the line and column." ""
    Encoding "encoding" Error
        "The file is not UTF-8 text."
        "Save it as UTF-8." ""
    TooLarge "too-large" Error
        "The file, or all files that it refers to, are larger than a tree can sensibly be, or hold more than 1,000,000 classes."
        "Split it, or leave out what is no class." ""
    UnknownFormat "unknown-format" Error
        "Neither the content nor the name tells a format that can be read."
        "Give the format with `--from`." ""
    MisspeltField "misspelt-field" Error
        "A field that the format does not have, but nearly: other programs pass over it in silence, with all classes in it."
        "Write it as suggested." "a misspelt `subclasses` that holds classes is read as `subclasses`, any other is left out"
    UnknownField "unknown-field" Error
        "A field that the format does not have."
        "Take it away, or write it as a note." ""
    ForeignField "foreign-field" Warning
        "A field that tdtax does not define and Taxonova does not know."
        "Nothing, if another program needs it; it is not read." "left out"
    RepeatedField "repeated-field" Error
        "A field that is given twice: only one of the two can be meant."
        "Keep one of the two." "the first is kept"
    BadValue "bad-value" Error
        "A value of the wrong kind, as a text where there should be a list."
        "Write it as the message says." "left out; but a text in the place of a class is taken as its name"
    MissingName "missing-name" Error
        "A class without a name."
        "Give it a name that no other class has." "named `unnamed`, with a number"
    ControlCharacter "control-character" Error
        "A name with control characters or invisible ones, which can hide or reorder what a terminal shows."
        "Take them away." "they become spaces"
    NameForm "name-form" Error
        "A name that is too long, holds ` > `, or has white space at an end."
        "Shorten it, write it otherwise, or take the white space away." "cut, ` > ` becomes ` / `, white space is taken away"
    DuplicateName "duplicate-name" Error
        "Two classes of the same name: a label that says it could mean either."
        "Rename one, or merge the two." "the second is called `NAME (2)`, and so on"
    AmbiguousAlias "ambiguous-alias" Error
        "An alias, or absorbed label, of two classes: a label that says it could mean either."
        "Take it away from all but one." "taken away from all of them, but kept by the first of classes of the same name"
    AliasIsName "alias-is-name" Error
        "An alias, or absorbed label, of one class that is the name of another."
        "Take the alias away, or rename the other class." "the alias is taken away"
    RepeatedLabel "repeated-label" Error
        "A label given twice on one class."
        "Once is enough." "once is kept"
    RedundantAlias "redundant-alias" Note
        "An alias that is the name of its own class, or is given twice."
        "Nothing must be done." "once is kept"
    ResidualName "residual-name" Error
        "`other NAME` is kept for what is NAME and in none of its children."
        "Mark NAME as not exhaustive instead, or choose another name." "an alias is taken away, a class gets a number"
    BadLineage "bad-lineage" Error
        "A lineage id that is given twice or can't be one."
        "Leave it out: it is then made from the name." "a new one is made from the name"
    LooselyEqual "loosely-equal" Warning
        "Labels of two classes that differ only in case, white space, `-` or `_`: a label in any other spelling matches neither."
        "Rename one, if they are the same to your data." ""
    SeveralRoots "several-roots" Error
        "More than one class without a parent: the others can't be reached from the first."
        "Put them under one class." "a new root `Object` is put above them"
    TwoParents "two-parents" Error
        "A class under two parents: a tree allows one."
        "Keep one of the two rows." "it stays under the first"
    RepeatedEdge "repeated-edge" Warning
        "The same parent and child twice."
        "Once is enough." "once is kept"
    Cycle "cycle" Error
        "Classes that are their own ancestors."
        "Take one of the rows away." ""
    Unreachable "unreachable" Error
        "A class that can't be reached from the root, because it hangs on a cycle."
        "Mend the cycle." ""
    BadIndent "bad-indent" Error
        "A line whose indentation fits no line above it."
        "Indent it as its siblings, with the same tabs or spaces." ""
    MissingRef "missing-ref" Error
        "A `ref` to a file that is not there or can't be read."
        "Mend the path: it counts from the folder of the file that it stands in." ""
    RefOutside "ref-outside" Error
        "A `ref` to a file outside the folder of the first file."
        "Copy the file into the folder." ""
    RefLoop "ref-loop" Error
        "Files that refer to each other in a circle."
        "Take one of the refs away." ""
    RefTwice "ref-twice" Error
        "A file that is referred to twice: all its classes would be there twice."
        "Keep one of the refs." "the first is kept"
    UnreferencedFile "unreferenced-file" Warning
        "A file of classes in the same folder that no `ref` names: its classes can't be reached from the root."
        "Refer to it, or move it elsewhere." ""
    NotHeld "not-held" Note
        "Something in the file that a tree of classes does not hold, as branch lengths."
        "Nothing must be done." "left out"
    NoClasses "no-classes" Error
        "The root alone: there is nothing to tell apart."
        "Add at least two classes." ""
    SingleChild "single-child" Warning
        "A group of one class, whose conditional probability is always 1."
        "Mark the group as not exhaustive, or add a sibling." ""
    ExhaustiveLeaf "exhaustive-leaf" Note
        "A class without children that is marked as not exhaustive, which has no effect."
        "Nothing must be done." ""
    LabelsAtExhaustive "labels-at-exhaustive" Warning
        "An exhaustive group has more objects labelled exactly at it than in all its children: each is pressed into one of them."
        "Mark the group as not exhaustive, if many of them are none of its children." ""
    LabelsAboveLeaves "labels-above-leaves" Note
        "Objects are labelled exactly at an exhaustive group: they train only the path down to it."
        "Nothing must be done." ""
    EmptyResidual "empty-residual" Warning
        "A group that is not exhaustive, but nothing is labelled exactly at it: its residual has no examples."
        "Mark it as exhaustive, or count such objects." ""
    NoExamples "no-examples" Warning
        "A class without examples, in a tree with counts: its weight is 0 and it is never predicted."
        "Count examples, or let its parent absorb it." ""
    FewExamples "few-examples" Note
        "A class with fewer than 10 examples: hardly learnt, and its score hardly measured."
        "Let its parent absorb it, if more examples can't be had." ""
    TooManyNodes "too-many-nodes" Warning
        "More than 100,000 classes: training and the interface are not made for so many."
        "Cut the tree." ""
}

impl Code {
    /// The row of the table.
    pub fn rule(self) -> &'static Rule {
        // The table has one row per variant, in their order: the macro makes both, and a test checks it.
        RULES.get(self as usize).unwrap_or(&RULES[0])
    }

    /// The stable name.
    pub fn name(self) -> &'static str {
        self.rule().name
    }

    /// How grave.
    pub fn severity(self) -> Severity {
        self.rule().severity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let mut names = std::collections::HashSet::new();
        for (i, rule) in RULES.iter().enumerate() {
            assert_eq!(rule.code as usize, i);
            assert_eq!(rule.code.rule(), rule);
            assert!(names.insert(rule.name), "{} twice", rule.name);
            assert!(rule.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
            assert!(rule.meaning.ends_with('.') && rule.fix.ends_with('.'), "{}", rule.name);
            assert!(!rule.meaning.contains('|') && !rule.fix.contains('|') && !rule.repair.contains('|'));
        }
    }
}
