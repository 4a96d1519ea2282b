//! Many answers about parts of one light curve: inputs are made and run by the batch, and the caller can end it between two of them.
//! Knows nothing of which parts those are.

use super::session::BATCH;
use super::{Input, ModelError, Session};
use std::sync::atomic::{AtomicBool, Ordering};

/// P per slot of the model's layout for `n` inputs, which `input` makes one by one. None if `cancel` was set on the way.
pub(super) fn run_parts(
    session: &mut Session,
    n: usize,
    cancel: &AtomicBool,
    mut input: impl FnMut(usize) -> Input,
) -> Result<Option<Vec<Vec<f64>>>, ModelError> {
    let mut answers = Vec::with_capacity(n);
    let mut from = 0;
    while from < n {
        let to = (from + BATCH).min(n);
        let mut inputs = Vec::with_capacity(to - from);
        for i in from..to {
            if cancel.load(Ordering::Relaxed) {
                return Ok(None);
            }
            inputs.push(input(i));
        }
        answers.extend(session.run(&inputs)?.into_iter().map(|o| o.p));
        from = to;
    }
    Ok(Some(answers))
}
