//! `kfk ui`: Kubeflow Pipelines in a browser.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::Context;
use crate::failure::Failure;
use crate::load::load;

/// Arguments of `kfk ui`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kfk ui
  kfk -e prod ui --no-browser")]
pub struct Args {
    /// Only print the URL
    #[arg(long)]
    no_browser: bool,
}

/// How long the program that opens a browser may take to say that it cannot. Some stay until the browser is
/// closed, so silence is success.
const PATIENCE: Duration = Duration::from_secs(2);

/// Prints the URL of Kubeflow Pipelines and opens it in a browser.
///
/// # Errors
/// Where there is no project or no `host` in its configuration. That no browser opens is only a warning.
pub fn run(context: &Context, args: &Args) -> Result<()> {
    let mut warnings = Vec::new();
    let loaded = load(
        &context.start,
        &context.environment,
        &context.variables,
        Some(&["host"]),
        &mut warnings,
    );
    context.output.warn_all(&warnings);
    let settings = loaded?.settings;
    if settings.is_vertex_ai() {
        return Err(Failure::other(
            "the page of Vertex AI Pipelines is not available in this version of kfk",
        )
        .into());
    }
    let Some(host) = settings.host.as_deref().map(str::trim) else {
        return Err(settings
            .missing("host", "the base URL of Kubeflow Pipelines")
            .into());
    };
    crate::host::parse(host).map_err(|why| settings.wrong("host", &format!("{why}: `{host}`")))?;
    context.output.data(host)?;
    if !args.no_browser
        && let Err(error) = open(host.to_owned())
    {
        tracing::debug!("{error}");
        context
            .output
            .warn("no browser could be opened; go to the address above");
    }
    Ok(())
}

fn open(url: String) -> std::io::Result<()> {
    let (done, outcome) = mpsc::channel();
    thread::spawn(move || done.send(open::that(url)));
    outcome.recv_timeout(PATIENCE).unwrap_or(Ok(()))
}
