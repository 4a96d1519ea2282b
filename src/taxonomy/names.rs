//! What a name may be, how names are compared loosely, and how they are shown. Knows no tree.

/// Joins the names of a path (`SN > SN Ia`), so no name may contain it.
pub const PATH_SEPARATOR: &str = " > ";
/// A residual is called so, followed by its parent's name.
pub const RESIDUAL_PREFIX: &str = "other ";
/// Readers stop beyond so many classes, so that no file fills the memory: ten times what training is made for.
pub const MAX_CLASSES: usize = 1_000_000;
/// As [`MAX_CLASSES`], for what is no class: cells, labels, values of any kind.
pub const MAX_VALUES: usize = 4_000_000;
/// What a reader says that stops for [`MAX_CLASSES`] or [`MAX_VALUES`].
pub const SPLIT_IT: &str = "a tree's file holds classes alone: split it, or leave out what is no class";

/// Longest name in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// Why a text can't be a name, an alias or an absorbed label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or only white space.
    #[error("a name can't be empty")]
    Empty,
    /// White space at an end.
    #[error("`{}` begins or ends with white space: take it away", printable(.0))]
    Untrimmed(String),
    /// Control characters, and those that reorder or hide text.
    #[error("`{}` holds the control or invisible character U+{:04X}: take it away", printable(.0), *.1 as u32)]
    Control(String, char),
    /// The separator of paths, or a part of it at an end.
    #[error("`{}` holds ` > `, which separates the names of a path: write it otherwise", printable(.0))]
    Separator(String),
    /// Longer than [`MAX_NAME_CHARS`].
    #[error("a name of {0} characters is too long: at most {MAX_NAME_CHARS}")]
    TooLong(usize),
}

/// Whether `name` may be a node's name, alias or absorbed label. Says nothing about whether it is taken.
pub fn check_name(name: &str) -> Result<(), NameError> {
    if name.trim().is_empty() {
        return Err(NameError::Empty);
    }
    // The length first: no message repeats a name of megabytes.
    let chars = name.chars().count();
    if chars > MAX_NAME_CHARS {
        return Err(NameError::TooLong(chars));
    }
    if let Some(c) = name.chars().find(|c| is_unprintable(*c)) {
        return Err(NameError::Control(name.to_string(), c));
    }
    if name.trim() != name {
        return Err(NameError::Untrimmed(name.to_string()));
    }
    if name.contains(PATH_SEPARATOR) || name.starts_with("> ") || name.ends_with(" >") {
        return Err(NameError::Separator(name.to_string()));
    }
    Ok(())
}

/// Whether `text` may be a note, a title or a citation: as names, but newlines, any length and nothing at all are fine.
pub fn check_text(text: &str) -> Result<(), NameError> {
    match text.chars().find(|c| *c != '\n' && is_unprintable(*c)) {
        Some(c) => Err(NameError::Control(text.chars().take(40).collect(), c)),
        None => Ok(()),
    }
}

/// Control characters, and the invisible ones that reorder, join or hide text on a terminal.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// `text` with unprintable characters escaped, so that it can go to a terminal.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unprintable(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// The key of loose comparison: without regard to case, white space, `-` and `_`.
pub fn loose_key(label: &str) -> String {
    label.chars().filter(|c| !c.is_whitespace() && *c != '-' && *c != '_').flat_map(char::to_lowercase).collect()
}

/// A readable lineage id for a name: lower-case letters and digits, all else one `-`. A name of signs alone is spelt by the
/// numbers of its characters, so that `**` and `++` are not taken for each other.
pub fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase().filter(|l| l.is_alphanumeric()));
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    while out.ends_with('-') {
        out.pop();
    }
    if out.is_empty() {
        const SPELT: usize = 24;
        let codes: Vec<String> = name.chars().filter(|c| !c.is_whitespace()).take(SPELT).map(|c| format!("{:x}", c as u32)).collect();
        return if codes.is_empty() { NO_LETTERS.to_string() } else { format!("u{}", codes.join("-")) };
    }
    out
}

/// The lineage id of what has no name to make one from. Files of early versions have it for names of signs alone.
const NO_LETTERS: &str = "node";

/// Whether a lineage id may have been made from the name: it is the name's slug, or that with a number behind it.
pub fn is_made_from(lineage: &str, name: &str) -> bool {
    without_number(lineage, &slug(name))
}

/// Whether a lineage id says nothing of any name.
pub fn says_nothing(lineage: &str) -> bool {
    without_number(lineage, NO_LETTERS)
}

fn without_number(lineage: &str, base: &str) -> bool {
    match lineage.strip_prefix(base) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('-').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())),
        None => false,
    }
}

/// Whether a text can be a lineage id: no white space, no unprintable character, and no `/`, which marks residuals.
pub fn is_lineage(lineage: &str) -> bool {
    !lineage.is_empty()
        && lineage.len() <= 4 * MAX_NAME_CHARS
        && !lineage.chars().any(|c| c == '/' || c.is_whitespace() || is_unprintable(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_refused() {
        assert_eq!(check_name(""), Err(NameError::Empty));
        assert_eq!(check_name("  "), Err(NameError::Empty));
        assert!(matches!(check_name(" SN"), Err(NameError::Untrimmed(_))));
        assert!(matches!(check_name("SN\u{1b}[31m"), Err(NameError::Control(_, '\u{1b}'))));
        assert!(matches!(check_name("SN\nIa"), Err(NameError::Control(_, '\n'))));
        assert!(matches!(check_name("a\u{202e}b"), Err(NameError::Control(_, '\u{202e}'))));
        assert!(matches!(check_name("SN > Ia"), Err(NameError::Separator(_))));
        assert!(matches!(check_name("> Ia"), Err(NameError::Separator(_))));
        assert!(matches!(check_name(&"x".repeat(201)), Err(NameError::TooLong(201))));
        for good in ["SN Ia", "**", "OH/IR", "SN Ib/c", "a>b", "Em*", "δ Sct", "x"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        assert!(!check_name("SN\u{1b}[31m").unwrap_err().to_string().contains('\u{1b}'));
    }

    #[test]
    fn slugs_and_keys() {
        assert_eq!(slug("SN Ia-91T"), "sn-ia-91t");
        assert_eq!(slug("SN Ib/c"), "sn-ib-c");
        assert_eq!(slug("**"), "u2a-2a");
        assert_ne!(slug("++"), slug("**"));
        assert!(is_lineage(&slug(&"*".repeat(MAX_NAME_CHARS))));
        assert!(is_made_from("sn-ia", "SN Ia") && is_made_from("sn-ia-2", "SN Ia") && !is_made_from("sn-ia-x", "SN Ia"));
        assert!(says_nothing("node") && says_nothing("node-3") && !says_nothing("nodes") && !says_nothing("node-a"));
        assert_eq!(slug("Em*"), "em");
        assert_eq!(loose_key("SN II-P"), loose_key("sn_IIp"));
        assert_ne!(loose_key("SN Ib/c"), loose_key("SN Ibc"));
        assert!(is_lineage("sn-ia"));
        assert!(!is_lineage("sn/other"));
        assert!(!is_lineage(""));
        assert!(!is_lineage("sn ia"));
    }

    #[test]
    fn printable_leaves_no_control_character() {
        assert_eq!(printable("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(printable("δ *"), "δ *");
    }
}
