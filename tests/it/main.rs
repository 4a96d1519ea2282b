//! All integration tests, in one binary because each links the whole program.

mod classify;
mod common;
mod evaluate;
mod inspect;
mod packaging;
mod readers;
mod simulate;
mod taxonomy_cli;
mod taxonomy_docs;
mod taxonomy_formats;
mod training;
mod tui_fake;
mod tui_pty;
mod tui_update;
mod tui_view;
