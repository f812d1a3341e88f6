//! The Kedro project on disk: where it is, what it is called.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::version::KedroVersion;
use crate::failure::Failure;
use crate::yaml::scalar::Schema;
use crate::yaml::{self, Value, lookup};

/// A Kedro project.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder with `pyproject.toml` or `.kedro.yml`.
    pub root: PathBuf,
    /// `project_name`, which the pipeline is named after.
    pub name: String,
    /// `package_name`, the Python package.
    pub package: String,
    /// The Kedro version the project was made for (`kedro_init_version`, before 0.18 `project_version`).
    pub kedro_version: Option<KedroVersion>,
}

const PYPROJECT: &str = "pyproject.toml";
const KEDRO_YML: &str = ".kedro.yml";

/// `[tool.kedro]` of `pyproject.toml`, as far as it matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "a table")]
struct Metadata {
    project_name: Option<String>,
    package_name: Option<String>,
    kedro_init_version: Option<String>,
    project_version: Option<String>,
}

#[derive(Deserialize)]
struct Pyproject {
    tool: Option<Tool>,
}

#[derive(Deserialize)]
#[serde(expecting = "a table")]
struct Tool {
    kedro: Option<Metadata>,
}

impl Project {
    /// Finds the project that `start` lies in: the nearest folder upward with `[tool.kedro]` in its
    /// `pyproject.toml`, or with the `.kedro.yml` of Kedro 0.16.
    ///
    /// # Errors
    /// Where there is none, or its metadata cannot be read or lacks a name.
    pub fn find(start: &Path) -> Result<Self> {
        let start = fs::canonicalize(start).map_err(|error| {
            Failure::usage(format!(
                "cannot look for a Kedro project in `{}`: {error}",
                start.display()
            ))
        })?;
        for folder in start.ancestors() {
            if let Some(project) = Self::in_folder(folder)? {
                return Ok(project);
            }
        }
        Err(Failure::usage(format!(
            "no Kedro project: neither `{PYPROJECT}` with `[tool.kedro]` nor `{KEDRO_YML}` in `{}` or a folder above it",
            start.display()
        ))
        .hint("change to the project's folder, or name it with `-C DIR`")
        .into())
    }

    /// Whether Kedro reads this project's configuration with `OmegaConfigLoader`: from 0.19 always, before where
    /// `settings.py` says so in the form that `kedro new` writes.
    pub fn uses_omegaconf(&self, version: KedroVersion) -> bool {
        let settings = self
            .root
            .join("src")
            .join(&self.package)
            .join("settings.py");
        let names_it = |text: String| {
            text.lines().any(|line| {
                line.starts_with("CONFIG_LOADER_CLASS") && line.contains("OmegaConfigLoader")
            })
        };
        version.has_only_omegaconf() || fs::read_to_string(settings).is_ok_and(names_it)
    }

    fn in_folder(root: &Path) -> Result<Option<Self>> {
        let pyproject = root.join(PYPROJECT);
        if let Some(text) = read_if_there(&pyproject)? {
            let parsed: Pyproject = toml::from_str(&text).map_err(|error| {
                let line = error
                    .span()
                    .map_or(0, |span| 1 + text[..span.start].matches('\n').count());
                let place = crate::failure::place(&pyproject, line);
                Failure::usage(format!(
                    "{place}: {}",
                    error.message().trim().replace('\n', ", ")
                ))
            })?;
            if let Some(metadata) = parsed.tool.and_then(|tool| tool.kedro) {
                return metadata
                    .into_project(root, &pyproject, "[tool.kedro]")
                    .map(Some);
            }
        }
        let kedro_yml = root.join(KEDRO_YML);
        match read_if_there(&kedro_yml)? {
            Some(text) => Metadata::from_yaml(&kedro_yml, &text)?
                .into_project(root, &kedro_yml, "")
                .map(Some),
            None => Ok(None),
        }
    }
}

impl Metadata {
    fn from_yaml(file: &Path, text: &str) -> Result<Self> {
        let document = yaml::read::read(text, Schema::PyYaml).map_err(|error| {
            Failure::usage(format!(
                "{}: {}",
                crate::failure::place(file, error.line),
                error.message
            ))
        })?;
        let Value::Map(map) = &document.root.value else {
            return Err(Failure::usage(format!(
                "{}: expected a mapping with `project_name`",
                file.display()
            ))
            .into());
        };
        let text = |key| match lookup(map, key) {
            None => Ok(None),
            Some(node) => match &node.value {
                Value::Text(text) => Ok(Some(text.clone())),
                other => Err(Failure::usage(format!(
                    "{}: `{key}` must be text, not {}",
                    crate::failure::place(file, node.line),
                    other.describe()
                ))),
            },
        };
        Ok(Self {
            project_name: text("project_name")?,
            package_name: text("package_name")?,
            kedro_init_version: None,
            project_version: text("project_version")?,
        })
    }

    fn into_project(self, root: &Path, file: &Path, section: &str) -> Result<Project> {
        let missing = |key: &str| {
            let section = if section.is_empty() {
                String::new()
            } else {
                format!(" in `{section}`")
            };
            Failure::usage(format!(
                "{}: `{key}` is missing{section}; Kedro needs it, and so does kfk",
                file.display()
            ))
        };
        let version = self.kedro_init_version.or(self.project_version);
        Ok(Project {
            root: root.to_owned(),
            name: self.project_name.ok_or_else(|| missing("project_name"))?,
            package: self.package_name.ok_or_else(|| missing("package_name"))?,
            kedro_version: version.and_then(|text| text.parse().ok()),
        })
    }
}

fn read_if_there(file: &Path) -> Result<Option<String>> {
    match fs::read(file) {
        Ok(bytes) => String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| Failure::usage(format!("{}: not UTF-8 text", file.display())).into()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", file.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)], start: &str) -> Result<Project> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let start = dir.path().join(start);
        fs::create_dir_all(&start).unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        Project::find(&start).map_err(|e| {
            anyhow::anyhow!("{e:#}").context(e.to_string().replace(&*root.to_string_lossy(), "DIR"))
        })
    }

    const KEDRO: &str = "[tool.kedro]\npackage_name = \"p\"\nproject_name = \"P\"\nkedro_init_version = \"0.19.3\"\n";

    #[test]
    fn the_nearest_folder_upward_counts_and_other_pyprojects_do_not() {
        let files = [
            ("pyproject.toml", KEDRO),
            ("src/pyproject.toml", "[tool.black]\n"),
            ("src/p/.keep", ""),
        ];
        let found = project(&files, "src/p").unwrap();
        assert_eq!((found.name.as_str(), found.package.as_str()), ("P", "p"));
        assert_eq!(found.kedro_version, Some(KedroVersion::new(0, 19, 3)));
        assert!(!found.root.ends_with("src"));
    }

    #[test]
    fn kedro_0_16_has_a_file_of_its_own() {
        let found = project(
            &[(".kedro.yml", "context_path: p.run.ProjectContext\nproject_name: \"Old\"\nproject_version: \"0.16.6\"\npackage_name: \"p\"\n")],
            "",
        )
        .unwrap();
        assert_eq!(
            (found.name.as_str(), found.kedro_version),
            ("Old", Some(KedroVersion::new(0, 16, 6)))
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |files: &[(&str, &str)]| project(files, "").unwrap_err().to_string();
        assert_eq!(
            error(&[("pyproject.toml", "[tool.kedro]\npackage_name = \"p\"\n")]),
            "DIR/pyproject.toml: `project_name` is missing in `[tool.kedro]`; Kedro needs it, and so does kfk"
        );
        assert!(
            error(&[("pyproject.toml", "[tool.kedro\n")]).starts_with("DIR/pyproject.toml:1: ")
        );
        assert!(
            error(&[("pyproject.toml", "[tool.kedro]\nproject_name = 1\n")])
                .starts_with("DIR/pyproject.toml:2: invalid type")
        );
        assert!(error(&[]).contains("no Kedro project: neither `pyproject.toml` with `[tool.kedro]` nor `.kedro.yml` in `DIR"));
        assert_eq!(
            error(&[(".kedro.yml", "a: [")]).split(':').next(),
            Some("DIR/.kedro.yml")
        );
    }
}
