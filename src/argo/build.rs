//! A plan becomes a workflow.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::json;

use super::workflow::{
    Artifact, ClaimMetadata, ClaimRequests, ClaimResources, ClaimSource, ClaimSpec, Container, Dag,
    EnvVar, EnvVarSource, FieldSelector, OutputParameter, Outputs, Parameter, Parameters,
    PersistentVolumeClaim, Resource, Resources, SecurityContext, Spec, Task, Template,
    TemplateMetadata, Text, TtlStrategy, ValueFrom, Volume, VolumeMount, Workflow,
    WorkflowMetadata,
};
use crate::plan::Volume as SharedVolume;
use crate::plan::infrastructure::{
    DATA, EXIT_HANDLER, MLFLOW_RUN_ID, MLFLOW_RUN_ID_FILE, MLFLOW_START, NEW_DATA, VOLUME_CREATE,
    VOLUME_INIT, VOLUME_NAME, VOLUME_TERMINATION,
};
use crate::plan::{Part, Plan, Step, Word};

/// The Kubeflow SDK whose conventions the workflow follows; servers and the UI look at it.
const SDK_VERSION: &str = "1.6.6";
const KEY_SDK_VERSION: &str = "pipelines.kubeflow.org/kfp_sdk_version";
const KEY_SDK_TYPE: &str = "pipelines.kubeflow.org/pipeline-sdk-type";
const KEY_PIPELINE_SPEC: &str = "pipelines.kubeflow.org/pipeline_spec";
const KEY_ENABLE_CACHING: &str = "pipelines.kubeflow.org/enable_caching";
const KEY_CACHE_STALENESS: &str = "pipelines.kubeflow.org/max_cache_staleness";

/// The service account that Kubeflow Pipelines makes for its steps.
const SERVICE_ACCOUNT: &str = "pipeline-runner";

/// The image that deletes the volume.
const KUBECTL_IMAGE: &str = "gcr.io/cloud-builders/kubectl";

/// Makes the workflow that carries out a plan.
pub fn workflow(plan: &Plan) -> Workflow {
    let builder = Builder::new(plan);
    let cleans_up = plan.volume.as_ref().is_some_and(|(volume, _)| !volume.keep);
    let entrypoint: Text = plan.entrypoint.as_str().into();
    let mut templates = Vec::with_capacity(plan.steps.len() + 6);
    if cleans_up {
        let name: Text = EXIT_HANDLER.into();
        let task = Task {
            name: Rc::clone(&name),
            template: Rc::clone(&name),
            dependencies: Vec::new(),
            arguments: Rc::clone(&builder.forwarded),
        };
        templates.push(builder.dag(Rc::clone(&entrypoint), vec![task]));
        templates.push(builder.dag(name, builder.tasks()));
    } else {
        templates.push(builder.dag(Rc::clone(&entrypoint), builder.tasks()));
    }
    if let Some((volume, claim)) = &plan.volume {
        templates.push(builder.volume_create(volume, claim));
        if !volume.skip_init {
            templates.push(builder.volume_init());
        }
    }
    if plan.mlflow {
        templates.push(builder.mlflow_start());
    }
    templates.extend(builder.steps());
    if let Some((_, claim)) = plan.volume.as_ref().filter(|_| cleans_up) {
        templates.push(builder.volume_termination(claim));
    }
    let default = |parameter: &crate::plan::Parameter| Parameter {
        name: parameter.argument.as_str().into(),
        value: Some(parameter.default.as_str().into()),
    };
    Workflow {
        api_version: "argoproj.io/v1alpha1",
        kind: "Workflow",
        metadata: WorkflowMetadata {
            generate_name: format!("{}-", plan.entrypoint),
            labels: BTreeMap::from([(KEY_SDK_VERSION, SDK_VERSION.into())]),
            annotations: BTreeMap::from([
                (KEY_SDK_VERSION, SDK_VERSION.into()),
                (KEY_PIPELINE_SPEC, pipeline_spec(plan).into()),
            ]),
        },
        spec: Spec {
            entrypoint,
            on_exit: cleans_up.then_some(VOLUME_TERMINATION),
            service_account_name: SERVICE_ACCOUNT,
            ttl_strategy: TtlStrategy {
                seconds_after_completion: plan.ttl,
            },
            arguments: Parameters {
                parameters: plan.parameters.list.iter().map(default).collect(),
            },
            templates,
        },
    }
}

/// What Kubeflow's UI knows about the pipeline: its name, its description and what can be changed.
fn pipeline_spec(plan: &Plan) -> String {
    let input = |parameter: &crate::plan::Parameter| json!({"name": parameter.argument, "default": parameter.default, "optional": true});
    let mut spec = json!({
        "name": plan.name,
        "description": plan.description,
    });
    if !plan.parameters.list.is_empty() {
        spec["inputs"] = plan.parameters.list.iter().map(input).collect();
    }
    spec.to_string()
}

/// What templates have in common, made once.
struct Builder<'a> {
    plan: &'a Plan,
    names: Vec<Text>,
    image: Text,
    pull_policy: Text,
    user: Option<SecurityContext>,
    /// The parameters as inputs of a template.
    inputs: Rc<Parameters>,
    /// The parameters as arguments of a task, from the inputs of the template around it.
    forwarded: Rc<Parameters>,
    /// The name of the volume as input and as argument.
    volume_input: Rc<Parameters>,
    volume_argument: Rc<Parameters>,
    volumes: Option<Rc<[Volume; 1]>>,
    uncached: Rc<TemplateMetadata>,
}

fn parameter(name: &str, value: Option<String>) -> Parameter {
    Parameter {
        name: name.into(),
        value: value.map(Into::into),
    }
}

fn input(name: &str) -> String {
    format!("{{{{inputs.parameters.{name}}}}}")
}

fn output(task: &str, name: &str) -> String {
    format!("{{{{tasks.{task}.outputs.parameters.{name}}}}}")
}

impl<'a> Builder<'a> {
    fn new(plan: &'a Plan) -> Self {
        let arguments = || {
            plan.parameters
                .list
                .iter()
                .map(|parameter| parameter.argument.as_str())
        };
        let volume = plan.volume.as_ref();
        let claim = || Volume {
            name: VOLUME_CREATE,
            persistent_volume_claim: ClaimSource {
                claim_name: input(VOLUME_NAME).into(),
            },
        };
        Self {
            plan,
            names: plan
                .steps
                .iter()
                .map(|step| step.name.as_str().into())
                .collect(),
            image: plan.image.as_str().into(),
            pull_policy: plan.image_pull_policy.as_str().into(),
            user: volume
                .and_then(|(volume, _)| volume.owner)
                .map(|run_as_user| SecurityContext { run_as_user }),
            inputs: Rc::new(Parameters {
                parameters: arguments().map(|name| parameter(name, None)).collect(),
            }),
            forwarded: Rc::new(Parameters {
                parameters: arguments()
                    .map(|name| parameter(name, Some(input(name))))
                    .collect(),
            }),
            volume_input: Rc::new(Parameters {
                parameters: vec![parameter(VOLUME_NAME, None)],
            }),
            volume_argument: Rc::new(Parameters {
                parameters: vec![parameter(
                    VOLUME_NAME,
                    Some(output(VOLUME_CREATE, VOLUME_NAME)),
                )],
            }),
            volumes: volume.map(|_| Rc::new([claim()])),
            uncached: metadata(false, Some("P0D")),
        }
    }

    fn dag(&self, name: Text, tasks: Vec<Task>) -> Template {
        Template {
            name,
            inputs: Rc::clone(&self.inputs),
            dag: Some(Dag { tasks }),
            ..Template::default()
        }
    }

    /// The tasks of the whole pipeline.
    fn tasks(&self) -> Vec<Task> {
        let task = |name: &str, dependencies: Vec<Text>, arguments: &Rc<Parameters>| Task {
            name: name.into(),
            template: name.into(),
            dependencies,
            arguments: Rc::clone(arguments),
        };
        let none = Rc::new(Parameters::default());
        let mut tasks = Vec::with_capacity(self.plan.steps.len() + 3);
        let mut first: Vec<Text> = Vec::new();
        let mut passed = Vec::new();
        if let Some((volume, _)) = &self.plan.volume {
            tasks.push(task(VOLUME_CREATE, Vec::new(), &none));
            first.push(VOLUME_CREATE.into());
            if !volume.skip_init {
                tasks.push(task(
                    VOLUME_INIT,
                    vec![VOLUME_CREATE.into()],
                    &self.volume_argument,
                ));
                first.push(VOLUME_INIT.into());
            }
            passed.push(parameter(
                VOLUME_NAME,
                Some(output(VOLUME_CREATE, VOLUME_NAME)),
            ));
        }
        if self.plan.mlflow {
            tasks.push(task(MLFLOW_START, Vec::new(), &none));
            first.push(MLFLOW_START.into());
            passed.push(parameter(
                MLFLOW_RUN_ID,
                Some(output(MLFLOW_START, MLFLOW_RUN_ID)),
            ));
        }
        passed.extend(
            self.plan
                .parameters
                .list
                .iter()
                .map(|p| parameter(&p.argument, Some(input(&p.argument)))),
        );
        let arguments = Rc::new(Parameters { parameters: passed });
        for (step, name) in self.plan.steps.iter().zip(&self.names) {
            tasks.push(Task {
                name: Rc::clone(name),
                template: Rc::clone(name),
                dependencies: first
                    .iter()
                    .chain(step.after.iter().map(|parent| &self.names[*parent]))
                    .cloned()
                    .collect(),
                arguments: Rc::clone(&arguments),
            });
        }
        tasks
    }

    fn volume_create(&self, volume: &SharedVolume, claim: &str) -> Template {
        let output = |name, path| OutputParameter {
            name,
            value_from: ValueFrom::JsonPath(path),
        };
        let manifest = PersistentVolumeClaim {
            api_version: "v1",
            kind: "PersistentVolumeClaim",
            metadata: ClaimMetadata {
                name: claim_name(claim),
            },
            spec: ClaimSpec {
                access_modes: &volume.access_modes,
                resources: ClaimResources {
                    requests: ClaimRequests {
                        storage: &volume.size,
                    },
                },
                storage_class_name: volume.storageclass.as_deref(),
            },
        };
        Template {
            name: VOLUME_CREATE.into(),
            resource: Some(Resource {
                action: "create",
                manifest: crate::yaml::write::to_string(&manifest),
            }),
            outputs: Outputs {
                parameters: vec![
                    output("data-volume-create-manifest", "{}"),
                    output(VOLUME_NAME, "{.metadata.name}"),
                    output("data-volume-create-size", "{.status.capacity.storage}"),
                ],
                artifacts: Vec::new(),
            },
            metadata: Some(Rc::clone(&self.uncached)),
            ..Template::default()
        }
    }

    fn volume_init(&self) -> Template {
        let (program, script) = Plan::fill_volume();
        Template {
            name: VOLUME_INIT.into(),
            inputs: Rc::clone(&self.volume_input),
            container: Some(Container {
                args: vec![script.into()],
                volume_mounts: Some([VolumeMount {
                    name: VOLUME_CREATE,
                    mount_path: NEW_DATA,
                }]),
                ..self.container(program)
            }),
            volumes: self.volumes.clone(),
            metadata: Some(Rc::clone(&self.uncached)),
            ..Template::default()
        }
    }

    fn volume_termination(&self, claim: &str) -> Template {
        let words = [
            "kubectl",
            "delete",
            "pvc",
            &claim_name(claim),
            "--wait=false",
            "--ignore-not-found",
            "--output",
            "name",
        ];
        Template {
            name: VOLUME_TERMINATION.into(),
            container: Some(Container {
                image: KUBECTL_IMAGE.into(),
                image_pull_policy: None,
                security_context: None,
                ..self.container(words)
            }),
            metadata: Some(Rc::clone(&self.uncached)),
            ..Template::default()
        }
    }

    fn mlflow_start(&self) -> Template {
        let (program, words) = self.plan.mlflow_start();
        Template {
            name: MLFLOW_START.into(),
            container: Some(Container {
                args: words.iter().map(argument).collect(),
                env: Some(self.env(false)),
                ..self.container(program)
            }),
            outputs: Outputs {
                parameters: vec![OutputParameter {
                    name: MLFLOW_RUN_ID,
                    value_from: ValueFrom::Path(MLFLOW_RUN_ID_FILE),
                }],
                artifacts: vec![Artifact {
                    name: MLFLOW_RUN_ID.into(),
                    path: MLFLOW_RUN_ID_FILE.into(),
                }],
            },
            metadata: Some(Rc::clone(&self.uncached)),
            ..Template::default()
        }
    }

    /// The templates of the steps that run nodes.
    fn steps(&self) -> impl Iterator<Item = Template> {
        let command: Rc<[Text]> = self.plan.program().into_iter().map(Text::from).collect();
        let arguments: Vec<Text> = self.plan.arguments().iter().map(argument).collect();
        let env = self.env(true);
        let metadata = metadata(true, self.plan.max_cache_staleness.as_deref());
        let inputs = self
            .plan
            .volume
            .iter()
            .map(|_| VOLUME_NAME)
            .chain(self.plan.mlflow.then_some(MLFLOW_RUN_ID));
        let inputs = inputs.chain(
            self.plan
                .parameters
                .list
                .iter()
                .map(|parameter| parameter.argument.as_str()),
        );
        let inputs = Rc::new(Parameters {
            parameters: inputs.map(|name| parameter(name, None)).collect(),
        });
        let mount = self.plan.volume.as_ref().map(|_| {
            [VolumeMount {
                name: VOLUME_CREATE,
                mount_path: DATA,
            }]
        });
        self.plan
            .steps
            .iter()
            .zip(&self.names)
            .map(move |(step, name)| Template {
                name: Rc::clone(name),
                inputs: Rc::clone(&inputs),
                outputs: Outputs {
                    parameters: Vec::new(),
                    artifacts: step.artifacts.iter().map(artifact).collect(),
                },
                metadata: Some(Rc::clone(&metadata)),
                container: Some(Container {
                    image: Rc::clone(&self.image),
                    image_pull_policy: Some(Rc::clone(&self.pull_policy)),
                    command: Rc::clone(&command),
                    args: arguments
                        .iter()
                        .cloned()
                        .chain([escape(&step.node).into()])
                        .collect(),
                    env: Some(Rc::clone(&env)),
                    resources: resources(step),
                    security_context: self.user,
                    volume_mounts: mount,
                }),
                volumes: self.volumes.clone(),
                ..Template::default()
            })
    }

    /// A container of the project's image.
    fn container<'w>(&self, command: impl IntoIterator<Item = &'w str>) -> Container {
        Container {
            image: Rc::clone(&self.image),
            image_pull_policy: Some(Rc::clone(&self.pull_policy)),
            command: command.into_iter().map(Text::from).collect(),
            args: Vec::new(),
            env: None,
            resources: None,
            security_context: self.user,
            volume_mounts: None,
        }
    }

    fn env(&self, of_node: bool) -> Rc<[EnvVar]> {
        self.plan
            .variables(of_node)
            .iter()
            .map(|(name, value)| variable(name, value))
            .collect()
    }
}

/// An environment variable. The id of the run comes from the label that Kubeflow gives to every pod of a run:
/// written into the template, it would be part of what Kubeflow's cache compares, and no result would ever be
/// found there.
fn variable(name: &str, value: &Word) -> EnvVar {
    let is_run_id = value.0 == [Part::RunId];
    let label = || EnvVarSource {
        field_ref: FieldSelector {
            field_path: "metadata.labels['pipeline/runid']",
        },
    };
    EnvVar {
        name: name.into(),
        value: (!is_run_id).then(|| argument(value)),
        value_from: is_run_id.then(label),
    }
}

fn claim_name(claim: &str) -> String {
    format!("{{{{workflow.name}}}}-{claim}")
}

fn metadata(cached: bool, staleness: Option<&str>) -> Rc<TemplateMetadata> {
    Rc::new(TemplateMetadata {
        labels: BTreeMap::from([
            (KEY_SDK_VERSION, SDK_VERSION),
            (KEY_SDK_TYPE, "kfp"),
            (KEY_ENABLE_CACHING, if cached { "true" } else { "false" }),
        ]),
        annotations: staleness
            .map(|staleness| (KEY_CACHE_STALENESS, staleness.into()))
            .into_iter()
            .collect(),
    })
}

fn resources(step: &Step) -> Option<Resources> {
    if step.resources.is_empty() {
        return None;
    }
    let quantities: BTreeMap<Text, Text> = step
        .resources
        .iter()
        .map(|(name, quantity)| (name.as_str().into(), quantity.as_str().into()))
        .collect();
    let quantities = Rc::new(quantities);
    Some(Resources {
        limits: Rc::clone(&quantities),
        requests: quantities,
    })
}

fn artifact(artifact: &crate::plan::Artifact) -> Artifact {
    Artifact {
        name: artifact.name.as_str().into(),
        path: artifact.path.as_str().into(),
    }
}

/// An argument or the value of an environment variable as Argo takes it.
fn argument(word: &Word) -> Text {
    let part = |part: &Part| match part {
        Part::Text(text) => escape(text),
        Part::Parameter(parameter) => input(&parameter.argument),
        Part::RunId => "{{workflow.uid}}".to_owned(),
        Part::MlflowRunId => input(MLFLOW_RUN_ID),
    };
    word.0.iter().map(part).collect::<String>().into()
}

/// Kubernetes expands `$(NAME)` in arguments and environment variables, and takes `$$` for `$`.
fn escape(text: &str) -> String {
    if text.contains("$(") || text.contains("$$") {
        text.replace('$', "$$")
    } else {
        text.to_owned()
    }
}
