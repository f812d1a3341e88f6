//! The fields of an Argo `Workflow` that kfk writes, by their names in Argo's API
//! (`argoproj.io/v1alpha1`). What many templates share is kept once, behind an [`Rc`].

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;

/// A name or another text that is taken from the plan, shared, or made for this place.
pub(super) type Text = Rc<str>;

/// A workflow, ready to be written as YAML or JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Workflow {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) metadata: WorkflowMetadata,
    pub(super) spec: Spec,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkflowMetadata {
    pub generate_name: String,
    pub labels: BTreeMap<&'static str, Text>,
    pub annotations: BTreeMap<&'static str, Text>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    pub entrypoint: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_exit: Option<&'static str>,
    pub service_account_name: &'static str,
    pub ttl_strategy: TtlStrategy,
    #[serde(skip_serializing_if = "Parameters::is_empty")]
    pub arguments: Parameters,
    pub templates: Vec<Template>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TtlStrategy {
    pub seconds_after_completion: u64,
}

/// Inputs of a template, arguments of a task or of the workflow.
#[derive(Debug, Default, Serialize)]
pub(super) struct Parameters {
    pub parameters: Vec<Parameter>,
}

impl Parameters {
    pub(super) fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Parameter {
    pub name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Text>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Template {
    pub name: Text,
    #[serde(skip_serializing_if = "is_empty")]
    pub inputs: Rc<Parameters>,
    #[serde(skip_serializing_if = "Outputs::is_empty")]
    pub outputs: Outputs,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Rc<TemplateMetadata>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dag: Option<Dag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<Rc<[Volume; 1]>>,
}

fn is_empty(parameters: &Rc<Parameters>) -> bool {
    parameters.is_empty()
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Outputs {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<OutputParameter>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
}

impl Outputs {
    fn is_empty(&self) -> bool {
        self.parameters.is_empty() && self.artifacts.is_empty()
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutputParameter {
    pub name: &'static str,
    pub value_from: ValueFrom,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ValueFrom {
    JsonPath(&'static str),
    Path(&'static str),
}

#[derive(Debug, Serialize)]
pub(super) struct Artifact {
    pub name: Text,
    pub path: Text,
}

#[derive(Debug, Serialize)]
pub(super) struct TemplateMetadata {
    pub labels: BTreeMap<&'static str, &'static str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<&'static str, Text>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container {
    pub image: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_policy: Option<Text>,
    pub command: Rc<[Text]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<Rc<[EnvVar]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<SecurityContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_mounts: Option<[VolumeMount; 1]>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvVar {
    pub name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<EnvVarSource>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvVarSource {
    pub field_ref: FieldSelector,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldSelector {
    pub field_path: &'static str,
}

/// Requests and limits are the same, as in the plugin.
#[derive(Debug, Serialize)]
pub(super) struct Resources {
    pub limits: Rc<BTreeMap<Text, Text>>,
    pub requests: Rc<BTreeMap<Text, Text>>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecurityContext {
    pub run_as_user: u64,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VolumeMount {
    pub name: &'static str,
    pub mount_path: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Volume {
    pub name: &'static str,
    pub persistent_volume_claim: ClaimSource,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClaimSource {
    pub claim_name: Text,
}

#[derive(Debug, Serialize)]
pub(super) struct Dag {
    pub tasks: Vec<Task>,
}

#[derive(Debug, Serialize)]
pub(super) struct Task {
    pub name: Text,
    pub template: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Text>,
    #[serde(skip_serializing_if = "is_empty")]
    pub arguments: Rc<Parameters>,
}

#[derive(Debug, Serialize)]
pub(super) struct Resource {
    pub action: &'static str,
    /// YAML of the object, as Argo applies it.
    pub manifest: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PersistentVolumeClaim<'a> {
    pub api_version: &'static str,
    pub kind: &'static str,
    pub metadata: ClaimMetadata,
    pub spec: ClaimSpec<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct ClaimMetadata {
    pub name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClaimSpec<'a> {
    pub access_modes: &'a [String],
    pub resources: ClaimResources<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class_name: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct ClaimResources<'a> {
    pub requests: ClaimRequests<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct ClaimRequests<'a> {
    pub storage: &'a str,
}
