//! The project and its `kubeflow.yaml`, which most commands start with.

use std::path::Path;

use anyhow::Result;

use crate::kedro::template::Globals;
use crate::kedro::{ConfigLoader, Project, Where};
use crate::settings::Settings;

/// The project's settings.
#[derive(Debug)]
pub struct Loaded {
    /// The project.
    pub project: Project,
    /// Its configuration.
    pub loader: ConfigLoader,
    /// `kubeflow.yaml`.
    pub settings: Settings,
}

/// Finds the project and reads its `kubeflow.yaml`, all of it or only some top-level keys: placeholders under
/// the others need no values then. What the reader may want to mend goes to `warnings`, also where this fails.
///
/// # Errors
/// Where there is no project, or its configuration is wrong.
pub fn load(
    start: &Path,
    environment: &str,
    variables: &[(String, String)],
    only: Option<&[&str]>,
    warnings: &mut Vec<String>,
) -> Result<Loaded> {
    let project = Project::find(start)?;
    tracing::info!(
        "project `{}` (package `{}`) in {}",
        project.name,
        project.package,
        project.root.display()
    );
    let globals = Globals::from_variables(
        variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    let loader = ConfigLoader::new(&project.root, environment, globals)?;
    let mut config = loader.read("kubeflow", Where::Top)?;
    if let Some(keys) = only {
        config.entries.retain(|key, _| keys.contains(&key.as_str()));
    }
    warnings.append(&mut config.warnings);
    loader.fill(&mut config)?;
    let settings = Settings::new(&config, warnings)?;
    Ok(Loaded {
        project,
        loader,
        settings,
    })
}
