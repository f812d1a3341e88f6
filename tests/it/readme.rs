//! What the README says is true: its commands are run, its tables are complete.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::{kfk, repository};

fn readme() -> String {
    fs::read_to_string(repository().join("README.md")).unwrap()
}

/// The blocks of one language.
fn blocks<'a>(readme: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("\n```{language}\n");
    readme
        .split(start.as_str())
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap())
        .collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// The words of a command line without quotes.
fn call(line: &str) -> Command {
    let mut command = kfk();
    let mut words = line.split_whitespace().peekable();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        command.env(name, value);
        words.next();
    }
    assert_eq!(words.next(), Some("kfk"), "{line}");
    command.args(words);
    command
}

/// Each console block is run in a copy of the example project; `…` stands for the rest of the output.
#[test]
fn commands_do_what_the_readme_shows() {
    let dir = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(dir.path()).unwrap().join("spaceflights");
    copy(&repository().join("examples/spaceflights"), &root);
    let readme = readme();
    let blocks = blocks(&readme, "console");
    assert!(blocks.len() >= 8, "{} blocks", blocks.len());
    for block in blocks {
        for part in format!("\n{block}").split("\n$ ").skip(1) {
            let (line, wanted) = part.split_once('\n').unwrap_or((part, ""));
            let output = call(line).current_dir(&root).output().unwrap();
            let got = [output.stdout, output.stderr].concat();
            let got = String::from_utf8(got)
                .unwrap()
                .replace(&*root.to_string_lossy(), "/home/me/spaceflights");
            match wanted.strip_suffix('…') {
                Some(start) => assert!(got.starts_with(start), "{line}\n{got}"),
                None => assert_eq!(got.trim_end(), wanted.trim_end(), "{line}"),
            }
        }
    }
}

#[test]
fn the_first_command_compiles_the_example_and_ci_runs_the_second() {
    let readme = readme();
    let first: Vec<&str> = blocks(&readme, "sh")[0].lines().collect();
    let [compile, test] = first[..] else {
        panic!("{first:?}")
    };
    let arguments = compile
        .strip_prefix("cargo run --release --locked -- ")
        .unwrap();
    let dir = tempfile::tempdir().unwrap();
    copy(&repository().join("examples"), &dir.path().join("examples"));
    let output = call(&format!("kfk {arguments}"))
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    let workflow = fs::read(repository().join("examples/spaceflights/workflow.yaml")).unwrap();
    assert_eq!(fs::read(dir.path().join("pipeline.yml")).unwrap(), workflow);
    let ci = fs::read_to_string(repository().join(".ci/run")).unwrap();
    assert!(ci.lines().any(|line| line == test), "{test}");
}

#[test]
fn every_key_every_flag_and_every_hint_is_in_the_readme() {
    let readme = readme();
    for key in crate::harness::KEYS {
        assert!(
            readme.contains(&format!("| `{key}`")) || readme.contains(&format!("`{key}`")),
            "{key}"
        );
    }
    for command in [
        &["--help"][..],
        &["compile", "--help"],
        &["init", "--help"],
        &["ui", "--help"],
    ] {
        let help = String::from_utf8(kfk().args(command).output().unwrap().stdout).unwrap();
        for flag in help
            .split_whitespace()
            .filter(|word| word.starts_with("--") && word.len() > 2)
        {
            let flag = flag.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
            assert!(readme.contains(flag), "{flag}");
        }
    }
    // The hint for a missing export is one of the commands here.
    let dir = tempfile::tempdir().unwrap();
    copy(&repository().join("examples/spaceflights"), dir.path());
    fs::remove_file(dir.path().join("pipeline.json")).unwrap();
    let output = kfk()
        .current_dir(dir.path())
        .arg("compile")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let command = said
        .lines()
        .find(|line| line.contains("python -c"))
        .unwrap()
        .trim();
    assert!(blocks(&readme, "sh").contains(&command), "{command}");
}

#[test]
fn links_lead_somewhere() {
    let readme = readme();
    let headings: Vec<String> = readme
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let text = line.trim_start_matches('#').trim().to_lowercase();
            text.chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'))
                .collect::<String>()
                .replace(' ', "-")
        })
        .collect();
    for target in readme
        .split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
    {
        match target.strip_prefix('#') {
            Some(heading) => assert!(
                headings.iter().any(|known| known == heading),
                "#{heading} of {headings:?}"
            ),
            None if target.starts_with("https://") => {}
            None => assert!(repository().join(target).exists(), "{target}"),
        }
    }
}
