//! Failures: what went wrong, what to do about it, and the exit code that tells scripts which kind it is.

use std::fmt;
use std::path::Path;

/// The exit codes of kfk; they are part of its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything that was asked for is done.
    Success = 0,
    /// Something failed that is neither usage nor configuration, such as a file that cannot be written.
    Failure = 1,
    /// The command line, the project, its configuration or its pipeline export is wrong.
    Usage = 2,
}

/// A failure that a person can act on.
///
/// Its message is a fragment in lower case without a full stop, as it stands behind `error: `.
#[derive(Debug)]
pub struct Failure {
    message: String,
    hint: Option<String>,
    exit: Exit,
}

impl Failure {
    /// A failure of the command line, the project, its configuration or its pipeline export.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            exit: Exit::Usage,
        }
    }

    /// Any other failure.
    pub fn other(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            exit: Exit::Failure,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The exit code that an error ends the program with.
///
/// A reader that closed the pipe has what it wanted, so a broken pipe is a success.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    let broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(broken_pipe) {
        return Exit::Success;
    }
    failure_in(error).map_or(Exit::Failure, |failure| failure.exit)
}

/// What to do about an error, where that is known.
pub fn hint_of(error: &anyhow::Error) -> Option<&str> {
    failure_in(error)?.hint.as_deref()
}

fn failure_in(error: &anyhow::Error) -> Option<&Failure> {
    error
        .chain()
        .find_map(|cause| cause.downcast_ref::<Failure>())
}

/// A file and a line as people and editors write it: `conf/base/kubeflow.yaml:12`; without a line where it is 0.
pub fn place(file: &Path, line: usize) -> String {
    if line == 0 {
        file.display().to_string()
    } else {
        format!("{}:{line}", file.display())
    }
}
