//! The exit codes, which scripts depend on.

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All done.
    Done = 0,
    /// Done, but some inputs were unreadable, or a check found errors.
    Partly = 1,
    /// Bad usage, or nothing could be read.
    Usage = 2,
    /// The output could not be written, or an internal error.
    Internal = 3,
    /// Interrupted (Ctrl-C).
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(e: Exit) -> Self {
        std::process::ExitCode::from(e as u8)
    }
}

/// An error that already knows its exit code.
#[derive(Debug)]
pub struct Failure {
    /// What to exit with.
    pub exit: Exit,
    /// What to say on standard error, one line or a few.
    pub error: anyhow::Error,
}

impl Failure {
    /// Bad usage, or nothing could be read.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Failure { exit: Exit::Usage, error: error.into() }
    }

    /// Output or internal error.
    pub fn internal(error: impl Into<anyhow::Error>) -> Self {
        Failure { exit: Exit::Internal, error: error.into() }
    }
}

/// What a subcommand returns.
pub type CommandResult = Result<Exit, Failure>;
