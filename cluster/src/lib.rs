//! Taxonova on several machines: the classifier as a scalar function of a DataFusion Ballista cluster. The work is done by the
//! same library code as that of `taxonova classify`; here is only what brings rows to it and answers back.

pub mod classify;
pub mod client;
pub mod executor;
pub mod function;
pub mod models;
pub mod scheduler;
pub mod sql;
pub mod table_function;
