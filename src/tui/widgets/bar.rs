//! Horizontal bars in eighths of a column.

const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// A bar of `value` (0 to 1) in `columns`; whatever is more than nothing is seen, as an eighth at least.
pub fn bar(value: f64, columns: usize) -> String {
    let eighths = eighths(value, columns);
    let mut out: String = std::iter::repeat_n('█', eighths / 8).collect();
    if let Some(i) = (eighths % 8).checked_sub(1) {
        out.extend(EIGHTHS.get(i));
    }
    out
}

/// How many eighths of a column the bar takes.
pub fn eighths(value: f64, columns: usize) -> usize {
    if value.is_nan() || value <= 0.0 || columns == 0 {
        return 0;
    }
    ((value.min(1.0) * columns as f64 * 8.0).round() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eighths_of_columns() {
        assert_eq!(bar(1.0, 3), "███");
        assert_eq!(bar(0.5, 3), "█▌");
        assert_eq!(bar(0.0, 3), "");
        assert_eq!(bar(0.0001, 10), "▏");
        assert_eq!(bar(7.0, 2), "██");
        assert_eq!(bar(f64::NAN, 2), "");
        assert_eq!(bar(0.3, 0), "");
    }
}
