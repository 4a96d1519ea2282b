//! Shapes of the series of a plot: they differ without colour too.

/// How a series looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Where there is room for symbols.
    pub symbol: char,
    /// Upper limits.
    pub limit: char,
    /// The symbol, in ASCII.
    pub ascii: char,
    /// Upper limits, in ASCII.
    pub ascii_limit: char,
    /// Small figure, as (dx, dy) in dots of braille.
    pub figure: &'static [(i32, i32)],
}

/// Looks by the place of a series.
pub static LOOKS: [Look; 6] = [
    Look { symbol: '●', limit: '▽', ascii: 'o', ascii_limit: 'v', figure: &[(0, 0), (1, 0), (0, 1), (1, 1)] },
    Look { symbol: '◆', limit: '▿', ascii: '*', ascii_limit: 'y', figure: &[(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)] },
    Look { symbol: '■', limit: '▼', ascii: '#', ascii_limit: 'V', figure: &[(0, 0), (-1, -1), (1, -1), (-1, 1), (1, 1)] },
    Look { symbol: '▲', limit: '▾', ascii: 'A', ascii_limit: 'w', figure: &[(0, -1), (0, 0), (0, 1)] },
    Look { symbol: '★', limit: '∇', ascii: '+', ascii_limit: 'Y', figure: &[(-1, 0), (0, 0), (1, 0)] },
    Look { symbol: '◇', limit: '∨', ascii: 'x', ascii_limit: 'u', figure: &[(-1, 0), (1, 0), (0, -1), (0, 1)] },
];

impl Look {
    /// The symbol of a measurement.
    pub fn symbol(&self, ascii: bool) -> char {
        if ascii { self.ascii } else { self.symbol }
    }

    /// The symbol of an upper limit.
    pub fn limit(&self, ascii: bool) -> char {
        if ascii { self.ascii_limit } else { self.limit }
    }
}
