//! One file for each command: its arguments, and what it does.

pub mod compile;
pub mod init;
pub mod ui;

use std::path::PathBuf;

use crate::output::Output;

/// What all commands share.
#[derive(Debug)]
pub struct Context {
    /// Where to look for the project.
    pub start: PathBuf,
    /// The Kedro environment.
    pub environment: String,
    /// The pipeline export, where it was named.
    pub pipeline_json: Option<PathBuf>,
    /// The environment variables of this process that are text.
    pub variables: Vec<(String, String)>,
    /// Where words go.
    pub output: Output,
}
