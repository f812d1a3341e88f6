//! What a step executes: always a list of arguments, never text for a shell.

use super::Plan;
use super::infrastructure::{DATA, NEW_DATA};
use super::parameters::{Delivery, Form, Parameter};
use crate::kedro::KedroVersion;
use crate::wording::first_few;

/// One argument, or one value of an environment variable, put together from parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word<'a>(pub Vec<Part<'a>>);

/// A part of a [`Word`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text that reaches the program as it is.
    Text(&'a str),
    /// The value that a parameter has in this run.
    Parameter(&'a Parameter),
    /// The id of the run in Kubeflow.
    RunId,
    /// The id of the run in MLflow.
    MlflowRunId,
}

impl<'a> From<&'a str> for Word<'a> {
    fn from(text: &'a str) -> Self {
        Self(vec![Part::Text(text)])
    }
}

/// Writes its parameters to a file and becomes `kedro run --config FILE`.
///
/// Arguments: for every parameter its form, its name and its text, then those of `kedro`. Strings are written
/// in double quotes, since YAML readers differ on what a plain scalar means.
const WRITE_CONFIG_AND_RUN: &str = r#"import json, os, sys, tempfile, yaml

class Dumper(yaml.SafeDumper):
    pass

Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))

def read(text):
    try:
        return json.loads(text)
    except ValueError:
        return yaml.safe_load(text)

params, rest = {}, sys.argv[1:]
while rest[0] != "run":
    form, name, text = rest[:3]
    params[name] = text if form == "text" else read(text)
    rest = rest[3:]
file, path = tempfile.mkstemp(suffix=".yml")
with os.fdopen(file, "w", encoding="utf-8") as config:
    yaml.dump({"run": {"params": params}}, config, Dumper=Dumper, allow_unicode=True)
os.execvp("kedro", ["kedro"] + rest + ["--config", path])
"#;

impl Plan {
    /// The program that runs nodes, and the arguments that come before its own.
    pub fn program(&self) -> Vec<&str> {
        match self.parameters.delivery {
            Delivery::Params { .. } => vec!["kedro"],
            Delivery::ConfigFile => vec!["python", "-c", WRITE_CONFIG_AND_RUN],
        }
    }

    /// The arguments of `kedro run` that all steps have in common; the name of the step's node follows.
    pub fn arguments(&self) -> Vec<Word<'_>> {
        let mut words: Vec<Word> = Vec::new();
        if self.parameters.delivery == Delivery::ConfigFile {
            for parameter in &self.parameters.list {
                let form = match parameter.form {
                    Form::Text => "text",
                    Form::Yaml => "yaml",
                };
                words.extend([
                    form.into(),
                    parameter.name.as_str().into(),
                    Word(vec![Part::Parameter(parameter)]),
                ]);
            }
        }
        words.extend(["run", "--env", &self.environment].map(Word::from));
        if let Delivery::Params { separator } = self.parameters.delivery {
            words.extend(["--params".into(), self.params(separator)]);
        }
        words.extend(
            [
                "--pipeline",
                &self.pipeline,
                if self.kedro_version.has_nodes_option() {
                    "--nodes"
                } else {
                    "--node"
                },
            ]
            .map(Word::from),
        );
        words
    }

    /// `key:{value},key:{value}`; one empty argument where there are no parameters, as in the plugin.
    fn params(&self, separator: &'static str) -> Word<'_> {
        let mut parts = Vec::new();
        for (index, parameter) in self.parameters.list.iter().enumerate() {
            if index > 0 {
                parts.push(Part::Text(","));
            }
            parts.extend([
                Part::Text(parameter.name.as_str()),
                Part::Text(separator),
                Part::Parameter(parameter),
            ]);
        }
        Word(parts)
    }

    /// What the step `data-volume-init` executes; the shell finds the files.
    pub fn fill_volume() -> ([&'static str; 2], String) {
        (["sh", "-c"], format!("cp --verbose -r {DATA}/* {NEW_DATA}"))
    }

    /// What the step `mlflow-start-run` executes: the plugin's own command, which is in the image.
    pub fn mlflow_start(&self) -> (Vec<&str>, Vec<Word<'_>>) {
        let words = ["kubeflow", "--env", &self.environment, "mlflow-start"].map(Word::from);
        (
            vec!["kedro"],
            words.into_iter().chain([Word(vec![Part::RunId])]).collect(),
        )
    }

    /// The environment variables of every step that runs Kedro; those of nodes also know the MLflow run.
    pub fn variables(&self, of_node: bool) -> Vec<(&str, Word<'_>)> {
        let mut variables: Vec<(&str, Word)> = self
            .variables
            .iter()
            .map(|(name, value)| (name.as_str(), Word::from(value.as_str())))
            .collect();
        variables.push(("KUBEFLOW_RUN_ID", Word(vec![Part::RunId])));
        if of_node && self.mlflow {
            variables.push(("MLFLOW_RUN_ID", Word(vec![Part::MlflowRunId])));
        }
        variables
    }
}

/// A warning about the nodes that `kedro run` will not find.
pub(super) fn comma_warning<'a>(
    nodes: impl Iterator<Item = &'a str>,
    version: KedroVersion,
) -> Option<String> {
    let mut split = nodes.filter(|node| splits(node, version)).peekable();
    split.peek()?;
    Some(format!(
        "`kedro run` of Kedro {version} splits names of nodes at commas and will not find {}; name these nodes: node(…, name=\"…\")",
        first_few(split)
    ))
}

/// Whether this release's `kedro run` takes the one name for several: `--node`, and before 0.19 also `--nodes`,
/// splits at every comma, since then `--nodes` splits at those outside brackets.
fn splits(node: &str, version: KedroVersion) -> bool {
    if version < KedroVersion::new(0, 19, 0) {
        return node.contains(',');
    }
    let mut depth = 0_usize;
    node.chars().any(|c| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
}
