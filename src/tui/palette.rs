//! The palette: commands by a few letters of their names. Knows nothing of the screen.

use super::command::{COMMANDS, Cmd, Command};

/// Commands of the palette that match what was typed, best first.
pub fn palette_matches(typed: &str) -> Vec<&'static Command> {
    let mut found: Vec<(i32, usize, &Command)> = COMMANDS
        .iter()
        .filter(|c| c.in_palette())
        .enumerate()
        .filter_map(|(i, c)| {
            let score = fuzzy(typed, c.title).into_iter().chain(fuzzy(typed, c.name)).chain(fuzzy(typed, c.doc).map(|s| s - 40)).max()?;
            Some((score, i, c))
        })
        .collect();
    found.sort_by_key(|(score, i, _)| (-score, *i));
    found.into_iter().map(|(_, _, c)| c).collect()
}

/// How well the letters of `typed` appear in `text`, in this order; none if they don't. Letters that
/// follow each other or start a word count more, gaps count less.
pub fn fuzzy(typed: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let typed: Vec<char> = typed.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    if typed.is_empty() {
        return Some(0);
    }
    // The best over all places of the first letter; the rest is matched greedily.
    (0..text.len())
        .filter(|i| text.get(*i) == typed.first())
        .filter_map(|start| {
            let mut score = 0;
            let mut at = start;
            let mut previous: Option<usize> = None;
            for letter in &typed {
                let found = (at..text.len()).find(|i| text.get(*i) == Some(letter))?;
                let starts_word = found == 0 || text.get(found - 1).is_some_and(|c| !c.is_alphanumeric());
                score += 4 + if starts_word { 6 } else { 0 };
                score += match previous {
                    Some(p) if p + 1 == found => 5,
                    Some(p) => -((found - p) as i32).min(8),
                    None => 0,
                };
                previous = Some(found);
                at = found + 1;
            }
            Some(score - (text.len() as i32) / 16)
        })
        .max()
}

impl Cmd {
    /// Shorthand for tests and messages.
    pub fn title(self) -> &'static str {
        self.command().title
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuzzy_search() {
        assert_eq!(fuzzy("xyz", "Save the tree"), None);
        assert_eq!(fuzzy("", "Save"), Some(0));
        assert!(fuzzy("save", "Save the tree") > fuzzy("save", "Stay and leave"));
        assert!(fuzzy("und", "Undo") > fuzzy("und", "Fold or unfold it"));
        let first = |typed| palette_matches(typed).first().map(|c| c.id);
        assert_eq!(first("undo"), Some(Cmd::Undo));
        assert_eq!(first("save as"), Some(Cmd::SaveAs));
        assert_eq!(first("add child"), Some(Cmd::AddChild));
        assert_eq!(first("err bars"), Some(Cmd::ErrorBars));
        assert_eq!(palette_matches("qqqq").len(), 0);
    }
}
