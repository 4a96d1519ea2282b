//! Where the panes lie: three columns on a wide screen; on a narrow one the light curve below the objects, beside the tree.

use crate::tui::state::{Pane, State};
use crate::tui::tree::Columns;
use ratatui::layout::Rect;

/// The panes that are seen.
pub struct Panes {
    /// Objects.
    pub objects: Option<Rect>,
    /// Taxonomy.
    pub taxonomy: Option<Rect>,
    /// Light curve.
    pub curve: Option<Rect>,
}

/// From this width on there are three columns.
const WIDE: u16 = 100;

/// Divides the screen between title and status line.
pub fn panes(area: Rect, state: &State) -> Panes {
    if state.zoom {
        let only = |pane| (state.focus == pane).then_some(area);
        return Panes { objects: only(Pane::Objects), taxonomy: only(Pane::Taxonomy), curve: only(Pane::Curve) };
    }
    let given = |base: u16, extra: i16, least: u16, most: u16| base.saturating_add_signed(extra).clamp(least, most.max(least));
    if area.width >= WIDE {
        let objects = given((area.width * 25 / 100).clamp(26, 38), state.split.0, 16, area.width - 60);
        // All columns of the weights want more room than bars.
        let share = if state.tree.columns == Columns::Weights { 60 } else { 46 };
        let taxonomy = given((area.width * share / 100).clamp(46, 84), state.split.1, 28, area.width - objects - 24);
        let x = area.x + objects;
        return Panes {
            objects: Some(Rect { width: objects, ..area }),
            taxonomy: Some(Rect { x, width: taxonomy, ..area }),
            curve: Some(Rect { x: x + taxonomy, width: area.width - objects - taxonomy, ..area }),
        };
    }
    let left = given(area.width * 42 / 100, state.split.0.saturating_sub(state.split.1), 22, area.width - 30);
    let upper = (area.height * 9 / 20).max(5);
    Panes {
        objects: Some(Rect { width: left, height: upper, ..area }),
        curve: Some(Rect { y: area.y + upper, width: left, height: area.height - upper, ..area }),
        taxonomy: Some(Rect { x: area.x + left, width: area.width - left, ..area }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::state::Source;
    use crate::tui::theme::{Theme, ThemeName};

    #[test]
    fn panes_cover_the_screen_whatever_the_user_wants() {
        let source = Source { title: "t".into(), simulated: false, reading: None };
        let mut state = State::new(Theme::new(ThemeName::Dark), source);
        for (w, h) in [(60, 13), (80, 21), (99, 21), (100, 40), (120, 37), (160, 47), (400, 100)] {
            for split in [(0, 0), (200, 200), (-200, -200), (200, -200), (-200, 200)] {
                state.split = split;
                let area = Rect::new(0, 1, w, h);
                let p = panes(area, &state);
                let all = [p.objects.unwrap(), p.taxonomy.unwrap(), p.curve.unwrap()];
                assert_eq!(all.iter().map(|r| r.area()).sum::<u32>(), area.area(), "{w}x{h} {split:?}");
                for r in all {
                    assert!(area.contains(r.as_position()) && r.right() <= area.right() && r.bottom() <= area.bottom());
                    assert!(r.width >= 16 && r.height >= 5, "{w}x{h} {split:?} {r:?}");
                }
            }
        }
    }
}
