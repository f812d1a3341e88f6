//! A folder of its own for every test, and the program with an empty environment.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Every key of kubeflow.yaml that kedro-kubeflow 0.4.3 documents.
pub(crate) const KEYS: [&str; 22] = [
    "host",
    "project_id",
    "region",
    "run_config.image",
    "run_config.image_pull_policy",
    "run_config.root",
    "run_config.experiment_name",
    "run_config.run_name",
    "run_config.description",
    "run_config.wait_for_completion",
    "run_config.ttl",
    "run_config.max_cache_staleness",
    "run_config.store_kedro_outputs_as_kfp_artifacts",
    "run_config.volume",
    "run_config.volume.storageclass",
    "run_config.volume.size",
    "run_config.volume.access_modes",
    "run_config.volume.skip_init",
    "run_config.volume.owner",
    "run_config.volume.keep",
    "run_config.resources",
    "__default__",
];

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program, with no environment but what programs need to start.
pub(crate) fn kfk() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kfk"));
    command
        .env_clear()
        .env("PATH", "/nonexistent")
        .env("HOME", "/nonexistent");
    command
}

/// Stdout, stderr and the exit code, with `folder` written as `DIR`.
pub(crate) fn shown(output: &Output, folder: &Path) -> String {
    let mut all = String::new();
    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !bytes.is_empty() {
            let text = String::from_utf8_lossy(bytes).replace(&*folder.to_string_lossy(), "DIR");
            writeln!(
                all,
                "------- {name} -------\n{}",
                text.trim_end_matches('\n')
            )
            .unwrap();
        }
    }
    write!(
        all,
        "[exit {}]",
        output
            .status
            .code()
            .map_or("by signal".to_owned(), |code| code.to_string())
    )
    .unwrap();
    all
}

/// All files below a folder, in order.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A Kedro project in a folder that is deleted with it.
pub(crate) struct Project {
    _dir: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

const PYPROJECT: &str = "[tool.kedro]\npackage_name = \"demo\"\nproject_name = \"Demo\"\nproject_version = \"0.17.4\"\n";

impl Project {
    /// An empty folder called `demo`.
    pub(crate) fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap().join("demo");
        fs::create_dir(&root).unwrap();
        Self { _dir: dir, root }
    }

    /// A small project that compiles.
    pub(crate) fn new() -> Self {
        let project = Self::empty();
        project.write("pyproject.toml", PYPROJECT);
        project.write("conf/local/.gitkeep", "");
        project.write(
            "conf/base/kubeflow.yaml",
            "host: https://kubeflow.example.com/pipeline\nrun_config:\n  image: demo\n",
        );
        project.write("conf/base/parameters.yml", "alpha: 0.5\n");
        project.write(
            "conf/base/catalog.yml",
            "y:\n  type: pickle.PickleDataSet\n  filepath: data/y.pkl\n",
        );
        project.write(
            "pipeline.json",
            r#"{"kedro_version": "0.17.4", "pipelines": {
              "__default__": [{"name": "first", "inputs": ["x"], "outputs": ["y"]}, {"name": "second", "inputs": ["y", "params:alpha"], "outputs": ["z"]}],
              "data_science": [{"name": "second", "inputs": ["y"], "outputs": ["z"]}]}}"#,
        );
        project
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// All files of the project, in order.
    pub(crate) fn files(&self) -> Vec<String> {
        let files = files_below(&self.root);
        let relative = |file: &PathBuf| {
            file.strip_prefix(&self.root)
                .unwrap()
                .to_string_lossy()
                .into_owned()
        };
        files.iter().map(relative).collect()
    }

    /// The program in the project's folder.
    pub(crate) fn kfk(&self, arguments: &[&str]) -> Command {
        let mut command = kfk();
        command.current_dir(&self.root).args(arguments);
        command
    }

    /// Runs the program in the project's folder and shows everything that it says.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        shown(&self.kfk(arguments).output().unwrap(), &self.root)
    }

    /// The same, with something on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = self
            .kfk(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        shown(&child.wait_with_output().unwrap(), &self.root)
    }
}
