//! Plots of a few points, as text.

use super::*;

fn plot<'a>(series: &'a [Series<'a>], reversed: bool) -> Plot<'a> {
    let plain = Style::new();
    Plot {
        series,
        x: (0.0, 10.0),
        y: (18.0, 20.0),
        reversed,
        bars: Bars::Faint,
        symbols: Some(true),
        dots: Dots::Braille,
        first_unknown: u32::MAX,
        chosen: None,
        emphasis: &[],
        margin: 0,
        cursor: None,
        zero: None,
        axis: plain,
        faint: plain,
        cursor_style: plain,
    }
}

fn lines(plot: &Plot, width: u16, height: u16) -> Vec<String> {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    plot.render(area, &mut buf);
    (0..height).map(|y| (0..width).map(|x| buf[(x, y)].symbol().to_string()).collect::<String>().trim_end().to_string()).collect()
}

fn point(x: f64, y: f64, e: f64) -> Point {
    Point { x, y, low: y - e, high: y + e, id: 0 }
}

#[test]
fn bright_is_up_on_a_reversed_axis() {
    let points = [point(0.0, 18.0, 0.0), point(10.0, 20.0, 0.0)];
    let series = [Series { style: Style::new(), look: LOOKS[0], points: &points, limits: &[] }];
    let up = lines(&plot(&series, true), 26, 8);
    assert!(up[0].contains('●') && up[0].find('●').unwrap() < 12, "{up:#?}");
    assert!(up[5].contains('●'));
    assert!(up[0].trim_start().starts_with("18") && up[5].trim_start().starts_with("20"), "{up:#?}");
    let down = lines(&plot(&series, false), 26, 8);
    assert!(down[0].trim_start().starts_with("20"), "{down:#?}");
    assert!(down[5].contains('●') && down[5].find('●').unwrap() < 20);
}

#[test]
fn limits_error_bars_and_cursor() {
    let points = [point(5.0, 19.0, 0.9)];
    let limits = [point(1.0, 19.9, 0.0)];
    let series = [Series { style: Style::new(), look: LOOKS[1], points: &points, limits: &limits }];
    let mut p = plot(&series, true);
    let shown = lines(&p, 30, 10).join("\n");
    assert!(shown.contains('◆') && shown.contains('▿') && shown.contains('⢸'), "{shown}");
    p.bars = Bars::Off;
    assert!(!lines(&p, 30, 10).join("\n").contains('⢸'));
    p.cursor = Some(9.0);
    assert!(lines(&p, 30, 10).iter().filter(|l| l.contains('⡇') || l.contains('⢸')).count() >= 7);
}

#[test]
fn too_small_draws_nothing_and_a_single_point_is_in_the_middle() {
    let points = [point(3.0, 19.0, 0.0)];
    let series = [Series { style: Style::new(), look: LOOKS[0], points: &points, limits: &[] }];
    let mut p = plot(&series, true);
    assert!(lines(&p, 8, 3).iter().all(String::is_empty));
    p.x = (3.0, 3.0);
    let shown = lines(&p, 30, 10);
    let row = shown.iter().find(|l| l.contains('●')).unwrap();
    let at = row.chars().position(|c| c == '●').unwrap();
    assert!((14..20).contains(&at), "{shown:#?}");
}

#[test]
fn many_points_fill_columns() {
    let points: Vec<Point> = (0..20_000).map(|i| point(f64::from(i) / 2000.0, 19.0 + 0.5 * f64::from(i).sin(), 0.1)).collect();
    let series = [Series { style: Style::new(), look: LOOKS[0], points: &points, limits: &[] }];
    let mut p = plot(&series, true);
    p.symbols = None;
    let shown = lines(&p, 60, 20).join("\n");
    assert!(!shown.contains('●') && shown.matches('⣿').count() > 100, "{shown}");
}
