//! All integration tests, in one binary because each links the whole program.

mod classify;
mod common;
mod evaluate;
mod inspect;
mod packaging;
mod periods;
mod readers;
mod refit;
mod simulate;
mod taxonomy_cli;
mod taxonomy_diff;
mod taxonomy_docs;
mod taxonomy_formats;
mod taxonomy_map;
mod training;
mod tui_fake;
mod tui_file;
mod tui_journal;
mod tui_pty;
mod tui_update;
mod tui_view;
mod tui_workbench;
