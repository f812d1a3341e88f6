//! What should run on the cluster, decided once for all targets: the steps, what each executes, needs, uses
//! and passes on.
//!
//! Pure: no disk, no environment, no clock, no network. It knows no YAML and no JSON of any server.

mod artifacts;
mod command;
mod fidelity;
pub mod infrastructure;
mod names;
mod parameters;
mod text;

use anyhow::Result;

pub use artifacts::Artifact;
pub use command::{Part, Word};
pub use parameters::{Delivery, Form, Parameter, Parameters};

use crate::failure::Failure;
use crate::kedro::{Config, KedroVersion, Pipeline};
use crate::settings::RunConfig;
pub use crate::settings::Volume;
use artifacts::Artifacts;
use names::Names;

/// What the plugin describes a pipeline with that has no description.
const DEFAULT_DESCRIPTION: &str = "Convert from a Kedro pipeline into a kfp container graph.";

/// Everything that a plan is made of.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The project's name.
    pub project: &'a str,
    /// The pipeline's name.
    pub pipeline_name: &'a str,
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// The Kedro version that the steps will run.
    pub kedro_version: KedroVersion,
    /// The Kedro environment that the steps will run in.
    pub environment: &'a str,
    /// `run_config`.
    pub settings: &'a RunConfig,
    /// The image that the steps run in.
    pub image: &'a str,
    /// The parameters.
    pub parameters: &'a Config,
    /// The catalog, as far as its files become artifacts.
    pub catalog: &'a Config,
    /// Whether nodes log to an MLflow run.
    pub mlflow: bool,
    /// Environment variables that steps are given: name and value.
    pub variables: &'a [(String, String)],
}

/// What should run on the cluster.
#[derive(Debug)]
pub struct Plan {
    /// The name of the whole: the project's.
    pub name: String,
    /// The template that everything starts with.
    pub entrypoint: String,
    /// The pipeline's name in Kedro.
    pub pipeline: String,
    /// What the pipeline is for, in words.
    pub description: String,
    /// The image that the steps run in.
    pub image: String,
    /// When the cluster pulls the image.
    pub image_pull_policy: String,
    /// The volume that steps share, and the name that ends its claim's name.
    pub volume: Option<(Volume, String)>,
    /// Whether there is a step that starts an MLflow run.
    pub mlflow: bool,
    /// How long the workflow is kept after its end, in seconds.
    pub ttl: u64,
    /// How old a cached result may be, as an ISO 8601 duration.
    pub max_cache_staleness: Option<String>,
    /// What can be changed when a run starts.
    pub parameters: Parameters,
    /// One step for each node, in the order of the pipeline.
    pub steps: Vec<Step>,
    /// What the reader may want to mend.
    pub warnings: Vec<String>,
    kedro_version: KedroVersion,
    environment: String,
    variables: Vec<(String, String)>,
}

/// A step that runs a node.
#[derive(Debug)]
pub struct Step {
    /// Its name, unlike all others, of characters that Argo takes.
    pub name: String,
    /// The node's name in Kedro.
    pub node: String,
    /// The steps that must have succeeded before.
    pub after: Vec<usize>,
    /// Requests and limits.
    pub resources: Vec<(String, String)>,
    /// The files that it passes on.
    pub artifacts: Vec<Artifact>,
}

impl Plan {
    /// Decides what runs.
    ///
    /// # Errors
    /// Where a name holds `{{`, which Argo would read as a reference and nothing can escape, or a dataset's
    /// path is no text.
    pub fn new(sources: &Sources) -> Result<Self> {
        let settings = sources.settings;
        let mut warnings = Vec::new();
        let mut names = Names::default();
        let entrypoint = reserve_infrastructure(&mut names, sources);
        let reserved = [infrastructure::VOLUME_NAME, infrastructure::MLFLOW_RUN_ID];
        let parameters = Parameters::new(
            sources.parameters,
            sources.kedro_version,
            &reserved,
            &mut warnings,
        );

        let mut artifacts = Artifacts::new(sources.catalog);
        let mut steps = Vec::with_capacity(sources.pipeline.nodes.len());
        for (node, parents) in sources.pipeline.nodes.iter().zip(&sources.pipeline.parents) {
            let name = names.field(&node.name);
            steps.push(Step {
                after: parents.clone(),
                resources: settings
                    .resources
                    .of(&node.name)
                    .into_iter()
                    .map(|(k, v)| (k.to_owned(), v.to_owned()))
                    .collect(),
                artifacts: if settings.store_kedro_outputs_as_kfp_artifacts {
                    artifacts.of(&name, &node.outputs)?
                } else {
                    Vec::new()
                },
                node: node.name.clone(),
                name,
            });
        }
        warnings.extend(artifacts.warning());
        let names = sources.pipeline.nodes.iter().map(|node| node.name.as_str());
        warnings.extend(command::comma_warning(names.clone(), sources.kedro_version));
        warnings.extend(settings.resources.unmatched(&names));

        let plan = Self {
            name: sources.project.to_owned(),
            entrypoint,
            pipeline: sources.pipeline_name.to_owned(),
            description: settings
                .description
                .clone()
                .unwrap_or_else(|| DEFAULT_DESCRIPTION.to_owned()),
            image: sources.image.to_owned(),
            image_pull_policy: settings.image_pull_policy.clone(),
            volume: settings
                .volume
                .clone()
                .map(|volume| (volume, slug_of_claim(sources.pipeline_name))),
            mlflow: sources.mlflow,
            ttl: settings.ttl,
            max_cache_staleness: settings.max_cache_staleness.clone(),
            parameters,
            steps,
            warnings,
            kedro_version: sources.kedro_version,
            environment: sources.environment.to_owned(),
            variables: sources.variables.to_vec(),
        };
        plan.refuse_references()?;
        Ok(plan)
    }

    /// Argo reads `{{` in any text as the start of a reference, and no argument of a program can hold NUL.
    /// Values of parameters can be escaped, names that Kedro must get to the letter cannot.
    fn refuse_references(&self) -> Result<()> {
        let nodes = self
            .steps
            .iter()
            .map(|step| ("the name of a node", step.node.as_str()));
        let paths = self
            .steps
            .iter()
            .flat_map(|step| &step.artifacts)
            .map(|artifact| ("the path of a dataset", artifact.path.as_str()));
        let parameters = self
            .parameters
            .list
            .iter()
            .map(|parameter| ("the name of a parameter", parameter.name.as_str()));
        let class = self
            .volume
            .as_ref()
            .and_then(|(volume, _)| volume.storageclass.as_deref());
        let others = [
            ("the name of the pipeline", Some(self.pipeline.as_str())),
            ("the image", Some(&self.image)),
            ("the environment", Some(&self.environment)),
            ("the storage class", class),
        ]
        .into_iter()
        .filter_map(|(what, text)| Some((what, text?)));
        if let Some((what, text)) = nodes
            .chain(paths)
            .chain(parameters)
            .chain(others)
            .find(|(_, text)| text.contains("{{") || text.contains('\0'))
        {
            let why = if text.contains('\0') { NUL } else { REFERENCE };
            let text = text.escape_debug();
            return Err(Failure::usage(format!("{what} {why}: `{text}`")).into());
        }
        // Their values may be secret.
        match self
            .variables
            .iter()
            .find(|(_, value)| value.contains("{{"))
        {
            Some((name, _)) => {
                Err(Failure::usage(format!("the environment variable {name} {REFERENCE}")).into())
            }
            None => Ok(()),
        }
    }
}

const REFERENCE: &str = "holds `{{`, which Argo reads as the start of a reference";
const NUL: &str = "holds NUL, which no argument of a program can";

/// The end of the claim's name: the pipeline's name and `data-volume`, as characters that Kubernetes takes.
fn slug_of_claim(pipeline: &str) -> String {
    let text = format!("{pipeline}-data-volume");
    Names::default().unique(&names::lower_dashed(&text), &text, Some(128))
}

/// Takes the names of the steps that are not nodes, and returns the one of the entry point.
fn reserve_infrastructure(names: &mut Names, sources: &Sources) -> String {
    let volume = sources.settings.volume.as_ref();
    let present = [
        (infrastructure::VOLUME_CREATE, volume.is_some()),
        (
            infrastructure::VOLUME_INIT,
            volume.is_some_and(|volume| !volume.skip_init),
        ),
        (
            infrastructure::VOLUME_TERMINATION,
            volume.is_some_and(|volume| !volume.keep),
        ),
        (
            infrastructure::EXIT_HANDLER,
            volume.is_some_and(|volume| !volume.keep),
        ),
        (infrastructure::MLFLOW_START, sources.mlflow),
    ];
    present
        .iter()
        .filter(|(_, present)| *present)
        .for_each(|(name, _)| names.reserve(name));
    let plain = names::lower_dashed(sources.project);
    names.unique(
        if plain.is_empty() { "pipeline" } else { &plain },
        sources.project,
        Some(128),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kedro::pipeline::Node;

    struct Given {
        nodes: Vec<(&'static str, &'static str, &'static str)>,
        version: KedroVersion,
        parameters: &'static str,
        catalog: &'static str,
        settings: RunConfig,
        project: &'static str,
        variables: Vec<(String, String)>,
    }

    impl Default for Given {
        fn default() -> Self {
            Self {
                nodes: vec![("a", "x", "y")],
                version: KedroVersion::new(0, 17, 4),
                parameters: "{}",
                catalog: "{}",
                settings: RunConfig::default(),
                project: "Demo",
                variables: Vec::new(),
            }
        }
    }

    impl Given {
        fn plan(&self) -> Result<Plan> {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
            let nodes = self.nodes.iter().map(|(name, i, o)| Node {
                name: (*name).to_owned(),
                inputs: words(i),
                outputs: words(o),
            });
            Plan::new(&Sources {
                project: self.project,
                pipeline_name: "__default__",
                pipeline: &Pipeline::new("__default__", nodes.collect()).unwrap(),
                kedro_version: self.version,
                environment: "local",
                settings: &self.settings,
                image: "demo",
                parameters: &parameters::config(self.parameters),
                catalog: &parameters::config(self.catalog),
                mlflow: true,
                variables: &self.variables,
            })
        }
    }

    fn shown(words: &[Word]) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => (*text).to_owned(),
            Part::Parameter(parameter) => format!("<{}>", parameter.argument),
            Part::RunId => "<run>".to_owned(),
            Part::MlflowRunId => "<mlflow run>".to_owned(),
        };
        words
            .iter()
            .map(|word| word.0.iter().map(part).collect::<String>())
            .collect::<Vec<_>>()
            .join(" | ")
    }

    #[test]
    fn the_call_fits_the_kedro_version() {
        let call = |version, parameters| {
            let plan = Given {
                version,
                parameters,
                ..Given::default()
            }
            .plan()
            .unwrap();
            format!("{} $ {}", plan.program()[0], shown(&plan.arguments()))
        };
        let (old, new) = (KedroVersion::new(0, 18, 4), KedroVersion::new(0, 18, 5));
        assert_eq!(
            call(old, "{}"),
            "kedro $ run | --env | local | --params |  | --pipeline | __default__ | --node"
        );
        assert_eq!(
            call(old, "a: 1\n'b c': x"),
            "kedro $ run | --env | local | --params | a:<a>,b c:<b-c> | --pipeline | __default__ | --node"
        );
        assert_eq!(
            call(new, "a: 1\nb: x"),
            "kedro $ run | --env | local | --params | a=<a>,b=<b> | --pipeline | __default__ | --nodes"
        );
        assert_eq!(
            call(new, "a: [1]\nb c: x"),
            "python $ yaml | a | <a> | text | b c | <b-c> | run | --env | local | --pipeline | __default__ | --nodes"
        );
    }

    #[test]
    fn names_that_kedro_splits_are_warned_about() {
        let warnings = |version| {
            let nodes = vec![("f([a,b]) -> [c]", "a b", "c"), ("g,h", "c", "d")];
            Given {
                nodes,
                version,
                ..Given::default()
            }
            .plan()
            .unwrap()
            .warnings
        };
        insta::assert_snapshot!(warnings(KedroVersion::new(0, 17, 4)).join("\n"), @r#"`kedro run` of Kedro 0.17.4 splits names of nodes at commas and will not find `f([a,b]) -> [c]`, `g,h`; name these nodes: node(…, name="…")"#);
        assert!(
            warnings(KedroVersion::new(0, 18, 14))
                .join("")
                .contains("`f([a,b]) -> [c]`, `g,h`")
        );
        insta::assert_snapshot!(warnings(KedroVersion::new(0, 19, 0)).join("\n"), @r#"`kedro run` of Kedro 0.19.0 splits names of nodes at commas and will not find `g,h`; name these nodes: node(…, name="…")"#);
    }

    #[test]
    fn steps_keep_clear_of_the_names_of_the_infrastructure() {
        let nodes = vec![
            ("data_volume_create", "", "a"),
            ("mlflow-start-run", "", "b"),
            ("Demo", "", "c"),
            ("exit_handler_1", "", "d"),
        ];
        let names = |settings| {
            let plan = Given {
                nodes: nodes.clone(),
                settings,
                ..Given::default()
            }
            .plan()
            .unwrap();
            plan.steps
                .into_iter()
                .map(|step| step.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(RunConfig::default()),
            [
                "data-volume-create",
                "mlflow-start-run-2",
                "demo-2",
                "exit-handler-1"
            ]
        );
        let with_volume = RunConfig {
            volume: Some(Volume::default()),
            ..RunConfig::default()
        };
        assert_eq!(
            names(with_volume),
            [
                "data-volume-create-2",
                "mlflow-start-run-2",
                "demo-2",
                "exit-handler-1-2"
            ]
        );
    }

    #[test]
    fn files_in_the_catalog_become_artifacts() {
        let given = Given {
            nodes: vec![("step", "x", "a b.c b-c d@pandas e f g h")],
            catalog: "a: {filepath: data/a.csv}\nb.c: {filepath: data/b.csv}\nb-c: {filepath: data/c.csv}\n\
                      d@pandas: {filepath: /mnt/d.csv}\ne: {type: MemoryDataSet}\nf: null\ng: {filepath: s3://bucket/g}\n",
            ..Given::default()
        };
        let plan = given.plan().unwrap();
        let artifacts: Vec<String> = plan.steps[0]
            .artifacts
            .iter()
            .map(|a| format!("{} {}", a.name, a.path))
            .collect();
        insta::assert_snapshot!(artifacts.join("\n"), @"
        step-a /home/kedro/data/a.csv
        step-b-c /home/kedro/data/b.csv
        step-b-c-2 /home/kedro/data/c.csv
        step-d-pandas /mnt/d.csv
        step-g /home/kedro/s3://bucket/g
        ");
        insta::assert_snapshot!(plan.warnings.join("\n"), @"stored at URLs: `g`; their steps have no files to pass on as artifacts, and Argo will fail them: set `run_config.store_kedro_outputs_as_kfp_artifacts: false`");
        let error = Given {
            nodes: vec![("a", "", "y")],
            catalog: "y:\n  filepath: 1\n",
            ..Given::default()
        }
        .plan()
        .unwrap_err();
        insta::assert_snapshot!(error, @"conf/base/parameters.yml:2: `y.filepath` must be text, a path, not the number `1`");
    }

    #[test]
    fn what_argo_would_take_for_a_reference_is_refused() {
        let error = Given {
            nodes: vec![("f([{{x}}])", "", "y")],
            ..Given::default()
        }
        .plan()
        .unwrap_err();
        insta::assert_snapshot!(error, @"the name of a node holds `{{`, which Argo reads as the start of a reference: `f([{{x}}])`");
        let error = Given {
            parameters: "\"a\\0b\": [1]",
            ..Given::default()
        }
        .plan()
        .unwrap_err();
        insta::assert_snapshot!(error, @r"the name of a parameter holds NUL, which no argument of a program can: `a\0b`");
        let variables = vec![("KEDRO_CONFIG_TOKEN".to_owned(), "{{secret".to_owned())];
        let error = Given {
            variables,
            ..Given::default()
        }
        .plan()
        .unwrap_err();
        insta::assert_snapshot!(error, @"the environment variable KEDRO_CONFIG_TOKEN holds `{{`, which Argo reads as the start of a reference");
    }

    #[test]
    fn a_project_may_be_called_anything() {
        let entry = |project| {
            Given {
                project,
                ..Given::default()
            }
            .plan()
            .unwrap()
            .entrypoint
        };
        assert_eq!(
            ["雪", "mlflow start run", "9 Lives"].map(entry),
            ["pipeline", "mlflow-start-run-2", "9-lives"]
        );
    }
}
