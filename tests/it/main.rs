//! All integration tests, in one binary because each links the whole program.

mod classify;
mod classify_merge;
mod common;
mod evaluate;
mod format_docs;
mod inspect;
mod packaging;
mod readers;
mod readers_binary;
mod refit;
mod simulate;
mod taxonomy_cli;
mod taxonomy_diff;
mod taxonomy_docs;
mod taxonomy_formats;
mod taxonomy_map;
mod training;
mod tui_curve;
mod tui_fake;
mod tui_file;
mod tui_journal;
mod tui_objects;
mod tui_pty;
mod tui_update;
mod tui_view;
mod tui_workbench;
