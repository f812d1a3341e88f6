//! `kfk compile`: where it reads, where it writes, what it says when it cannot.

use std::fs;
use std::io::Read;
use std::process::Stdio;

use crate::harness::Project;

fn workflow(text: &str) -> serde_json::Value {
    serde_yaml::from_str(text).unwrap()
}

/// The container of the step called `name`.
fn container(workflow: &serde_json::Value, name: &str) -> serde_json::Value {
    let templates = workflow["spec"]["templates"].as_array().unwrap();
    templates
        .iter()
        .find(|template| template["name"] == name)
        .unwrap_or_else(|| panic!("no {name}"))["container"]
        .clone()
}

#[test]
fn the_file_is_written_where_it_was_asked_for() {
    let project = Project::new();
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    Generated pipeline definition was saved to pipeline.yml
    [exit 0]
    ");
    assert!(project.files().contains(&"pipeline.yml".to_owned()));
    let first = project.read("pipeline.yml");
    insta::assert_snapshot!(project.run(&["-q", "compile", "--output", "out.yaml"]), @"[exit 0]");
    assert_eq!(project.read("out.yaml"), first);
    // From a sub-folder the project is found, and paths are relative to where one is.
    project.write("src/x/.keep", "");
    let mut command = project.kfk(&["compile"]);
    assert!(
        command
            .current_dir(project.root.join("src/x"))
            .output()
            .unwrap()
            .status
            .success()
    );
    assert_eq!(project.read("src/x/pipeline.yml"), first);
    let mut command = project.kfk(&["-C", "demo", "compile", "-o", "demo/from-above.yml"]);
    assert!(
        command
            .current_dir(project.root.parent().unwrap())
            .output()
            .unwrap()
            .status
            .success()
    );
    assert_eq!(project.read("from-above.yml"), first);
    let output = project.kfk(&["compile", "-o", "-"]).output().unwrap();
    assert_eq!(
        (String::from_utf8(output.stdout).unwrap(), output.stderr),
        (first, Vec::new())
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let project = Project::new();
    let parameters: Vec<String> = (0..50).map(|i| format!("p{i}: {i}\n")).collect();
    project.write("conf/base/parameters.yml", parameters.concat());
    let compile = || {
        project
            .kfk(&["compile", "-o", "-"])
            .env("KEDRO_CONFIG_B", "1")
            .env("KEDRO_CONFIG_A", "2")
            .output()
            .unwrap()
            .stdout
    };
    let first = compile();
    assert!(!first.is_empty());
    for _ in 0..5 {
        assert_eq!(compile(), first);
    }
}

#[test]
fn the_pipeline_and_its_image_can_be_chosen() {
    let project = Project::new();
    project.run(&["compile", "-p", "data_science", "-i", "other:1"]);
    let workflow = workflow(&project.read("pipeline.yml"));
    let second = container(&workflow, "second");
    assert_eq!(second["image"], "other:1");
    assert_eq!(second["args"].as_array().unwrap()[6], "data_science");
}

#[test]
fn the_environment_is_that_of_the_flag_then_of_kedro_env_then_local() {
    let project = Project::new();
    project.write("conf/prod/parameters.yml", "alpha: 1.5\n");
    project.write("conf/test/parameters.yml", "alpha: 2.5\n");
    let alpha = |arguments: &[&str], kedro_env: Option<&str>| {
        let mut command = project.kfk(arguments);
        if let Some(value) = kedro_env {
            command.env("KEDRO_ENV", value);
        }
        let workflow = workflow(&String::from_utf8(command.output().unwrap().stdout).unwrap());
        let environment = container(&workflow, "second")["args"][2]
            .as_str()
            .unwrap()
            .to_owned();
        (
            environment,
            workflow["spec"]["arguments"]["parameters"][0]["value"]
                .as_str()
                .unwrap()
                .to_owned(),
        )
    };
    let want = |environment: &str, value: &str| (environment.to_owned(), value.to_owned());
    assert_eq!(alpha(&["compile", "-o", "-"], None), want("local", "0.5"));
    assert_eq!(
        alpha(&["compile", "-o", "-"], Some("")),
        want("local", "0.5")
    );
    assert_eq!(
        alpha(&["compile", "-o", "-"], Some("prod")),
        want("prod", "1.5")
    );
    assert_eq!(
        alpha(&["-e", "test", "compile", "-o", "-"], Some("prod")),
        want("test", "2.5")
    );
    assert_eq!(
        alpha(&["compile", "-o", "-", "--env", "test"], Some("prod")),
        want("test", "2.5")
    );
}

#[test]
fn steps_are_told_what_the_configuration_in_the_image_needs() {
    let project = Project::new();
    let output = project
        .kfk(&["compile", "-o", "-"])
        .envs([
            ("KEDRO_CONFIG_COMMIT_ID", "abc$(x)"),
            ("IAP_CLIENT_ID", "client"),
            ("OTHER", "no"),
        ])
        .output()
        .unwrap();
    let workflow = workflow(&String::from_utf8(output.stdout).unwrap());
    let env = container(&workflow, "first")["env"].clone();
    insta::assert_snapshot!(env, @r#"[{"name":"IAP_CLIENT_ID","value":"client"},{"name":"KEDRO_CONFIG_COMMIT_ID","value":"abc$$(x)"},{"name":"KUBEFLOW_RUN_ID","valueFrom":{"fieldRef":{"fieldPath":"metadata.labels['pipeline/runid']"}}}]"#);
}

#[test]
fn mlflow_is_on_where_it_is_configured_or_asked_for() {
    let project = Project::new();
    let has_mlflow = |arguments: &[&str]| {
        let output = project.kfk(arguments).output().unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("mlflow-start-run")
    };
    assert!(!has_mlflow(&["compile", "-o", "-"]));
    assert!(has_mlflow(&["compile", "-o", "-", "--mlflow"]));
    project.write(
        "conf/base/mlflow.yml",
        "mlflow_tracking_uri: http://mlflow\n",
    );
    assert!(has_mlflow(&["compile", "-o", "-"]));
    assert!(!has_mlflow(&["compile", "-o", "-", "--no-mlflow"]));
    assert!(has_mlflow(&[
        "compile",
        "-o",
        "-",
        "--no-mlflow",
        "--mlflow"
    ]));
}

#[test]
fn the_export_can_come_from_elsewhere() {
    let project = Project::new();
    fs::rename(
        project.root.join("pipeline.json"),
        project.root.join("x.json"),
    )
    .unwrap();
    insta::assert_snapshot!(project.run(&["compile"]), @r#"
    ------- stderr -------
    error: no pipeline export: `DIR/pipeline.json` is not there

    hint: write it with the project's own Python, in the project's folder (before Kedro 0.17.3 as the README says):

      python -c "import json, pathlib, kedro; from kedro.framework.startup import bootstrap_project; bootstrap_project(pathlib.Path.cwd()); from kedro.framework.project import pipelines; pathlib.Path('pipeline.json').write_text(json.dumps({'kedro_version': kedro.__version__, 'pipelines': {name: sorted(json.loads(pipeline.to_json())['pipeline'], key=lambda node: node['name']) for name, pipeline in pipelines.items()}}, indent=1))"
    [exit 2]
    "#);
    insta::assert_snapshot!(project.run(&["compile", "--pipeline-json", "x.json"]), @"
    ------- stderr -------
    Generated pipeline definition was saved to pipeline.yml
    [exit 0]
    ");
    let output = project
        .kfk(&["compile"])
        .env("KFK_PIPELINE_JSON", "x.json")
        .output()
        .unwrap();
    assert!(output.status.success());
    let export = project.read("x.json");
    insta::assert_snapshot!(project.run_with_input(&["compile", "--pipeline-json", "-"], export.as_bytes()), @"
    ------- stderr -------
    Generated pipeline definition was saved to pipeline.yml
    [exit 0]
    ");
    insta::assert_snapshot!(project.run_with_input(&["compile", "--pipeline-json", "-"], &export.as_bytes()[..100]), @"
    ------- stderr -------
    error: standard input:2:57: EOF while parsing a value

    hint: expected what Kedro's `Pipeline.to_json()` writes, or the registry export that the README describes
    [exit 2]
    ");
}

#[test]
fn a_failure_leaves_the_output_as_it_was() {
    let project = Project::new();
    project.write("pipeline.yml", "before\n");
    let before = project.files();
    project.write("conf/base/parameters.yml", "alpha: [1\n");
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    error: conf/base/parameters.yml:2: cannot be read as YAML: while parsing a flow sequence, did not find expected ',' or ']', at column 1
    [exit 2]
    ");
    assert_eq!(project.read("pipeline.yml"), "before\n");
    assert_eq!(project.files(), before);
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let project = Project::new();
    insta::assert_snapshot!(project.run(&["compile", "-o", "no/such/folder/out.yml"]), @"
    ------- stderr -------
    error: cannot write `no/such/folder/out.yml`: there is no folder `no/such/folder`
    [exit 1]
    ");
    insta::assert_snapshot!(project.run(&["compile", "-o", "conf"]), @"
    ------- stderr -------
    error: cannot write `conf`: is a directory
    [exit 1]
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure_and_a_closed_pipe_is_not() {
    let project = Project::new();
    let full = || {
        Stdio::from(
            fs::OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .unwrap(),
        )
    };
    let output = project
        .kfk(&["compile", "-o", "-"])
        .stdout(full())
        .output()
        .unwrap();
    insta::assert_snapshot!(crate::harness::shown(&output, &project.root), @"
    ------- stderr -------
    error: cannot write to standard output: No space left on device (os error 28)
    [exit 1]
    ");

    // More than a pipe holds, so that writing goes on after the reader has left.
    let nodes: Vec<String> = (0..2000)
        .map(|i| format!(r#"{{"name": "n{i}", "inputs": [], "outputs": ["d{i}"]}}"#))
        .collect();
    project.write(
        "pipeline.json",
        format!(
            r#"{{"kedro_version": "0.17.4", "pipeline": [{}]}}"#,
            nodes.join(",")
        ),
    );
    let mut child = project
        .kfk(&["-q", "compile", "-o", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut head = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut head).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap()
        ),
        (Some(0), String::new())
    );
}

#[test]
fn a_workflow_that_is_too_large_is_warned_about() {
    let project = Project::new();
    let nodes: Vec<String> = (0..3000)
        .map(|i| format!(r#"{{"name": "n{i}", "inputs": [], "outputs": ["d{i}"]}}"#))
        .collect();
    project.write(
        "pipeline.json",
        format!(
            r#"{{"kedro_version": "0.17.4", "pipeline": [{}]}}"#,
            nodes.join(",")
        ),
    );
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    warning: the workflow is 2.1 MB, and Kubernetes refuses objects of more than 1.5 MB; fewer nodes, shorter names or fewer parameters make it smaller
    Generated pipeline definition was saved to pipeline.yml
    [exit 0]
    ");
}

#[test]
fn what_is_wrong_with_the_project_is_said() {
    let empty = Project::empty();
    insta::assert_snapshot!(empty.run(&["compile"]), @"
    ------- stderr -------
    error: no Kedro project: neither `pyproject.toml` with `[tool.kedro]` nor `.kedro.yml` in `DIR` or a folder above it

    hint: change to the project's folder, or name it with `-C DIR`
    [exit 2]
    ");
    insta::assert_snapshot!(empty.run(&["-C", "nowhere", "compile"]), @"
    ------- stderr -------
    error: cannot look for a Kedro project in `nowhere`: No such file or directory (os error 2)
    [exit 2]
    ");

    let project = Project::new();
    insta::assert_snapshot!(project.run(&["-e", "prod", "compile"]), @"
    ------- stderr -------
    error: no folder `conf/prod` for the environment `prod`

    hint: the environments of this project are `base`, `local`; choose one with `-e` or `KEDRO_ENV`
    [exit 2]
    ");
    insta::assert_snapshot!(project.run(&["compile", "-p", "data_sience"]), @"
    ------- stderr -------
    error: pipeline.json: no pipeline named `data_sience`; did you mean `data_science`?

    hint: the file holds `__default__`, `data_science`
    [exit 2]
    ");
    project.write("conf/base/kubeflow.yaml", "run_config:\n  imagee: x\n");
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    warning: conf/base/kubeflow.yaml:2: unknown key `run_config.imagee`; did you mean `image`?
    error: conf/base/kubeflow.yaml: `run_config.image` is missing: the name of the image that the steps run in

    hint: add it there, or give it with `--image IMAGE`
    [exit 2]
    ");
    project.write(
        "conf/base/kubeflow.yaml",
        "run_config:\n  image: ${registry}/x\n",
    );
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    error: conf/base/kubeflow.yaml:2: no value for the placeholder `${registry}` in `run_config.image`

    hint: set the environment variable KEDRO_CONFIG_REGISTRY, or give a default: ${registry|default}
    [exit 2]
    ");
    project.write(
        "conf/base/kubeflow.yaml",
        "host: vertex-ai-pipelines\nrun_config:\n  image: x\n",
    );
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    error: compiling for Vertex AI Pipelines is not available in this version of kfk
    [exit 1]
    ");
    fs::remove_file(project.root.join("conf/base/kubeflow.yaml")).unwrap();
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    error: no `kubeflow.yaml` in the configuration

    hint: write it with `kfk init KFP_URL`
    [exit 2]
    ");
}

#[test]
fn a_project_without_catalog_or_parameters_compiles() {
    let project = Project::new();
    fs::remove_file(project.root.join("conf/base/catalog.yml")).unwrap();
    fs::remove_file(project.root.join("conf/base/parameters.yml")).unwrap();
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    warning: no catalog in the configuration; `kedro run` fails without one
    Generated pipeline definition was saved to pipeline.yml
    [exit 0]
    ");
}

#[test]
fn what_the_image_will_miss_is_warned_about() {
    let project = Project::new();
    fs::remove_dir_all(project.root.join("conf/local")).unwrap();
    let export = project.read("pipeline.json").replace("0.17.4", "0.19.3");
    project.write("pipeline.json", export);
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    warning: this project reads its configuration with OmegaConfigLoader, whose interpolation, resolvers and dataset factories kfk does not know yet
    warning: no folder `conf/local`; `kedro run` fails in an image that has none, even an empty one
    Generated pipeline definition was saved to pipeline.yml
    [exit 0]
    ");
}

#[test]
fn what_is_not_text_is_refused() {
    let project = Project::new();
    project.write("pipeline.json", b"{\"pipeline\": [{\"name\": \"\xff\"}]}");
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    error: pipeline.json:1:25: invalid unicode code point

    hint: expected what Kedro's `Pipeline.to_json()` writes, or the registry export that the README describes
    [exit 2]
    ");
    let project = Project::new();
    project.write("conf/base/catalog.yml", b"a: \xe9\n");
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    error: conf/base/catalog.yml:1: not UTF-8 text

    hint: save the file as UTF-8
    [exit 2]
    ");
}

#[cfg(unix)]
#[test]
fn variables_that_are_not_text_are_named() {
    use std::os::unix::ffi::OsStrExt;
    let project = Project::new();
    for name in ["KEDRO_ENV", "KEDRO_CONFIG_X", "IAP_CLIENT_ID", "OTHER"] {
        let value = std::ffi::OsStr::from_bytes(b"\xff");
        let output = project
            .kfk(&["compile", "-o", "-"])
            .env(name, value)
            .stdout(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (name == "OTHER", said.contains(name)),
            (output.status.success(), name != "OTHER"),
            "{said}"
        );
    }
    let output = project
        .kfk(&["compile"])
        .env("KFK_PIPELINE_JSON", "")
        .output()
        .unwrap();
    assert!(output.status.success());
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_listening_on_stderr_changes_nothing() {
    let project = Project::new();
    for (arguments, code) in [
        (&["-vv", "compile"][..], 0),
        (&["-e", "nope", "compile"], 2),
        (&["schedule"], 1),
    ] {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let status = project.kfk(arguments).stderr(full).status().unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
    assert!(project.root.join("pipeline.yml").exists());
}

#[test]
fn what_only_jinja2_would_change_is_warned_about() {
    let project = Project::new();
    project.write("conf/base/parameters.yml", "a: 1\nb: '{{ 1 }}'\n");
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    warning: conf/base/parameters.yml:2: looks like Jinja2, which Kedro's TemplatedConfigLoader renders where it is installed; kfk takes it as it stands
    Generated pipeline definition was saved to pipeline.yml
    [exit 0]
    ");
    insta::assert_snapshot!(project.run(&["compile", "--image", ""]), @"
    ------- stderr -------
    error: `--image` must be the name of an image
    [exit 2]
    ");
}

#[test]
fn without_a_version_of_kedro_nothing_is_guessed() {
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[tool.kedro]\npackage_name = \"demo\"\nproject_name = \"Demo\"\n",
    );
    project.write(
        "pipeline.json",
        r#"{"pipeline": [{"name": "a", "inputs": [], "outputs": []}]}"#,
    );
    insta::assert_snapshot!(project.run(&["compile"]), @"
    ------- stderr -------
    error: neither the pipeline export nor the project's metadata says which version of Kedro this is

    hint: export the pipeline anew; `kedro_version` is part of the export
    [exit 2]
    ");
}

#[test]
fn more_is_said_when_asked() {
    let project = Project::new();
    insta::assert_snapshot!(project.run(&["-vv", "compile"]), @"
    ------- stderr -------
     INFO project `Demo` (package `demo`) in DIR
    DEBUG reading conf/base/kubeflow.yaml
    DEBUG reading pipelines from pipeline.json
     INFO Kedro 0.17.4, pipeline `__default__`
    DEBUG reading conf/base/catalog.yml
    DEBUG reading conf/base/parameters.yml
    Generated pipeline definition was saved to pipeline.yml
    [exit 0]
    ");
    let output = project
        .kfk(&["compile"])
        .env("KFK_LOG", "info")
        .output()
        .unwrap();
    insta::assert_snapshot!(crate::harness::shown(&output, &project.root), @"
    ------- stderr -------
     INFO project `Demo` (package `demo`) in DIR
     INFO Kedro 0.17.4, pipeline `__default__`
    Generated pipeline definition was saved to pipeline.yml
    [exit 0]
    ");
}
