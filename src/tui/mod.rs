//! The interface in the terminal.
//!
//! Keys, the mouse and reports of the jobs are [`action::Action`]s. [`update::update`] alone changes the
//! [`state::State`] and returns [`effect::Effect`]s; [`view::draw`] draws the state. [`command::COMMANDS`] is the one
//! table of what can be done. [`jobs`] work on other threads, [`terminal`] takes the terminal and gives it back.

pub mod action;
mod alive;
mod app;
pub mod arrange;
pub mod batch;
mod clock;
pub mod command;
pub mod curve;
pub mod effect;
mod engine;
pub mod export;
pub mod figure;
pub mod file;
pub mod files;
pub mod input;
pub mod jobs;
pub mod journal;
pub mod judge;
pub mod keymap;
pub mod objects;
pub mod overlay;
pub mod palette;
pub mod reading;
pub mod refit;
pub mod said;
pub mod state;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod tree;
pub mod update;
pub mod view;
pub mod watch;
mod why;
pub mod widgets;

pub use app::{Options, RunError, run};
pub use effect::Leave;
pub use engine::{load, shipped};
