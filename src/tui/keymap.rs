//! Keys: their names, and the map from (context, key) to command that is made from the command table.

use super::command::{COMMANDS, Cmd, Context};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::HashMap;

/// A key with its modifiers, normalised: Shift is part of a character, not a modifier of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Ctrl and Alt, and Shift for keys that are no characters.
    pub mods: KeyModifiers,
}

impl From<KeyEvent> for Key {
    fn from(e: KeyEvent) -> Self {
        let mut mods = e.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match e.code {
            KeyCode::Char(c) => {
                mods -= KeyModifiers::SHIFT;
                KeyCode::Char(if mods.contains(KeyModifiers::CONTROL) { c.to_ascii_lowercase() } else { c })
            }
            KeyCode::BackTab => {
                mods |= KeyModifiers::SHIFT;
                KeyCode::Tab
            }
            other => other,
        };
        Key { code, mods }
    }
}

impl Key {
    /// Reads a name as `q`, `ctrl-r`, `shift-tab`, `pagedown`, `space`.
    pub fn parse(name: &str) -> Option<Key> {
        let mut mods = KeyModifiers::NONE;
        let mut rest = name;
        loop {
            // A bare `-` or `ctrl--` is the key minus.
            let (modifier, tail) = match rest.split_once('-') {
                Some((m, t)) if !m.is_empty() && !t.is_empty() => (m, t),
                _ => break,
            };
            mods |= match modifier {
                "ctrl" => KeyModifiers::CONTROL,
                "alt" => KeyModifiers::ALT,
                "shift" => KeyModifiers::SHIFT,
                _ => return None,
            };
            rest = tail;
        }
        let code = match rest {
            "enter" => KeyCode::Enter,
            "esc" => KeyCode::Esc,
            "tab" => KeyCode::Tab,
            "space" => KeyCode::Char(' '),
            "backspace" => KeyCode::Backspace,
            "delete" => KeyCode::Delete,
            "up" => KeyCode::Up,
            "down" => KeyCode::Down,
            "left" => KeyCode::Left,
            "right" => KeyCode::Right,
            "home" => KeyCode::Home,
            "end" => KeyCode::End,
            "pageup" => KeyCode::PageUp,
            "pagedown" => KeyCode::PageDown,
            other => {
                let mut chars = other.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => KeyCode::Char(c),
                    _ => return None,
                }
            }
        };
        Some(Key { code, mods })
    }
}

/// How a key's name is written in hints and help.
pub fn label(name: &str) -> String {
    match name {
        "up" => "↑".into(),
        "down" => "↓".into(),
        "left" => "←".into(),
        "right" => "→".into(),
        "enter" => "enter".into(),
        "pageup" => "PgUp".into(),
        "pagedown" => "PgDn".into(),
        "home" => "Home".into(),
        "end" => "End".into(),
        "delete" => "Del".into(),
        other => other.into(),
    }
}

/// From (context, key) to command.
#[derive(Debug, Clone)]
pub struct Keymap {
    map: HashMap<(Context, Key), Cmd>,
}

impl Default for Keymap {
    /// The keys of the command table.
    fn default() -> Self {
        let mut map = HashMap::new();
        for command in COMMANDS {
            for key in command.keys.iter().filter_map(|k| Key::parse(k)) {
                for context in command.contexts {
                    map.insert((*context, key), command.id);
                }
            }
        }
        Keymap { map }
    }
}

impl Keymap {
    /// The command of a key: the context's own, then for panes the one that holds everywhere.
    pub fn lookup(&self, context: Context, key: Key) -> Option<Cmd> {
        let own = self.map.get(&(context, key)).copied();
        if own.is_some() || !context.is_pane() {
            return own;
        }
        self.map.get(&(Context::Any, key)).copied()
    }

    /// Panes other than `context` in which the key means something: to say so.
    pub fn elsewhere(&self, context: Context, key: Key) -> Option<(Context, Cmd)> {
        [Context::Taxonomy, Context::Objects, Context::Curve]
            .into_iter()
            .filter(|c| *c != context)
            .find_map(|c| self.map.get(&(c, key)).map(|cmd| (c, *cmd)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_keys() {
        let key = |code, mods| Some(Key { code, mods });
        assert_eq!(Key::parse("q"), key(KeyCode::Char('q'), KeyModifiers::NONE));
        assert_eq!(Key::parse("-"), key(KeyCode::Char('-'), KeyModifiers::NONE));
        assert_eq!(Key::parse("ctrl-r"), key(KeyCode::Char('r'), KeyModifiers::CONTROL));
        assert_eq!(Key::parse("shift-tab"), key(KeyCode::Tab, KeyModifiers::SHIFT));
        assert_eq!(Key::parse("hyper-q"), None);
        assert_eq!(Key::parse("quit"), None);
    }

    #[test]
    fn events_are_normalised() {
        let event = |code, mods| Key::from(KeyEvent::new(code, mods));
        assert_eq!(Some(event(KeyCode::Char('U'), KeyModifiers::SHIFT)), Key::parse("U"));
        assert_eq!(Some(event(KeyCode::BackTab, KeyModifiers::SHIFT)), Key::parse("shift-tab"));
        assert_eq!(Some(event(KeyCode::Char('R'), KeyModifiers::CONTROL | KeyModifiers::SHIFT)), Key::parse("ctrl-r"));
    }
}
