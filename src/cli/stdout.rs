//! Standard output for reports. A reader that closes the pipe (`| head`) ends the command quietly.

use super::exit::Failure;
use std::io::{ErrorKind, Write};

/// Writes all of `text`. True: written; false: nobody reads any more, so the command may stop.
pub fn print(text: &str) -> Result<bool, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(e) => Err(Failure::internal(anyhow::Error::new(e).context("can't write to standard output"))),
    }
}
