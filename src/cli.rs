//! The command line: its flags, and which command they call.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use clap::{ArgAction, Parser, Subcommand};

use crate::commands::{Context, compile, init, ui};
use crate::failure::Failure;
use crate::output::Output;

/// Takes a Kedro project to Kubeflow
#[derive(Debug, Parser)]
#[command(
    name = "kfk",
    version,
    max_term_width = 100,
    after_help = "\
Examples:
  kfk init https://kubeflow.example.com/pipeline
  kfk compile
  kfk -e prod compile --pipeline data_science -o -

Exit codes: 0 success, 1 failure, 2 wrong usage, configuration or export"
)]
pub struct Arguments {
    /// Kedro environment: conf/ENV overlays conf/base
    #[arg(
        short,
        long,
        value_name = "ENV",
        env = "KEDRO_ENV",
        hide_env_values = true,
        default_value = "local",
        global = true,
        help_heading = "Global options"
    )]
    env: OsString,

    /// Folder to look for the Kedro project in, and above
    #[arg(
        short = 'C',
        long,
        value_name = "DIR",
        default_value = ".",
        global = true,
        help_heading = "Global options"
    )]
    project: PathBuf,

    /// JSON export of the pipelines; `-` is standard input [default: pipeline.json in the project]
    #[arg(
        long,
        value_name = "FILE",
        env = "KFK_PIPELINE_JSON",
        hide_env_values = true,
        global = true,
        help_heading = "Global options"
    )]
    pipeline_json: Option<OsString>,

    /// Say more: what is read, with -vv also each file (or set KFK_LOG)
    #[arg(short, long, action = ArgAction::Count, global = true, help_heading = "Global options")]
    verbose: u8,

    /// Say nothing but errors
    #[arg(
        short,
        long,
        global = true,
        help_heading = "Global options",
        conflicts_with = "verbose"
    )]
    quiet: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the configuration, conf/base/kubeflow.yaml
    Init(init::Args),
    /// Open Kubeflow Pipelines in a browser
    Ui(ui::Args),
    /// List the pipelines on the server (not available yet)
    ListPipelines(Later),
    /// Translate the pipeline into a workflow file
    Compile(compile::Args),
    /// Upload the pipeline to the server (not available yet)
    UploadPipeline(Later),
    /// Run the uploaded pipeline on a schedule (not available yet)
    Schedule(Later),
    /// Run the pipeline once (not available yet)
    RunOnce(Later),
    /// Start the MLflow run of a workflow (not available yet)
    #[command(hide = true)]
    MlflowStart(Later),
}

/// The arguments of a command that is not available yet: any.
#[derive(Debug, clap::Args)]
struct Later {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _any: Vec<OsString>,
}

impl Arguments {
    /// How much is logged: 0 for warnings and errors, 1 to 3 for more.
    pub fn verbosity(&self) -> u8 {
        self.verbose
    }

    /// Where words go.
    pub fn output(&self) -> Output {
        Output::new(self.quiet)
    }

    /// Carries out the command.
    ///
    /// # Errors
    /// Those of the command.
    pub fn run(self, variables: impl Iterator<Item = (OsString, OsString)>) -> Result<()> {
        let output = self.output();
        let environment = self.env.into_string().map_err(|name| {
            Failure::usage(format!(
                "the environment `{}` (from `-e` or KEDRO_ENV) is not text",
                name.display()
            ))
        })?;
        let context = Context {
            output,
            start: crate::file::expand(&self.project),
            // An empty variable is as good as none; Kedro, too, takes KEDRO_ENV so.
            environment: if environment.is_empty() {
                "local".to_owned()
            } else {
                environment
            },
            pipeline_json: self
                .pipeline_json
                .filter(|file| !file.is_empty())
                .map(|file| crate::file::expand(file.as_ref())),
            variables: text_variables(variables)?,
        };
        match self.command {
            Command::Init(args) => init::run(&context, &args),
            Command::Ui(args) => ui::run(&context, &args),
            Command::Compile(args) => compile::run(&context, &args),
            Command::ListPipelines(_) => not_available("list-pipelines"),
            Command::UploadPipeline(_) => not_available("upload-pipeline"),
            Command::Schedule(_) => not_available("schedule"),
            Command::RunOnce(_) => not_available("run-once"),
            Command::MlflowStart(_) => not_available("mlflow-start"),
        }
    }
}

/// The environment variables that are text. Those that kfk would pass on must be.
fn text_variables(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for (name, value) in variables {
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => all.push((name, value)),
            (Ok(name), Err(_)) if crate::compile::is_passed_on(&name) => {
                return Err(Failure::usage(format!(
                    "the environment variable {name} is not UTF-8 text"
                ))
                .into());
            }
            _ => {}
        }
    }
    Ok(all)
}

fn not_available(command: &str) -> Result<()> {
    Err(Failure::other(format!(
        "`kfk {command}` is not available in this version of kfk"
    ))
    .hint("`kfk compile` writes a workflow that can be uploaded in Kubeflow's UI")
    .into())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
