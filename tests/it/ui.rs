//! `kfk ui`: the URL, with and without a browser.

use std::fs;

use crate::harness::{Project, shown};

#[test]
fn the_url_is_printed_and_no_browser_is_a_warning() {
    let project = Project::new();
    insta::assert_snapshot!(project.run(&["ui", "--no-browser"]), @"
    ------- stdout -------
    https://kubeflow.example.com/pipeline
    [exit 0]
    ");
    // There is no program to open a browser with in the PATH of tests.
    let output = project.kfk(&["ui"]).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "https://kubeflow.example.com/pipeline\n"
    );
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .starts_with("warning: no browser could be opened; ")
    );
    assert_eq!(output.status.code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_browser_is_opened_at_the_host() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new();
    project.write("bin/xdg-open", "#!/bin/sh\nprintf '%s' \"$1\" > opened\n");
    fs::set_permissions(
        project.root.join("bin/xdg-open"),
        fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    let output = project
        .kfk(&["ui"])
        .env("PATH", project.root.join("bin"))
        .output()
        .unwrap();
    insta::assert_snapshot!(shown(&output, &project.root), @"
    ------- stdout -------
    https://kubeflow.example.com/pipeline
    [exit 0]
    ");
    assert_eq!(
        project.read("opened"),
        "https://kubeflow.example.com/pipeline"
    );
}

#[test]
fn placeholders_that_do_not_matter_need_no_values() {
    let project = Project::new();
    project.write(
        "conf/base/kubeflow.yaml",
        "host: http://${where|localhost}:8080\nrun_config:\n  image: ${registry}/x\n",
    );
    insta::assert_snapshot!(project.run(&["ui", "--no-browser"]), @"
    ------- stdout -------
    http://localhost:8080
    [exit 0]
    ");
}

#[test]
fn a_missing_or_wrong_host_is_an_error() {
    let project = Project::new();
    project.write("conf/base/kubeflow.yaml", "run_config: {}\n");
    insta::assert_snapshot!(project.run(&["ui"]), @"
    ------- stderr -------
    error: conf/base/kubeflow.yaml: `host` is missing: the base URL of Kubeflow Pipelines
    [exit 2]
    ");
    project.write("conf/base/kubeflow.yaml", "host: kubeflow.example.com\n");
    insta::assert_snapshot!(project.run(&["ui"]), @"
    ------- stderr -------
    error: conf/base/kubeflow.yaml: `host` needs a scheme, as in https://kubeflow.example.com/pipeline: `kubeflow.example.com`
    [exit 2]
    ");
    project.write("conf/base/kubeflow.yaml", "host: vertex-ai-pipelines\n");
    insta::assert_snapshot!(project.run(&["ui"]), @"
    ------- stderr -------
    error: the page of Vertex AI Pipelines is not available in this version of kfk
    [exit 1]
    ");
}
