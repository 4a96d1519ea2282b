//! Filters of objects: `p>0.8 class:SN n>20 name:ZTF21*`. Reads an expression, finds its classes in a tree and asks it of
//! objects. Knows no screens, no files and no models: what an object is comes through [`Subject`].

mod bind;
mod fields;
mod glob;
mod parse;
#[cfg(test)]
mod tests;

pub use bind::{Filter, Number, Subject, Truth};
pub use fields::{FIELDS, Field, FieldInfo, Kind, RULES, by_name, markdown, names};
pub use parse::{Expr, Op, Term, Value, parse};

/// Why an expression can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {text}", place(*.at, *.at_end))]
pub struct FilterError {
    /// Where, in characters from 0.
    pub at: usize,
    /// It is the end of the expression: what is missing is still to be typed.
    pub at_end: bool,
    /// What was found, and what was expected.
    pub text: String,
}

fn place(at: usize, at_end: bool) -> String {
    if at_end { "at the end".into() } else { format!("at character {}", at + 1) }
}
