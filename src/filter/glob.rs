//! Patterns for text: a part, or `*` and `?` for all of it. In any case of ASCII letters. Knows nothing of fields.

/// A pattern, ready to be matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    letters: Vec<char>,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// Somewhere in the text.
    Part,
    /// All of the text, with wildcards.
    Glob,
    /// All of the text as it is.
    All,
}

fn lower(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

impl Pattern {
    /// `text` with wildcards is a pattern for all, without them a part.
    pub fn new(text: &str) -> Pattern {
        let how = if text.contains(['*', '?']) { How::Glob } else { How::Part };
        Pattern { letters: text.chars().map(lower).collect(), how }
    }

    /// All of the text; wildcards are wildcards here too.
    pub fn whole(text: &str) -> Pattern {
        let how = if text.contains(['*', '?']) { How::Glob } else { How::All };
        Pattern { letters: text.chars().map(lower).collect(), how }
    }

    /// Whether the text matches.
    pub fn matches(&self, text: &str) -> bool {
        match self.how {
            How::All => self.letters.iter().copied().eq(text.chars().map(lower)),
            How::Part => {
                let mut rest = text.chars();
                loop {
                    let mut at = rest.clone().map(lower);
                    if self.letters.iter().all(|c| at.next() == Some(*c)) {
                        return true;
                    }
                    if rest.next().is_none() {
                        return false;
                    }
                }
            }
            How::Glob => self.glob(text),
        }
    }

    /// Goes back to the last `*` only, so that the time is bounded by the product of the lengths.
    fn glob(&self, text: &str) -> bool {
        let mut rest = text.chars();
        let mut at = 0;
        let mut star: Option<(usize, std::str::Chars)> = None;
        loop {
            match self.letters.get(at) {
                Some('*') => {
                    star = Some((at, rest.clone()));
                    at += 1;
                    continue;
                }
                Some(want) if rest.next().is_some_and(|c| *want == '?' || *want == lower(c)) => {
                    at += 1;
                    continue;
                }
                None if rest.as_str().is_empty() => return true,
                _ => {}
            }
            // Here it does not match: the last star takes one more.
            let Some((place, from)) = &mut star else { return false };
            if from.next().is_none() {
                return false;
            }
            at = *place + 1;
            rest = from.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_patterns_and_wholes() {
        let p = |t: &str, s: &str| Pattern::new(t).matches(s);
        assert!(p("tf2", "ZTF21aaa") && !p("tf3", "ZTF21aaa"));
        assert!(p("ZTF21*", "ztf21aaa") && !p("ZTF21*", "xztf21"));
        assert!(p("*a", "ba") && p("*a*b*", "xxaxxb") && !p("*a*b*", "xxbxxa") && p("*", "") && p("a?c", "aδc") && !p("a?c", "ac"));
        assert!(p("", "anything"));
        assert!(Pattern::whole("Ztf").matches("zTF") && !Pattern::whole("ztf").matches("ztf2") && Pattern::whole("z*").matches("ztf2"));
        // Many stars take no exponential time.
        let long = "a".repeat(2000);
        assert!(!p(&format!("{}b", "a*".repeat(200)), &long));
    }
}
