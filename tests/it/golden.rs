//! Whole workflows, byte for byte. Each folder in `tests/golden` is a project, the file `command` with what
//! is set and called, a line each, and `workflow.yaml` or, for what is refused, `error.txt`.
//!
//! With `UPDATE_GOLDEN=1` in the environment the files are written anew; read the difference before you
//! commit it.

use std::fs;
use std::path::Path;

use crate::harness::{kfk, repository, shown};

/// Compares `got` with the file, or writes the file.
fn check(file: &Path, got: &[u8]) -> Result<(), String> {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(file, got).unwrap();
        return Ok(());
    }
    let wanted = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    if wanted == got {
        return Ok(());
    }
    let (wanted, got) = (
        String::from_utf8_lossy(&wanted),
        String::from_utf8_lossy(got),
    );
    let line = wanted
        .lines()
        .zip(got.lines())
        .position(|(a, b)| a != b)
        .unwrap_or(wanted.lines().count().min(got.lines().count()));
    Err(format!(
        "{}:{}: want {:?}, got {:?}",
        file.display(),
        line + 1,
        wanted.lines().nth(line),
        got.lines().nth(line)
    ))
}

fn case(folder: &Path) -> Result<(), String> {
    let mut command = kfk();
    command.current_dir(folder);
    for line in fs::read_to_string(folder.join("command")).unwrap().lines() {
        match line.split_once('=') {
            Some((name, value)) => _ = command.env(name, value),
            None => _ = command.arg(line),
        }
    }
    let output = command.args(["-o", "-"]).output().unwrap();
    if output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        check(&folder.join("workflow.yaml"), &output.stdout)?;
        check(&folder.join("warnings.txt"), said.as_bytes())
    } else {
        check(
            &folder.join("error.txt"),
            format!("{}\n", shown(&output, folder)).as_bytes(),
        )
    }
}

#[test]
fn golden_workflows() {
    let mut folders: Vec<_> = fs::read_dir(repository().join("tests/golden"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 35, "some cases are not there");
    let failures: Vec<String> = folders
        .iter()
        .filter_map(|folder| case(folder).err())
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_workflow_of_the_example_is_what_is_compiled_from_it() {
    let example = repository().join("examples/spaceflights");
    let output = kfk()
        .current_dir(&example)
        .args(["compile", "-o", "-"])
        .output()
        .unwrap();
    assert_eq!(shown(&output, &example).lines().last(), Some("[exit 0]"));
    check(&example.join("workflow.yaml"), &output.stdout).unwrap();
}
