//! From the project on disk to the plan: reads everything that a plan is made of.

use std::path::Path;

use anyhow::Result;

use crate::failure::Failure;
use crate::kedro::template::PREFIX;
use crate::kedro::{Source, Where};
use crate::load::{Loaded, load};
use crate::plan::{Plan, Sources};
use crate::yaml::scalar::Schema;

/// What to read, and what the command line says about it.
#[derive(Debug)]
pub struct Request<'a> {
    /// Where to look for the project.
    pub start: &'a Path,
    /// The Kedro environment.
    pub environment: &'a str,
    /// The pipeline export, where it was named.
    pub pipeline_json: Option<&'a Path>,
    /// The pipeline.
    pub pipeline: &'a str,
    /// The image, where it was named.
    pub image: Option<&'a str>,
    /// Whether nodes log to an MLflow run, where that was said.
    pub mlflow: Option<bool>,
    /// The environment variables of this process.
    pub variables: &'a [(String, String)],
}

/// Reads the project and decides what runs on the cluster. What the reader may want to mend goes to
/// `warnings`, also where this fails: it may be why.
///
/// # Errors
/// Where the project, its configuration or its pipeline export is wrong.
pub fn plan(request: &Request, warnings: &mut Vec<String>) -> Result<Plan> {
    let Loaded {
        project,
        mut loader,
        settings,
    } = load(
        request.start,
        request.environment,
        request.variables,
        None,
        warnings,
    )?;
    if settings.is_vertex_ai() {
        return Err(Failure::other(
            "compiling for Vertex AI Pipelines is not available in this version of kfk",
        )
        .into());
    }
    if request
        .image
        .is_some_and(|image| image.is_empty() || image.contains(char::is_whitespace))
    {
        return Err(Failure::usage("`--image` must be the name of an image").into());
    }
    let image = match (request.image, &settings.run_config.image) {
        (Some(image), _) => image,
        (None, Some(image)) => image,
        (None, None) => {
            let missing = settings.missing(
                "run_config.image",
                "the name of the image that the steps run in",
            );
            return Err(missing
                .hint("add it there, or give it with `--image IMAGE`")
                .into());
        }
    };

    let source = Source::new(&project.root, request.pipeline_json);
    tracing::debug!("reading pipelines from {source}");
    let export = source.read()?;
    let kedro_version = export.kedro_version.or(project.kedro_version).ok_or_else(|| {
        Failure::usage("neither the pipeline export nor the project's metadata says which version of Kedro this is")
            .hint("export the pipeline anew; `kedro_version` is part of the export")
    })?;
    tracing::info!("Kedro {kedro_version}, pipeline `{}`", request.pipeline);
    if project.uses_omegaconf(kedro_version) {
        loader.set_schema(Schema::OmegaConf);
        warnings.push(
            "this project reads its configuration with OmegaConfigLoader, whose interpolation, resolvers and dataset factories kfk does not know yet"
                .to_owned(),
        );
    }

    // The plugin takes artifacts from the files beside `catalog.yml`, not from sub-folders.
    let mut catalog = loader.get("catalog", Where::Top)?;
    warnings.append(&mut catalog.warnings);
    if loader.files("catalog", Where::Everywhere)?.is_empty() {
        warnings.push("no catalog in the configuration; `kedro run` fails without one".to_owned());
    }
    let mut parameters = loader.get("parameters", Where::Everywhere)?;
    warnings.append(&mut parameters.warnings);
    if let Some(folder) = loader.missing_folder() {
        warnings.push(format!(
            "no folder `{folder}`; `kedro run` fails in an image that has none, even an empty one"
        ));
    }
    let pipeline = export.into_pipeline(request.pipeline)?;

    let mlflow = match request.mlflow {
        Some(mlflow) => mlflow,
        None => !loader.files("mlflow", Where::Top)?.is_empty(),
    };
    let mut plan = Plan::new(&Sources {
        project: &project.name,
        pipeline_name: request.pipeline,
        pipeline: &pipeline,
        kedro_version,
        environment: request.environment,
        settings: &settings.run_config,
        image,
        parameters: &parameters,
        catalog: &catalog,
        mlflow,
        variables: &passed_on(request.variables, warnings),
    })?;
    warnings.append(&mut plan.warnings);
    Ok(plan)
}

/// What authenticates behind Google's proxy.
const IAP_CLIENT_ID: &str = "IAP_CLIENT_ID";

/// Whether the environment variable reaches the steps.
pub fn is_passed_on(name: &str) -> bool {
    name == IAP_CLIENT_ID || name.starts_with(PREFIX)
}

/// The variables that steps are given: what authenticates behind Google's proxy, and what fills in the
/// placeholders of the configuration in the image.
fn passed_on(variables: &[(String, String)], warnings: &mut Vec<String>) -> Vec<(String, String)> {
    let client_id = variables
        .iter()
        .find(|(name, _)| name == IAP_CLIENT_ID)
        .map(|(_, value)| value.clone());
    let mut passed = vec![(IAP_CLIENT_ID.to_owned(), client_id.unwrap_or_default())];
    let mut configuration: Vec<_> = variables
        .iter()
        .filter(|(name, _)| name.starts_with(PREFIX))
        .cloned()
        .collect();
    configuration.sort();
    for (name, value) in configuration {
        if name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        {
            passed.push((name, value));
        } else {
            warnings.push(format!("the environment variable {name} is not given to the steps: Kubernetes does not take its name"));
        }
    }
    passed
}
