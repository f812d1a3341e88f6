//! The only place that writes to stdout and stderr: data to stdout, everything else to stderr.

use std::io::{self, Write};

/// Where the program's words go.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    quiet: bool,
}

impl Output {
    /// With `quiet`, only data and errors are printed.
    pub fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// A line of data.
    ///
    /// # Errors
    /// Where stdout cannot be written to; a closed pipe is among them.
    pub fn data(self, line: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}")?;
        stdout.flush()
    }

    /// Data that is made while it is written, such as a workflow.
    ///
    /// # Errors
    /// As for [`Output::data`], and those of `write`.
    pub fn stream(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        write(&mut stdout)?;
        stdout.flush()
    }

    /// Something that was done, or that to do next.
    pub fn note(self, line: &str) {
        if !self.quiet {
            say(line);
        }
    }

    /// Something that the reader may want to mend.
    pub fn warn(self, warning: &str) {
        if !self.quiet {
            say(&format!("warning: {warning}"));
        }
    }

    /// The same for several.
    pub fn warn_all(self, warnings: &[String]) {
        for warning in warnings {
            self.warn(warning);
        }
    }

    /// Why the program ends without success, and what to do.
    pub fn error(self, error: &anyhow::Error, hint: Option<&str>) {
        say(&format!("error: {error:#}"));
        if let Some(hint) = hint {
            say(&format!("\nhint: {hint}"));
        }
    }
}

/// Where the log goes.
pub fn log() -> impl Write {
    io::stderr()
}

/// A line on stderr. That nobody hears it changes nothing about what was done, nor the exit code.
fn say(line: &str) {
    writeln!(io::stderr().lock(), "{line}").unwrap_or_default();
}
