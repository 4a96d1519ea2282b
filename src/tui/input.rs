//! A line of text that is being typed. Knows nothing of what it is for.

use super::text;

/// The text and where its cursor is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    /// Byte offset, always at a character's border.
    cursor: usize,
}

impl Input {
    /// Starts with a text, the cursor at its end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Input { cursor: text.len(), text }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The part before the cursor.
    pub fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Types a text, as a paste does; control characters are left out, a line break becomes a blank.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars() {
            let c = if matches!(c, '\n' | '\t') { ' ' } else { c };
            if !c.is_control() {
                self.text.insert(self.cursor, c);
                self.cursor += c.len_utf8();
            }
        }
    }

    /// A character left.
    pub fn left(&mut self) {
        self.cursor -= self.before().chars().next_back().map_or(0, char::len_utf8);
    }

    /// A character right.
    pub fn right(&mut self) {
        self.cursor += self.text[self.cursor..].chars().next().map_or(0, char::len_utf8);
    }

    /// To the start.
    pub fn start(&mut self) {
        self.cursor = 0;
    }

    /// To the end.
    pub fn end(&mut self) {
        self.cursor = self.text.len();
    }

    /// Deletes the character before the cursor.
    pub fn backspace(&mut self) {
        let end = self.cursor;
        self.left();
        self.text.replace_range(self.cursor..end, "");
    }

    /// Deletes the character under the cursor.
    pub fn delete(&mut self) {
        if self.cursor < self.text.len() {
            self.text.remove(self.cursor);
        }
    }

    /// Deletes the word before the cursor, and the blanks after it.
    pub fn delete_word(&mut self) {
        let before = self.before();
        let word = before.trim_end();
        let keep = word.char_indices().rev().find(|(_, c)| c.is_whitespace() || *c == '/').map_or(0, |(i, c)| i + c.len_utf8());
        // On a border itself, as behind the last `/` of a path, that border goes as well.
        let keep = if keep == word.len() { word.char_indices().next_back().map_or(0, |(i, _)| i) } else { keep };
        let end = self.cursor;
        self.text.replace_range(keep..end, "");
        self.cursor = keep;
    }

    /// Deletes everything before the cursor.
    pub fn clear(&mut self) {
        self.text.replace_range(..self.cursor, "");
        self.cursor = 0;
    }

    /// The part that fits into `columns` with the cursor in it, and the cursor's column.
    pub fn window(&self, columns: usize) -> (String, usize) {
        let before = text::clean(self.before()).into_owned();
        let after = text::clean(&self.text[self.cursor..]).into_owned();
        let room = columns.saturating_sub(1);
        let shown = text::fit_end(&before, room);
        let at = text::width(&shown);
        (format!("{shown}{}", text::fit(&after, columns.saturating_sub(at))), at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_and_deleting() {
        let mut i = Input::new("SN II");
        i.insert("n\n\x1b");
        assert_eq!(i.text(), "SN IIn ");
        i.delete_word();
        assert_eq!(i.text(), "SN ");
        i.insert("δ超");
        i.left();
        i.backspace();
        assert_eq!(i.text(), "SN 超");
        i.delete();
        assert_eq!(i.text(), "SN ");
        i.delete();
        i.start();
        i.right();
        i.clear();
        assert_eq!((i.text(), i.before()), ("N ", ""));
        i.left();
        i.backspace();
        assert_eq!(i.text(), "N ");
    }

    #[test]
    fn a_path_loses_its_last_part() {
        let mut i = Input::new("/home/me/trees/a.json");
        i.delete_word();
        assert_eq!(i.text(), "/home/me/trees/");
        i.delete_word();
        assert_eq!(i.text(), "/home/me/trees");
    }

    #[test]
    fn long_text_scrolls() {
        let i = Input::new("0123456789");
        assert_eq!(i.window(6), ("…6789".into(), 5));
        let mut i = i;
        i.start();
        assert_eq!(i.window(6), ("01234…".into(), 0));
    }
}
