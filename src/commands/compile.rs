//! `kfk compile`: the pipeline as a file that Kubeflow Pipelines takes.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::Context;
use crate::compile::{Request, plan};
use crate::file::write_whole;
use crate::kedro::DEFAULT_PIPELINE;
use crate::{argo, yaml};

/// Arguments of `kfk compile`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kfk compile
  kfk -e prod compile --pipeline data_science --image registry.example.com/demo:1.2
  kfk compile -o - | kubectl create -f -")]
pub struct Args {
    /// Pipeline to compile
    #[arg(short, long, value_name = "NAME", default_value = DEFAULT_PIPELINE)]
    pipeline: String,

    /// Image that the steps run in [default: run_config.image]
    #[arg(short, long)]
    image: Option<String>,

    /// File to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "pipeline.yml")]
    output: PathBuf,

    /// Start an MLflow run that all nodes log to [default: where the configuration has mlflow.yml]
    #[arg(long, overrides_with = "no_mlflow")]
    mlflow: bool,

    /// Start no MLflow run
    #[arg(long, overrides_with = "mlflow")]
    no_mlflow: bool,
}

/// Compiles the pipeline. Needs no server and no Python; the same input gives the same bytes.
///
/// # Errors
/// Where the project, its configuration or its export is wrong, or the file cannot be written.
pub fn run(context: &Context, args: &Args) -> Result<()> {
    let request = Request {
        start: &context.start,
        environment: &context.environment,
        pipeline_json: context.pipeline_json.as_deref(),
        pipeline: &args.pipeline,
        image: args.image.as_deref(),
        mlflow: (args.mlflow || args.no_mlflow).then_some(args.mlflow),
        variables: &context.variables,
    };
    let mut warnings = Vec::new();
    let plan = plan(&request, &mut warnings);
    context.output.warn_all(&warnings);
    let workflow = argo::workflow(&plan?);
    if let Some(warning) = argo::size_warning(&workflow) {
        context.output.warn(&warning);
    }
    let file = crate::file::expand(&args.output);
    if file == Path::new("-") {
        context
            .output
            .stream(|out| yaml::write::to_writer(out, &workflow))
            .context("cannot write to standard output")?;
    } else {
        write_whole(&file, |out| yaml::write::to_writer(out, &workflow))?;
        context.output.note(&format!(
            "Generated pipeline definition was saved to {}",
            file.display()
        ));
    }
    Ok(())
}
