//! `kfk init`: what it writes can be read, and nothing is overwritten.

use std::fs;

use crate::harness::{KEYS, Project};

const URL: &str = "https://kubeflow.example.com/pipeline";

fn bare() -> Project {
    let project = Project::new();
    fs::remove_file(project.root.join("conf/base/kubeflow.yaml")).unwrap();
    project
}

#[test]
fn the_configuration_is_written_and_compiles() {
    let project = bare();
    insta::assert_snapshot!(project.run(&["init", URL]), @"
    ------- stdout -------
    Configuration generated in DIR/conf/base/kubeflow.yaml
    ------- stderr -------
    Next: check `image` and `resources` there, export the pipeline to pipeline.json, then `kfk compile`
    [exit 0]
    ");
    insta::assert_snapshot!("kubeflow.yaml", project.read("conf/base/kubeflow.yaml"));
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    Generated pipeline definition was saved to pipeline.yml
    [exit 0]
    ");
    assert!(!project.root.join(".github").exists());
}

#[test]
fn every_documented_key_is_in_the_template_and_known() {
    let project = bare();
    project.run(&["init", URL]);
    // A key behind a comment sign is one that could be set: none may be unknown or of a wrong type.
    let all: Vec<String> = project
        .read("conf/base/kubeflow.yaml")
        .lines()
        .map(|line| {
            let key = line
                .trim_start()
                .strip_prefix('#')
                .filter(|rest| !rest.starts_with(' ') || line.contains("#  "));
            let is_key = key.is_some_and(|rest| rest.contains(": ") || rest.ends_with(':'));
            format!(
                "{}\n",
                if is_key {
                    line.replacen('#', "", 1)
                } else {
                    line.to_owned()
                }
            )
        })
        .collect();
    let all = all.concat();
    for key in KEYS {
        let key = key.rsplit('.').next().unwrap();
        assert!(
            all.lines()
                .any(|line| line.trim_start().starts_with(&format!("{key}:"))),
            "{key} in\n{all}"
        );
    }
    project.write("conf/base/kubeflow.yaml", all);
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    warning: conf/base/kubeflow.yaml:78: `run_config.resources.train_model` is no node of the pipeline
    warning: conf/base/kubeflow.yaml:82: `run_config.resources.embed_images` is no node of the pipeline
    Generated pipeline definition was saved to pipeline.yml
    [exit 0]
    ");
}

#[test]
fn github_actions_build_run_and_schedule() {
    let project = bare();
    insta::assert_snapshot!(project.run(&["init", "--with-github-actions", URL]), @"
    ------- stdout -------
    Configuration generated in DIR/conf/base/kubeflow.yaml
    GitHub Actions workflow generated in DIR/.github/workflows/on-push.yml
    GitHub Actions workflow generated in DIR/.github/workflows/on-merge-to-master.yml
    ------- stderr -------
    Next: check `image` and `resources` there, export the pipeline to pipeline.json, then `kfk compile`
    For GitHub: add the secrets GKE_PROJECT, GKE_SA_KEY and IAP_CLIENT_ID and the variable KFK_REPOSITORY, and commit pipeline.json and a Dockerfile; to compile here, set KEDRO_CONFIG_GOOGLE_PROJECT_ID and KEDRO_CONFIG_COMMIT_ID
    [exit 0]
    ");
    insta::assert_snapshot!("on-push.yml", project.read(".github/workflows/on-push.yml"));
    insta::assert_snapshot!(
        "on-merge-to-master.yml",
        project.read(".github/workflows/on-merge-to-master.yml")
    );
    for file in ["on-push.yml", "on-merge-to-master.yml"] {
        let text = project.read(&format!(".github/workflows/{file}"));
        serde_yaml::from_str::<serde_json::Value>(&text).unwrap();
        assert!(
            text.lines()
                .filter(|line| line.contains('@'))
                .all(|line| line.contains("uses: "))
        );
    }
    let output = project
        .kfk(&["compile", "-o", "-"])
        .envs([
            ("KEDRO_CONFIG_GOOGLE_PROJECT_ID", "my-project"),
            ("KEDRO_CONFIG_COMMIT_ID", "abc1234"),
        ])
        .output()
        .unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("image: gcr.io/my-project/demo:abc1234\n")
    );
}

#[test]
fn nothing_is_overwritten_without_force() {
    let project = Project::new();
    let before = project.read("conf/base/kubeflow.yaml");
    insta::assert_snapshot!(project.run(&["init", "--with-github-actions", URL]), @"
    ------- stderr -------
    error: already there: `DIR/conf/base/kubeflow.yaml`; nothing was written

    hint: use `--force` to replace what kfk writes
    [exit 2]
    ");
    assert_eq!(project.read("conf/base/kubeflow.yaml"), before);
    assert!(!project.root.join(".github").exists());
    assert!(project.run(&["init", "--force", URL]).ends_with("[exit 0]"));
    assert_ne!(project.read("conf/base/kubeflow.yaml"), before);

    let project = bare();
    project.write(".github/workflows/on-push.yml", "mine\n");
    insta::assert_snapshot!(project.run(&["init", "--with-github-actions", URL]), @"
    ------- stderr -------
    error: already there: `DIR/.github/workflows/on-push.yml`; nothing was written

    hint: use `--force` to replace what kfk writes
    [exit 2]
    ");
    project.write("conf/base/kubeflow.yml", "host: x\n");
    insta::assert_snapshot!(project.run(&["init", "--force", URL]), @"
    ------- stderr -------
    error: the configuration is in another file already: `DIR/conf/base/kubeflow.yml`; nothing was written

    hint: move it away, or rename it to `conf/base/kubeflow.yaml` and use `--force`
    [exit 2]
    ");
    assert_eq!(project.read("conf/base/kubeflow.yml"), "host: x\n");
}

#[test]
fn a_wrong_url_is_refused_before_anything_is_written() {
    let project = bare();
    let before = project.files();
    insta::assert_snapshot!(project.run(&["init", "kubeflow.example.com"]), @"
    ------- stderr -------
    error: KFP_URL needs a scheme, as in https://kubeflow.example.com/pipeline: `kubeflow.example.com`
    [exit 2]
    ");
    insta::assert_snapshot!(project.run(&["init", "https://kubeflow.example.com/pipeline/#/experiments"]), @"
    ------- stderr -------
    error: KFP_URL is an address inside the UI; leave out everything from `/#/` on: `https://kubeflow.example.com/pipeline/#/experiments`
    [exit 2]
    ");
    insta::assert_snapshot!(project.run(&["init", "https://kubeflow.example.com/pipeline?ns=x"]), @"
    ------- stderr -------
    error: KFP_URL must not hold a query; leave out everything from `?` on: `https://kubeflow.example.com/pipeline?ns=x`
    [exit 2]
    ");
    insta::assert_snapshot!(project.run(&["init"]), @"
    ------- stderr -------
    error: the following required arguments were not provided:
      <KFP_URL>

    Usage: kfk init <KFP_URL>

    For more information, try '--help'.
    [exit 2]
    ");
    assert_eq!(project.files(), before);
}

#[test]
fn odd_folder_names_stay_valid_yaml() {
    let project = bare();
    let odd = project.root.parent().unwrap().join("yes: #1 \"Ż\"");
    fs::rename(&project.root, &odd).unwrap();
    let output = project
        .kfk(&["init", URL])
        .current_dir(&odd)
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = fs::read_to_string(odd.join("conf/base/kubeflow.yaml")).unwrap();
    let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    assert_eq!(value["run_config"]["experiment_name"], "yes: #1 \"Ż\"");
    assert_eq!(value["run_config"]["image"], "yes-1");
    fs::rename(&odd, &project.root).unwrap();
}
