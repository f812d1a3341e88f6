//! The files that steps make and Kubeflow Pipelines keeps.

use anyhow::Result;

use super::infrastructure::HOME;
use super::names::{Names, dashed};
use crate::failure::{Failure, place};
use crate::kedro::Config;
use crate::wording::first_few;
use crate::yaml::{Value, lookup};

/// A file or folder that a step makes.
#[derive(Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Its name, unlike all others of its step.
    pub name: String,
    /// Its absolute path in the step's container.
    pub path: String,
}

/// Finds artifacts in the catalog.
pub(super) struct Artifacts<'a> {
    catalog: &'a Config,
    /// Datasets at URLs.
    remote: Vec<&'a str>,
}

impl<'a> Artifacts<'a> {
    pub(super) fn new(catalog: &'a Config) -> Self {
        Self {
            catalog,
            remote: Vec::new(),
        }
    }

    /// The files among the outputs of a step: those with a `filepath` in the catalog.
    pub(super) fn of(&mut self, step: &str, outputs: &[String]) -> Result<Vec<Artifact>> {
        let mut names = Names::default();
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let mut artifacts = Vec::new();
        for output in outputs {
            let Some((known, entry)) = self.catalog.entries.get_key_value(output) else {
                continue;
            };
            let Value::Map(dataset) = &entry.node.value else {
                continue;
            };
            let Some(filepath) = lookup(dataset, "filepath") else {
                continue;
            };
            let Value::Text(path) = &filepath.value else {
                let place = place(&entry.file, filepath.line);
                let found = filepath.value.describe();
                return Err(Failure::usage(format!(
                    "{place}: `{output}.filepath` must be text, a path, not {found}"
                ))
                .into());
            };
            if path.contains("://") {
                self.remote.push(known);
            }
            let path = if path.starts_with('/') {
                path.clone()
            } else {
                format!("{HOME}/{path}")
            };
            let wanted = if output.chars().all(legal) {
                output.clone()
            } else {
                dashed(output, legal)
            };
            let name = names.unique(&format!("{step}-{wanted}"), output, None);
            artifacts.push(Artifact { name, path });
        }
        Ok(artifacts)
    }

    /// A warning about the artifacts that no step will have.
    pub(super) fn warning(&self) -> Option<String> {
        (!self.remote.is_empty()).then(|| {
            format!(
                "stored at URLs: {}; their steps have no files to pass on as artifacts, and Argo will fail them: set `run_config.store_kedro_outputs_as_kfp_artifacts: false`",
                first_few(self.remote.iter().copied())
            )
        })
    }
}
