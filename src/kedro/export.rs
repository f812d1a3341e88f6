//! The JSON export of a project's pipelines.
//!
//! Two forms are read, told apart by their keys: what `Pipeline.to_json()` writes (one pipeline, no name),
//! and the registry export (`{"kedro_version": …, "pipelines": {NAME: [node, …]}}`).

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::pipeline::{Node, Pipeline};
use super::version::KedroVersion;
use crate::failure::Failure;
use crate::wording::{did_you_mean, listed};
use crate::yaml;

/// The pipeline that `kedro run` runs when none is named.
pub const DEFAULT_PIPELINE: &str = "__default__";

/// The name of the export at the root of the project.
const PIPELINE_JSON: &str = "pipeline.json";

/// Where the export is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `pipeline.json` at the root of the project.
    Default(PathBuf),
    /// A file that was named.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// An export.
#[derive(Debug)]
pub struct Export {
    /// The Kedro version that wrote it.
    pub kedro_version: Option<KedroVersion>,
    pipelines: Pipelines,
    source: Source,
}

#[derive(Debug)]
enum Pipelines {
    /// One pipeline that does not say which it is.
    Unnamed(Vec<Node>),
    Named(IndexMap<String, Vec<Node>>),
}

#[derive(Deserialize)]
struct Raw {
    kedro_version: Option<String>,
    pipeline: Option<Vec<Node>>,
    pipelines: Option<RawPipelines>,
    /// Kedro-Viz has nodes and edges.
    edges: Option<IgnoredAny>,
}

enum RawPipelines {
    Named(IndexMap<String, Vec<Node>>),
    /// Kedro's project snapshot and Kedro-Viz list them.
    Listed,
}

impl<'de> Deserialize<'de> for RawPipelines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = RawPipelines;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a mapping from names of pipelines to lists of nodes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawPipelines, A::Error> {
                let mut pipelines = IndexMap::new();
                while let Some((name, nodes)) = map.next_entry()? {
                    pipelines.insert(name, nodes);
                }
                Ok(RawPipelines::Named(pipelines))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawPipelines, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(RawPipelines::Listed)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Default(_) => f.write_str(PIPELINE_JSON),
            Self::File(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("standard input"),
        }
    }
}

impl Source {
    /// `pipeline.json` of the project, or what was named; `-` is standard input.
    pub fn new(project: &Path, named: Option<&Path>) -> Self {
        match named {
            None => Self::Default(project.join(PIPELINE_JSON)),
            Some(path) if path == Path::new("-") => Self::Stdin,
            Some(path) => Self::File(path.to_owned()),
        }
    }

    /// Reads the export.
    ///
    /// # Errors
    /// Where it is not there, cannot be read, is not JSON, or is of no form that kfk knows.
    pub fn read(self) -> Result<Export> {
        let bytes = match &self {
            Self::Default(path) | Self::File(path) => fs::read(path).map_err(|error| {
                if error.kind() != io::ErrorKind::NotFound {
                    return anyhow::Error::new(error)
                        .context(format!("cannot read `{}`", path.display()));
                }
                let failure = Failure::usage(format!(
                    "no pipeline export: `{}` is not there",
                    path.display()
                ));
                match &self {
                    Self::Default(_) => failure.hint(HOW_TO_EXPORT).into(),
                    _ => failure.into(),
                }
            })?,
            Self::Stdin => {
                let mut bytes = Vec::new();
                io::stdin()
                    .lock()
                    .read_to_end(&mut bytes)
                    .context("cannot read standard input")?;
                bytes
            }
        };
        parse(self, &bytes)
    }
}

/// What to do where there is no export; the command is that of the README.
const HOW_TO_EXPORT: &str = "write it with the project's own Python, in the project's folder (before Kedro 0.17.3 as the README says):\n\n  \
    python -c \"import json, pathlib, kedro; from kedro.framework.startup import bootstrap_project; bootstrap_project(pathlib.Path.cwd()); \
    from kedro.framework.project import pipelines; pathlib.Path('pipeline.json').write_text(json.dumps({'kedro_version': kedro.__version__, \
    'pipelines': {name: sorted(json.loads(pipeline.to_json())['pipeline'], key=lambda node: node['name']) \
    for name, pipeline in pipelines.items()}}, indent=1))\"";

/// What was expected where something else is found.
const EXPECTED: &str = "expected what Kedro's `Pipeline.to_json()` writes, or the registry export that the README describes";

fn parse(source: Source, bytes: &[u8]) -> Result<Export> {
    let refuse = |what: &str| Failure::usage(format!("{source}: {what}"));
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(refuse("UTF-16 text, as PowerShell's `>` writes it")
            .hint("save the file as UTF-8")
            .into());
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(
            refuse("empty; the command that should have written it has probably failed").into(),
        );
    }
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    if !is_object && serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
        return Err(refuse("not a JSON object").hint(EXPECTED).into());
    }
    let raw: Raw = serde_json::from_slice(bytes).map_err(|error| {
        let error = yaml::json::located(&error);
        Failure::usage(format!(
            "{source}:{}:{}: {}",
            error.line, error.column, error.message
        ))
        .hint(EXPECTED)
    })?;
    let kedro_version = match raw.kedro_version {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|()| refuse(&format!("`kedro_version` is no version: `{text}`")))?,
        ),
    };
    let pipelines = match (raw.pipelines, raw.pipeline) {
        (Some(RawPipelines::Named(pipelines)), _) => Pipelines::Named(pipelines),
        (None, Some(nodes)) => Pipelines::Unnamed(nodes),
        (other, _) => {
            let what = match other {
                _ if raw.edges.is_some() => {
                    "looks like an export of Kedro-Viz, which kfk does not read yet"
                }
                Some(_) => "looks like Kedro's project snapshot, which kfk does not read yet",
                None => "neither `pipeline` nor `pipelines` is in it",
            };
            return Err(refuse(what).hint(HOW_TO_EXPORT).into());
        }
    };
    Ok(Export {
        kedro_version,
        pipelines,
        source,
    })
}

impl Export {
    /// Takes out the pipeline called `name`. An export without names holds the one that was asked for, where
    /// that is the default one or the file was named for it.
    ///
    /// # Errors
    /// Where it is not there, or is not a pipeline that could run.
    pub fn into_pipeline(self, name: &str) -> Result<Pipeline> {
        let nodes = match self.pipelines {
            Pipelines::Unnamed(nodes) => {
                if name != DEFAULT_PIPELINE && matches!(self.source, Source::Default(_)) {
                    return Err(Failure::usage(format!(
                        "{}: no pipeline named `{name}`; the file holds one pipeline without a name, which is taken for `{DEFAULT_PIPELINE}`",
                        self.source
                    ))
                    .hint(format!("if it holds `{name}`, say so with `--pipeline-json`; the README has the command that exports all pipelines"))
                    .into());
                }
                nodes
            }
            Pipelines::Named(mut pipelines) => pipelines.swap_remove(name).ok_or_else(|| {
                let known = if pipelines.is_empty() {
                    "no pipelines at all".to_owned()
                } else {
                    listed(pipelines.keys().map(String::as_str))
                };
                let near = did_you_mean(name, pipelines.keys().map(String::as_str));
                Failure::usage(format!("{}: no pipeline named `{name}`{near}", self.source))
                    .hint(format!("the file holds {known}"))
            })?,
        };
        Pipeline::new(name, nodes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(bytes: &[u8], source: Source, name: &str) -> Result<Vec<String>, String> {
        let export = parse(source, bytes);
        export
            .and_then(|export| export.into_pipeline(name))
            .map(|p| p.nodes.into_iter().map(|n| n.name).collect())
            .map_err(|error| {
                let hint = crate::failure::hint_of(&error).unwrap_or_default();
                if hint == HOW_TO_EXPORT {
                    error.to_string()
                } else {
                    format!("{error} | {hint}")
                }
            })
    }

    const NODE: &str = r#"{"name": "a", "inputs": ["x"], "outputs": ["y"], "tags": ["t"]}"#;

    #[test]
    fn forms_are_known_by_their_keys() {
        let one = format!(r#"{{"kedro_version": "0.17.4", "pipeline": [{NODE}]}}"#);
        let all = format!(
            r#"{{"pipelines": {{"__default__": [{NODE}], "ds": [{NODE}]}}, "kedro_version": "1.0.0"}}"#
        );
        let default = || Source::Default("pipeline.json".into());
        let file = || Source::File("x.json".into());
        assert_eq!(
            named(one.as_bytes(), default(), DEFAULT_PIPELINE).unwrap(),
            ["a"]
        );
        assert_eq!(named(one.as_bytes(), file(), "ds").unwrap(), ["a"]);
        assert_eq!(named(all.as_bytes(), default(), "ds").unwrap(), ["a"]);
        assert_eq!(
            parse(default(), all.as_bytes()).unwrap().kedro_version,
            Some(KedroVersion::new(1, 0, 0))
        );
        let with_mark = [b"\xef\xbb\xbf", one.as_bytes()].concat();
        assert_eq!(
            named(&with_mark, default(), DEFAULT_PIPELINE).unwrap(),
            ["a"]
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &[u8], name: &str| {
            named(text, Source::Default("pipeline.json".into()), name).unwrap_err()
        };
        let one = format!(r#"{{"kedro_version": "0.17.4", "pipeline": [{NODE}]}}"#);
        let all = format!(r#"{{"pipelines": {{"__default__": [{NODE}], "data_science": []}}}}"#);
        insta::assert_snapshot!(error(one.as_bytes(), "ds"), @"pipeline.json: no pipeline named `ds`; the file holds one pipeline without a name, which is taken for `__default__` | if it holds `ds`, say so with `--pipeline-json`; the README has the command that exports all pipelines");
        insta::assert_snapshot!(error(all.as_bytes(), "data_sceince"), @"pipeline.json: no pipeline named `data_sceince`; did you mean `data_science`? | the file holds `__default__`, `data_science`");
        insta::assert_snapshot!(error(all.as_bytes(), "data_science"), @"the pipeline `data_science` has no nodes, so there is nothing to run |");
        insta::assert_snapshot!(error(b"{\"pipelines\": {}}", "x"), @"pipeline.json: no pipeline named `x` | the file holds no pipelines at all");
        insta::assert_snapshot!(error(b"{\"pipeline\": [\n {\"name\": \"a\"}]}", "x"), @"pipeline.json:2:14: missing field `inputs` | expected what Kedro's `Pipeline.to_json()` writes, or the registry export that the README describes");
        insta::assert_snapshot!(error(b"{\"pipeline\": [\n", "x"), @"pipeline.json:2:1: EOF while parsing a list | expected what Kedro's `Pipeline.to_json()` writes, or the registry export that the README describes");
        insta::assert_snapshot!(error(b"{\"pipeline\": {}}", "x"), @"pipeline.json:1:13: invalid type: map, expected a sequence | expected what Kedro's `Pipeline.to_json()` writes, or the registry export that the README describes");
        insta::assert_snapshot!(error(b"[]", "x"), @"pipeline.json: not a JSON object | expected what Kedro's `Pipeline.to_json()` writes, or the registry export that the README describes");
        insta::assert_snapshot!(error(b"{}", "x"), @"pipeline.json: neither `pipeline` nor `pipelines` is in it");
        insta::assert_snapshot!(error(b"{\"pipeline\": [{\"name\": \"\xff\"}]}", "x"), @"pipeline.json:1:25: invalid unicode code point | expected what Kedro's `Pipeline.to_json()` writes, or the registry export that the README describes");
        insta::assert_snapshot!(error(b"INFO loading\n{}", "x"), @"pipeline.json:1:1: expected value | expected what Kedro's `Pipeline.to_json()` writes, or the registry export that the README describes");
        insta::assert_snapshot!(error(b"{\"kedro_version\": \"dev\", \"pipeline\": []}", "x"), @"pipeline.json: `kedro_version` is no version: `dev` |");
        insta::assert_snapshot!(error(b" \n", "x"), @"pipeline.json: empty; the command that should have written it has probably failed |");
        insta::assert_snapshot!(error(b"\xff\xfe{\0}\0", "x"), @"pipeline.json: UTF-16 text, as PowerShell's `>` writes it | save the file as UTF-8");
        insta::assert_snapshot!(error(b"{\"metadata\": {}, \"pipelines\": [{\"name\": \"x\"}]}", "x"), @"pipeline.json: looks like Kedro's project snapshot, which kfk does not read yet");
        insta::assert_snapshot!(error(b"{\"nodes\": [], \"edges\": [], \"pipelines\": []}", "x"), @"pipeline.json: looks like an export of Kedro-Viz, which kfk does not read yet");
    }
}
