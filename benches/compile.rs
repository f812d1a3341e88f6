//! How long the program takes as a whole process: to start, and to compile pipelines of many sizes.
//!
//! `cargo bench` measures all of it; `cargo bench -- nodes/1000$` one size.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// A project whose pipeline has `nodes` nodes, each with two outputs in the catalog and the outputs of up to
/// two others as inputs.
fn make_project(root: &Path, nodes: usize) {
    fs::create_dir_all(root.join("conf/base")).unwrap();
    let pyproject = "[tool.kedro]\npackage_name = \"bench\"\nproject_name = \"Bench\"\nproject_version = \"0.17.7\"\n";
    fs::write(root.join("pyproject.toml"), pyproject).unwrap();
    let kubeflow = "host: http://kubeflow\nrun_config:\n  image: bench\n  volume: {}\n  \
                    resources:\n    __default__: {cpu: 1, memory: 1Gi}\n";
    fs::write(root.join("conf/base/kubeflow.yaml"), kubeflow).unwrap();
    fs::write(
        root.join("conf/base/parameters.yml"),
        "alpha: 0.5\nbeta: 3\ngamma: text\n",
    )
    .unwrap();
    let mut catalog = String::new();
    let mut pipeline = Vec::with_capacity(nodes);
    for index in 0..nodes {
        for output in ["a", "b"] {
            let name = format!("d{index}_{output}");
            let entry = format!("  type: pandas.CSVDataSet\n  filepath: data/{name}.csv\n");
            writeln!(catalog, "{name}:\n{entry}").unwrap();
        }
        let inputs: Vec<String> = match index {
            0 => vec!["raw".into()],
            _ => vec![format!("d{}_a", index - 1), format!("d{}_b", index / 2)],
        };
        pipeline.push(serde_json::json!({
            "name": format!("node_{index}"),
            "inputs": inputs,
            "outputs": [format!("d{index}_a"), format!("d{index}_b")],
            "tags": [],
        }));
    }
    fs::write(root.join("conf/base/catalog.yml"), catalog).unwrap();
    let export = serde_json::json!({"kedro_version": "0.17.7", "pipeline": pipeline});
    fs::write(root.join("pipeline.json"), export.to_string()).unwrap();
}

fn run(root: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kfk"));
    command.current_dir(root).args(arguments).env_clear();
    command.stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().unwrap().success());
}

fn start(criterion: &mut Criterion) {
    let here = Path::new(".");
    criterion.bench_function("help", |bencher| bencher.iter(|| run(here, &["--help"])));
}

fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("nodes");
    for nodes in [10, 1_000, 100_000] {
        let dir = tempfile::tempdir().unwrap();
        make_project(dir.path(), nodes);
        group.throughput(Throughput::Elements(nodes as u64));
        group.sample_size(if nodes > 1_000 { 10 } else { 50 });
        group.measurement_time(Duration::from_secs(if nodes > 1_000 { 30 } else { 5 }));
        group.bench_with_input(
            BenchmarkId::from_parameter(nodes),
            dir.path(),
            |bencher, root| {
                bencher.iter(|| run(root, &["compile", "-o", "pipeline.yml"]));
            },
        );
    }
}

criterion_group!(benches, start, compile);
criterion_main!(benches);
