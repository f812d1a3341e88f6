//! `kubeflow.yaml`, typed and checked. The keys, their defaults and their meaning are those of
//! kedro-kubeflow 0.4.3.

mod duration;
mod quantity;
mod section;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Result;
use indexmap::IndexMap;

use crate::failure::Failure;
use crate::kedro::Config;
use crate::wording::did_you_mean;
use crate::yaml::Node;
use duration::is_duration;
use section::{Section, text, wrong};

/// The value of `host` that selects Vertex AI Pipelines.
pub const VERTEX_AI: &str = "vertex-ai-pipelines";

/// The whole file.
#[derive(Debug, Default)]
pub struct Settings {
    /// Base URL of Kubeflow Pipelines, or [`VERTEX_AI`].
    pub host: Option<String>,
    /// The Google Cloud project (Vertex AI only).
    pub project_id: Option<String>,
    /// The Google Cloud region (Vertex AI only).
    pub region: Option<String>,
    /// `run_config`.
    pub run_config: RunConfig,
    files: Vec<PathBuf>,
}

/// `run_config`.
#[derive(Debug)]
pub struct RunConfig {
    /// The image that every step runs in.
    pub image: Option<String>,
    /// When the cluster pulls the image: `Always`, `IfNotPresent` or `Never`.
    pub image_pull_policy: String,
    /// Location of the pipeline root in Google Cloud Storage (Vertex AI only).
    pub root: Option<String>,
    /// The experiment that runs belong to.
    pub experiment_name: Option<String>,
    /// The name of a run started by `run-once`.
    pub run_name: Option<String>,
    /// The description of the pipeline.
    pub description: Option<String>,
    /// Whether `run-once` waits for the end of the run.
    pub wait_for_completion: bool,
    /// How long the workflow is kept after its end, in seconds.
    pub ttl: u64,
    /// How old a cached result may be, as an ISO 8601 duration; `P0D` switches caching off.
    pub max_cache_staleness: Option<String>,
    /// Whether the files that nodes write become artifacts of Kubeflow Pipelines.
    pub store_kedro_outputs_as_kfp_artifacts: bool,
    /// The volume that steps share their data on.
    pub volume: Option<Volume>,
    /// What nodes may use of the cluster.
    pub resources: Resources,
}

/// `run_config.volume`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Storage class; the cluster's default where it is not set.
    pub storageclass: Option<String>,
    /// Size, as a Kubernetes quantity.
    pub size: String,
    /// Access modes of the claim.
    pub access_modes: Vec<String>,
    /// Whether the data in the image is not copied to the new volume.
    pub skip_init: bool,
    /// The user id that steps run as; the image's own where it is null.
    pub owner: Option<u64>,
    /// Whether the volume outlives the run.
    pub keep: bool,
}

/// `run_config.resources`.
#[derive(Debug, Default)]
pub struct Resources {
    default: IndexMap<String, Option<String>>,
    nodes: IndexMap<String, (usize, IndexMap<String, Option<String>>)>,
    file: Option<Rc<Path>>,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            image: None,
            image_pull_policy: "IfNotPresent".to_owned(),
            root: None,
            experiment_name: None,
            run_name: None,
            description: None,
            wait_for_completion: false,
            ttl: 7 * 24 * 60 * 60,
            max_cache_staleness: None,
            store_kedro_outputs_as_kfp_artifacts: true,
            volume: None,
            resources: Resources::default(),
        }
    }
}

impl Default for Volume {
    fn default() -> Self {
        Self {
            storageclass: None,
            size: "1Gi".to_owned(),
            access_modes: vec!["ReadWriteOnce".to_owned()],
            skip_init: false,
            owner: Some(0),
            keep: false,
        }
    }
}

/// Keys of `run_config` that kedro-kubeflow learned after 0.4.3.
const LATER_KEYS: [&str; 7] = [
    "retry_policy",
    "tolerations",
    "affinity",
    "extra_volumes",
    "on_exit_pipeline",
    "node_merge_strategy",
    "scheduled_run_name",
];

impl Settings {
    /// Reads the configuration of kind `kubeflow`; unknown keys become warnings.
    ///
    /// # Errors
    /// Where there is no such file, or a value is not what its key needs.
    pub fn new(config: &Config, warnings: &mut Vec<String>) -> Result<Self> {
        if config.files.is_empty() {
            return Err(Failure::usage("no `kubeflow.yaml` in the configuration")
                .hint("write it with `kfk init KFP_URL`")
                .into());
        }
        let mut settings = Self {
            files: config.files.clone(),
            ..Self::default()
        };
        for (key, entry) in &config.entries {
            match key.as_str() {
                "host" => {
                    settings.host = top_level(
                        &entry.node,
                        &entry.file,
                        key,
                        "text, the base URL of Kubeflow Pipelines",
                    )?;
                }
                "project_id" => {
                    settings.project_id = top_level(
                        &entry.node,
                        &entry.file,
                        key,
                        "text, the Google Cloud project",
                    )?;
                }
                "region" => {
                    settings.region = top_level(
                        &entry.node,
                        &entry.file,
                        key,
                        "text, the Google Cloud region",
                    )?;
                }
                "run_config" => {
                    settings.run_config = RunConfig::new(&entry.node, &entry.file, warnings)?;
                }
                _ => {
                    let place = crate::failure::place(&entry.file, entry.node.line);
                    let near = did_you_mean(key, ["host", "project_id", "region", "run_config"]);
                    warnings.push(format!("{place}: unknown key `{key}`{near}"));
                }
            }
        }
        Ok(settings)
    }

    /// Whether Vertex AI Pipelines is the target.
    pub fn is_vertex_ai(&self) -> bool {
        self.host.as_deref() == Some(VERTEX_AI)
    }

    /// The error for a key that a command needs and that is not there.
    pub fn missing(&self, key: &str, meaning: &str) -> Failure {
        self.wrong(key, &format!("is missing: {meaning}"))
    }

    /// The error for a key that a command cannot use as it is; `why` is read behind its name.
    pub fn wrong(&self, key: &str, why: &str) -> Failure {
        let files: Vec<String> = self
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        Failure::usage(format!("{}: `{key}` {why}", files.join(", ")))
    }
}

fn top_level(node: &Node, file: &Path, key: &str, expected: &str) -> Result<Option<String>> {
    match &node.value {
        crate::yaml::Value::Null => Ok(None),
        _ => text(&node.value)
            .map(Some)
            .ok_or_else(|| wrong(file, key, node, expected)),
    }
}

impl RunConfig {
    fn new(node: &Node, file: &Rc<Path>, warnings: &mut Vec<String>) -> Result<Self> {
        let mut run = Self::default();
        let Some(mut section) = Section::new(node, file, "run_config")? else {
            return Ok(run);
        };
        run.image = section.word("image", "text, the name of an image")?;
        if let Some(policy) =
            section.choice("image_pull_policy", &["Always", "IfNotPresent", "Never"])?
        {
            run.image_pull_policy = policy;
        }
        run.root = section.text("root", "text, a bucket and a path")?;
        run.experiment_name = section.text("experiment_name", "text, the name of an experiment")?;
        run.run_name = section.text("run_name", "text, the name of a run")?;
        run.description = section
            .text("description", "text")?
            .filter(|text| !text.is_empty());
        run.wait_for_completion = section
            .flag("wait_for_completion")?
            .unwrap_or(run.wait_for_completion);
        run.ttl = section
            .whole("ttl", "a whole number of seconds")?
            .unwrap_or(run.ttl);
        // Kubeflow's cache server ignores what it cannot read, so a typing error would go unseen.
        run.max_cache_staleness = section
            .read(
                "max_cache_staleness",
                "an ISO 8601 duration such as P0D or P30D",
                |value| text(value).filter(|text| text.is_empty() || is_duration(text)),
            )?
            .filter(|text| !text.is_empty());
        run.store_kedro_outputs_as_kfp_artifacts = section
            .flag("store_kedro_outputs_as_kfp_artifacts")?
            .unwrap_or(run.store_kedro_outputs_as_kfp_artifacts);
        if let Some(node) = section.get("volume") {
            run.volume = Volume::new(node, file, warnings)?;
        }
        if let Some(node) = section.get("resources") {
            run.resources = Resources::new(node, file)?;
        }
        section.finish(&LATER_KEYS, warnings);
        Ok(run)
    }
}

impl Volume {
    /// `None` where the section is null: no volume.
    fn new(node: &Node, file: &Path, warnings: &mut Vec<String>) -> Result<Option<Self>> {
        let mut volume = Self::default();
        let Some(mut section) = Section::new(node, file, "run_config.volume")? else {
            return Ok(None);
        };
        volume.storageclass = section.word("storageclass", "text, the name of a storage class")?;
        volume.size = section
            .quantity("size", quantity::EXPECTED_SIZE)?
            .unwrap_or(volume.size);
        if let Some(modes) = section.choices(
            "access_modes",
            &[
                "ReadWriteOnce",
                "ReadOnlyMany",
                "ReadWriteMany",
                "ReadWriteOncePod",
            ],
        )? {
            volume.access_modes = modes;
        }
        volume.skip_init = section.flag("skip_init")?.unwrap_or(volume.skip_init);
        volume.keep = section.flag("keep")?.unwrap_or(volume.keep);
        if section.is_null("owner") {
            volume.owner = None;
        }
        volume.owner = section
            .whole("owner", "a user id, or null for the image's own user")?
            .or(volume.owner);
        section.finish(&[], warnings);
        Ok(Some(volume))
    }
}

/// The entry of `resources` that counts for every node.
const DEFAULT: &str = "__default__";

impl Resources {
    fn new(node: &Node, file: &Rc<Path>) -> Result<Self> {
        let mut resources = Self {
            file: Some(Rc::clone(file)),
            ..Self::default()
        };
        let Some(section) = Section::new(node, file, "run_config.resources")? else {
            return Ok(resources);
        };
        for (name, node) in section.entries() {
            let key = format!("run_config.resources.{name}");
            let quantities = match Section::new(node, file, &key)? {
                Some(section) => section.quantities()?,
                None => IndexMap::new(),
            };
            if name == DEFAULT {
                resources.default = quantities;
            } else {
                resources
                    .nodes
                    .insert(name.to_owned(), (node.line, quantities));
            }
        }
        Ok(resources)
    }

    /// What the node may use: the defaults, overlaid by its own. A quantity of null takes a default away.
    pub fn of(&self, node: &str) -> IndexMap<&str, &str> {
        let own = self.nodes.get(node).map(|(_, quantities)| quantities);
        let mut all: IndexMap<&str, Option<&str>> = IndexMap::new();
        for (name, quantity) in self.default.iter().chain(own.into_iter().flatten()) {
            all.insert(name, quantity.as_deref());
        }
        all.into_iter()
            .filter_map(|(name, quantity)| Some((name, quantity?)))
            .collect()
    }

    /// Warns about entries that are no node of the pipeline, the first few each with the nearest node.
    pub fn unmatched<'a>(&self, nodes: &(impl Iterator<Item = &'a str> + Clone)) -> Vec<String> {
        const MOST: usize = 10;
        let known: HashSet<&str> = nodes.clone().collect();
        let file = self.file.as_deref().unwrap_or(Path::new(""));
        let mut unmatched = self
            .nodes
            .iter()
            .filter(|(name, _)| !known.contains(name.as_str()));
        let mut warnings: Vec<String> = unmatched
            .by_ref()
            .take(MOST)
            .map(|(name, (line, _))| {
                let near = did_you_mean(name, nodes.clone().chain([DEFAULT]));
                let place = crate::failure::place(file, *line);
                format!("{place}: `run_config.resources.{name}` is no node of the pipeline{near}")
            })
            .collect();
        let more = unmatched.count();
        if more > 0 {
            warnings.push(format!(
                "{}: {more} more entries of `run_config.resources` are no nodes of the pipeline",
                file.display()
            ));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Result<(Settings, Vec<String>)> {
        let config = Config::from_yaml("conf/base/kubeflow.yaml", text);
        let mut warnings = Vec::new();
        Settings::new(&config, &mut warnings).map(|settings| (settings, warnings))
    }

    fn error(text: &str) -> String {
        let error = settings(text).unwrap_err();
        let hint = crate::failure::hint_of(&error)
            .map(|hint| format!(" | {hint}"))
            .unwrap_or_default();
        format!("{error:#}{hint}")
    }

    #[test]
    fn every_key_is_read() {
        let (settings, warnings) = settings(
            "host: https://h/pipeline\nproject_id: p\nregion: r\nrun_config:\n  image: i\n  image_pull_policy: Never\n  root: b/x\n  \
             experiment_name: e\n  run_name: r\n  description: d\n  wait_for_completion: yes\n  ttl: '60'\n  max_cache_staleness: P0D\n  \
             store_kedro_outputs_as_kfp_artifacts: 'False'\n  volume:\n    storageclass: fast\n    size: 5\n    access_modes: [ReadWriteMany]\n    \
             skip_init: on\n    owner: 47\n    keep: true\n  resources:\n    __default__: {cpu: 0.2, memory: 64Mi}\n    a.b: {cpu: 8, nvidia.com/gpu: 1, memory: null}\n",
        )
        .unwrap();
        assert_eq!(warnings, [""; 0]);
        insta::assert_debug_snapshot!(settings, @r#"
        Settings {
            host: Some(
                "https://h/pipeline",
            ),
            project_id: Some(
                "p",
            ),
            region: Some(
                "r",
            ),
            run_config: RunConfig {
                image: Some(
                    "i",
                ),
                image_pull_policy: "Never",
                root: Some(
                    "b/x",
                ),
                experiment_name: Some(
                    "e",
                ),
                run_name: Some(
                    "r",
                ),
                description: Some(
                    "d",
                ),
                wait_for_completion: true,
                ttl: 60,
                max_cache_staleness: Some(
                    "P0D",
                ),
                store_kedro_outputs_as_kfp_artifacts: false,
                volume: Some(
                    Volume {
                        storageclass: Some(
                            "fast",
                        ),
                        size: "5",
                        access_modes: [
                            "ReadWriteMany",
                        ],
                        skip_init: true,
                        owner: Some(
                            47,
                        ),
                        keep: true,
                    },
                ),
                resources: Resources {
                    default: {
                        "cpu": Some(
                            "0.2",
                        ),
                        "memory": Some(
                            "64Mi",
                        ),
                    },
                    nodes: {
                        "a.b": (
                            24,
                            {
                                "cpu": Some(
                                    "8",
                                ),
                                "nvidia.com/gpu": Some(
                                    "1",
                                ),
                                "memory": None,
                            },
                        ),
                    },
                    file: Some(
                        "conf/base/kubeflow.yaml",
                    ),
                },
            },
            files: [
                "conf/base/kubeflow.yaml",
            ],
        }
        "#);
        assert_eq!(
            settings.run_config.resources.of("a.b"),
            IndexMap::from([("cpu", "8"), ("nvidia.com/gpu", "1")])
        );
        assert_eq!(
            settings.run_config.resources.of("other"),
            IndexMap::from([("cpu", "0.2"), ("memory", "64Mi")])
        );
    }

    #[test]
    fn what_is_left_out_has_the_plugins_defaults() {
        let run = settings("run_config:\n  volume: {}\n")
            .unwrap()
            .0
            .run_config;
        assert_eq!(run.volume, Some(Volume::default()));
        assert_eq!(
            (
                run.ttl,
                run.wait_for_completion,
                run.store_kedro_outputs_as_kfp_artifacts
            ),
            (604_800, false, true)
        );
        let null = settings("run_config:\n  volume:\n");
        assert_eq!(null.unwrap().0.run_config.volume, None);
    }

    #[test]
    fn a_wrong_value_is_named_with_what_is_expected() {
        let in_run_config = |text: &str| error(&format!("run_config:\n  {text}\n"));
        insta::assert_snapshot!(error("host: 1\n"), @"conf/base/kubeflow.yaml:1: `host` must be text, the base URL of Kubeflow Pipelines, not the number `1` | write it in quotes to make text of it");
        insta::assert_snapshot!(error("run_config: [a]\n"), @"conf/base/kubeflow.yaml:1: `run_config` must be a mapping, not a list");
        insta::assert_snapshot!(in_run_config("image: 1.10"), @"conf/base/kubeflow.yaml:2: `run_config.image` must be text, the name of an image, not the number `1.1` | write it in quotes to make text of it");
        insta::assert_snapshot!(in_run_config("image: [a]"), @"conf/base/kubeflow.yaml:2: `run_config.image` must be text, the name of an image, not a list");
        insta::assert_snapshot!(in_run_config("image_pull_policy: Sometimes"), @"conf/base/kubeflow.yaml:2: `run_config.image_pull_policy` must be one of Always, IfNotPresent, Never, not the text `Sometimes`");
        insta::assert_snapshot!(in_run_config("ttl: 1 week"), @"conf/base/kubeflow.yaml:2: `run_config.ttl` must be a whole number of seconds, of at most 2147483647, not the text `1 week`");
        insta::assert_snapshot!(in_run_config("ttl: -1"), @"conf/base/kubeflow.yaml:2: `run_config.ttl` must be a whole number of seconds, of at most 2147483647, not the number `-1`");
        insta::assert_snapshot!(in_run_config("wait_for_completion: maybe"), @"conf/base/kubeflow.yaml:2: `run_config.wait_for_completion` must be true or false, not the text `maybe`");
        insta::assert_snapshot!(in_run_config("max_cache_staleness: 0"), @"conf/base/kubeflow.yaml:2: `run_config.max_cache_staleness` must be an ISO 8601 duration such as P0D or P30D, not the number `0`");
        insta::assert_snapshot!(in_run_config("max_cache_staleness: 30 days"), @"conf/base/kubeflow.yaml:2: `run_config.max_cache_staleness` must be an ISO 8601 duration such as P0D or P30D, not the text `30 days`");
        insta::assert_snapshot!(in_run_config("volume: yes"), @"conf/base/kubeflow.yaml:2: `run_config.volume` must be a mapping, not the truth value `true`");
        insta::assert_snapshot!(in_run_config("volume: {size: 1 GB}"), @"conf/base/kubeflow.yaml:2: `run_config.volume.size` must be a Kubernetes quantity such as 1Gi, not the text `1 GB`");
        insta::assert_snapshot!(in_run_config("volume: {owner: root}"), @"conf/base/kubeflow.yaml:2: `run_config.volume.owner` must be a user id, or null for the image's own user, of at most 2147483647, not the text `root`");
        insta::assert_snapshot!(in_run_config("volume: {access_modes: ReadWriteMany}"), @"conf/base/kubeflow.yaml:2: `run_config.volume.access_modes` must be a list of one or more of ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod, not the text `ReadWriteMany`");
        insta::assert_snapshot!(in_run_config("volume: {access_modes: [ReadWriteOnce, Many]}"), @"conf/base/kubeflow.yaml:2: `run_config.volume.access_modes` must be a list of one or more of ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod, not a list");
        insta::assert_snapshot!(in_run_config("volume: {access_modes: []}"), @"conf/base/kubeflow.yaml:2: `run_config.volume.access_modes` must be a list of one or more of ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod, not an empty list");
        insta::assert_snapshot!(in_run_config("volume: {size: 0}"), @"conf/base/kubeflow.yaml:2: `run_config.volume.size` must be a Kubernetes quantity such as 1Gi, not the number `0`");
        insta::assert_snapshot!(in_run_config("image: ''"), @"conf/base/kubeflow.yaml:2: `run_config.image` must be text, the name of an image, not an empty text");
        insta::assert_snapshot!(in_run_config("image: a b"), @"conf/base/kubeflow.yaml:2: `run_config.image` must be text, the name of an image, not the text `a b`");
        insta::assert_snapshot!(in_run_config("resources: {a: {cpus: 1}}"), @"conf/base/kubeflow.yaml:2: `run_config.resources.a.cpus` is no resource that Kubernetes knows; did you mean `cpu`? | those of containers are cpu, memory, ephemeral-storage, hugepages-SIZE, and names with a domain such as nvidia.com/gpu");
        insta::assert_snapshot!(in_run_config("resources: {a: {gpu: 1}}"), @"conf/base/kubeflow.yaml:2: `run_config.resources.a.gpu` is no resource that Kubernetes knows | those of containers are cpu, memory, ephemeral-storage, hugepages-SIZE, and names with a domain such as nvidia.com/gpu");
        insta::assert_snapshot!(in_run_config("resources: {a: 1Gi}"), @"conf/base/kubeflow.yaml:2: `run_config.resources.a` must be a mapping, not the text `1Gi`");
        insta::assert_snapshot!(in_run_config("resources: {a: {cpu: lots}}"), @"conf/base/kubeflow.yaml:2: `run_config.resources.a.cpu` must be a Kubernetes quantity such as 200m, 0.5, 4 or 2Gi, not the text `lots`");
    }

    #[test]
    fn unknown_keys_and_those_of_later_releases_are_warned_about() {
        let (_, warnings) =
            settings("hots: x\nrun_config:\n  imagee: x\n  retry_policy: {}\n  volume: {sise: 1Gi}\n  zzz: 1\n").unwrap();
        insta::assert_snapshot!(warnings.join("\n"), @"
        conf/base/kubeflow.yaml:1: unknown key `hots`; did you mean `host`?
        conf/base/kubeflow.yaml:5: unknown key `run_config.volume.sise`; did you mean `size`?
        conf/base/kubeflow.yaml:3: unknown key `run_config.imagee`; did you mean `image`?
        conf/base/kubeflow.yaml:4: `run_config.retry_policy` is not yet applied by kfk; the workflow is made without it
        conf/base/kubeflow.yaml:6: unknown key `run_config.zzz`
        ");
    }

    #[test]
    fn entries_of_no_node_are_warned_about() {
        let (settings, _) = settings(
            "run_config:\n  resources:\n    train_modle: {cpu: 1}\n    train_model: {cpu: 1}\n",
        )
        .unwrap();
        let warnings = settings
            .run_config
            .resources
            .unmatched(&["split_data", "train_model"].into_iter());
        let many: Vec<String> = (0..100)
            .map(|i| format!("    zz{i}: {{cpu: 1}}\n"))
            .collect();
        let (settings_of_many, _) =
            self::settings(&format!("run_config:\n  resources:\n{}", many.concat())).unwrap();
        let many = settings_of_many
            .run_config
            .resources
            .unmatched(&["a"].into_iter());
        assert_eq!(many.len(), 11);
        assert!(many[10].contains("90 more entries"), "{}", many[10]);
        insta::assert_snapshot!(warnings.join("\n"), @"conf/base/kubeflow.yaml:3: `run_config.resources.train_modle` is no node of the pipeline; did you mean `train_model`?");
    }
}
