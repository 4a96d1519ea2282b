//! The interface in the terminal.
