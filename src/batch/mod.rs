//! Classification of many objects: sources, parallel run, sinks, resume. Knows no screens and no arguments.
//!
//! A reader thread cuts the inputs into batches of fixed size (by rows, never by threads), worker threads
//! classify and render them, and the caller's thread writes them in order. So the same input gives the same
//! bytes whatever the number of threads, and memory is bounded by the batches in flight.

mod classifier;
pub mod encode;
mod engine;
pub mod failure_file;
pub mod job;
#[cfg(test)]
mod job_tests;
mod lists;
pub mod manifest;
pub mod merged;
pub mod number;
pub mod output;
pub mod packets;
mod parquet_rows;
pub mod parts;
pub mod paths;
pub mod pipeline;
#[cfg(test)]
mod pipeline_tests;
pub mod progress;
mod row;
pub mod settings;
pub mod shard;
mod sink;
mod spill;
pub mod summary;
mod table;
mod text_rows;
pub mod watch;

pub use classifier::{Classifier, Plan};
pub use engine::{Answer, Engine, ModelEngine};
pub use lists::ListRows;
pub use parquet_rows::{parquet_schema, record_batch, writer_properties};
pub use row::{Columns, Epoch, Row};
pub use table::write_rows;
pub use text_rows::{TextFormat, TextRenderer};

/// Rows of this plan in a format.
fn plan_renderer(format: output::Format, plan: &Plan) -> encode::Renderer {
    encode::Renderer::new(format, &plan.layout, plan.columns())
}
