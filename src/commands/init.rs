//! `kfk init`: a commented `kubeflow.yaml`, and workflows for GitHub Actions.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::Context;
use crate::failure::Failure;
use crate::file::write_whole;
use crate::kedro::Project;
use crate::settings::VERTEX_AI;
use crate::yaml::quote::scalar;

/// Arguments of `kfk init`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kfk init https://kubeflow.example.com/pipeline
  kfk init --with-github-actions https://kubeflow.example.com/pipeline")]
pub struct Args {
    /// Base URL of Kubeflow Pipelines
    #[arg(value_name = "KFP_URL")]
    kfp_url: String,

    /// Also write workflows that build the image, run the pipeline and schedule it
    #[arg(long)]
    with_github_actions: bool,

    /// Replace files that are already there
    #[arg(short, long)]
    force: bool,
}

/// The file that is written, relative to the project.
const CONFIGURATION: &str = "conf/base/kubeflow.yaml";

const KUBEFLOW_YAML: &str = include_str!("../../templates/kubeflow.yaml");
const ON_PUSH: &str = include_str!("../../templates/on-push.yml");
const ON_MERGE: &str = include_str!("../../templates/on-merge-to-master.yml");

/// Writes the configuration.
///
/// # Errors
/// Where the URL is none, there is no project, or a file is already there and may not be replaced; then
/// nothing is written.
pub fn run(context: &Context, args: &Args) -> Result<()> {
    let host = args.kfp_url.trim();
    if host != VERTEX_AI {
        crate::host::parse(host)
            .and_then(|url| match url.query() {
                Some(_) => Err("must not hold a query; leave out everything from `?` on"),
                None => Ok(url),
            })
            .map_err(|why| Failure::usage(format!("KFP_URL {why}: `{host}`")))?;
    }
    let project = Project::find(&context.start)?;
    let name = project.root.file_name().map_or_else(
        || project.name.clone(),
        |name| name.to_string_lossy().into_owned(),
    );
    let image_name = image_name(&name);
    let (image, run_name) = if args.with_github_actions {
        (
            format!("gcr.io/${{google_project_id}}/{image_name}:${{commit_id}}"),
            format!("{name}:${{commit_id}}"),
        )
    } else {
        (image_name.clone(), name.clone())
    };
    let kubeflow_yaml = KUBEFLOW_YAML
        .replace("@HOST@", &scalar(host))
        .replace("@IMAGE@", &scalar(&image))
        .replace("@EXPERIMENT_NAME@", &scalar(&name))
        .replace("@RUN_NAME@", &scalar(&run_name));
    let mut files = vec![(CONFIGURATION, kubeflow_yaml)];
    if args.with_github_actions {
        files.push((
            ".github/workflows/on-push.yml",
            ON_PUSH.replace("@IMAGE_NAME@", &image_name),
        ));
        files.push((
            ".github/workflows/on-merge-to-master.yml",
            ON_MERGE.replace("@IMAGE_NAME@", &image_name),
        ));
    }
    refuse_beside_other_configuration(&project.root)?;
    if !args.force {
        refuse_to_replace(&project.root, files.iter().map(|(file, _)| *file))?;
    }
    for (file, _) in &files {
        if let Some(folder) = project.root.join(file).parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        }
    }
    for (file, text) in &files {
        let path = project.root.join(file);
        write_whole(&path, |out| out.write_all(text.as_bytes()))?;
        let what = if *file == CONFIGURATION {
            "Configuration"
        } else {
            "GitHub Actions workflow"
        };
        context
            .output
            .data(&format!("{what} generated in {}", path.display()))?;
    }
    context.output.note("Next: check `image` and `resources` there, export the pipeline to pipeline.json, then `kfk compile`");
    if args.with_github_actions {
        context.output.note(
"For GitHub: add the secrets GKE_PROJECT, GKE_SA_KEY and IAP_CLIENT_ID and the variable KFK_REPOSITORY, and commit pipeline.json and a Dockerfile; to compile here, set KEDRO_CONFIG_GOOGLE_PROJECT_ID and KEDRO_CONFIG_COMMIT_ID",
        );
    }
    Ok(())
}

fn refuse_to_replace<'a>(root: &Path, files: impl Iterator<Item = &'a str>) -> Result<()> {
    let is_there = |path: &PathBuf| fs::symlink_metadata(path).is_ok();
    let there: Vec<PathBuf> = files.map(|file| root.join(file)).filter(is_there).collect();
    if there.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "already there: {}; nothing was written",
        shown(&there)
    ))
    .hint("use `--force` to replace what kfk writes")
    .into())
}

/// Configuration in another file would be read beside the new one, and Kedro takes a key from one file only.
fn refuse_beside_other_configuration(root: &Path) -> Result<()> {
    let entries = fs::read_dir(root.join("conf/base"))
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let mut others: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| is_kubeflow_config(path) && path.is_file())
        .collect();
    others.retain(|path| !path.ends_with(CONFIGURATION));
    others.sort();
    if others.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the configuration is in another file already: {}; nothing was written",
        shown(&others)
    ))
    .hint(format!(
        "move it away, or rename it to `{CONFIGURATION}` and use `--force`"
    ))
    .into())
}

fn shown(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths
        .iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    paths.join(", ")
}

/// Whether `kubeflow*` of Kedro's configuration loader takes the file.
fn is_kubeflow_config(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let extension = path.extension().and_then(|extension| extension.to_str());
    name.starts_with("kubeflow") && matches!(extension, Some("yml" | "yaml" | "json"))
}

/// The folder's name as the name of an image: lower case, letters, digits and single separators.
fn image_name(folder: &str) -> String {
    let mut name = String::new();
    for c in folder.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            '-' | '_' | '.' if name.ends_with(|c: char| c.is_ascii_alphanumeric()) => name.push(c),
            _ if name.ends_with(|c: char| c.is_ascii_alphanumeric()) => name.push('-'),
            _ => {}
        }
    }
    name.truncate(name.trim_end_matches(['-', '_', '.']).len());
    if name.is_empty() {
        "kedro-project".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_names_that_registries_take() {
        for (folder, wanted) in [
            ("kubeflow-plugin-demo", "kubeflow-plugin-demo"),
            ("My Project", "my-project"),
            ("_a__b..c-", "a_b.c"),
            ("żółw", "w"),
            ("雪", "kedro-project"),
        ] {
            assert_eq!(image_name(folder), wanted);
        }
    }
}
