//! kfk takes a Kedro project to Kubeflow: it reads the project from disk, decides what should run on the
//! cluster, and writes that down as a workflow.
//!
//! Data flows one way: [`cli`] calls [`commands`]; [`load`] and [`compile`] read the project through [`kedro`]
//! and [`settings`]; [`plan`] decides; [`argo`] writes. `plan` and `argo` are pure.

#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod argo;
pub mod cli;
pub mod commands;
pub mod compile;
pub mod failure;
pub mod file;
pub mod host;
pub mod kedro;
pub mod load;
pub mod output;
pub mod plan;
pub mod settings;
pub mod wording;
pub mod yaml;

use std::process::ExitCode;

use clap::Parser;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Runs the command line that this process was started with.
pub fn run() -> ExitCode {
    let arguments = cli::Arguments::parse();
    start_log(arguments.verbosity());
    let output = arguments.output();
    let exit = match arguments.run(std::env::vars_os()) {
        Ok(()) => failure::Exit::Success,
        Err(error) => {
            let exit = failure::exit_of(&error);
            if exit != failure::Exit::Success {
                output.error(&error, failure::hint_of(&error));
            }
            exit
        }
    };
    ExitCode::from(exit as u8)
}

/// Logs to stderr: as much as `-v` asks for, or what `KFK_LOG` says (`debug`, `kfk::kedro=trace`).
fn start_log(verbosity: u8) {
    let level = match verbosity {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let asked = std::env::var("KFK_LOG")
        .ok()
        .and_then(|text| text.parse().ok());
    let targets = asked.unwrap_or_else(|| Targets::new().with_default(level));
    let format = tracing_subscriber::fmt::layer()
        .with_writer(output::log)
        .log_internal_errors(false)
        .with_ansi(false)
        .without_time()
        .with_target(false);
    tracing_subscriber::registry()
        .with(format)
        .with(targets)
        .init();
}
