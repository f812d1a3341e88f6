//! Data flows one way: which module may use which, read from the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::harness::{files_below, repository};

/// Each module, and what it may use besides itself.
const MAY_USE: [(&str, &[&str]); 14] = [
    ("yaml", &[]),
    ("failure", &[]),
    ("wording", &[]),
    ("output", &[]),
    ("host", &[]),
    ("file", &[]),
    ("kedro", &["failure", "wording", "yaml"]),
    ("settings", &["failure", "kedro", "wording", "yaml"]),
    ("plan", &["failure", "kedro", "settings", "wording", "yaml"]),
    ("argo", &["plan", "yaml"]),
    ("load", &["kedro", "settings"]),
    (
        "compile",
        &["failure", "kedro", "load", "plan", "settings", "yaml"],
    ),
    (
        "commands",
        &[
            "argo", "compile", "failure", "file", "host", "kedro", "load", "output", "settings",
            "yaml",
        ],
    ),
    ("cli", &["commands", "compile", "failure", "file", "output"]),
];

/// What the pure modules may not touch.
const IMPURE: [&str; 8] = [
    "fs",
    "env",
    "net",
    "process",
    "thread",
    "time",
    "io::stdin",
    "os",
];

/// A source file without its tests and comments.
struct Source {
    module: String,
    file: PathBuf,
    text: String,
    /// Every path that it names, groups taken apart: `crate::yaml::Value`, `std::fs`.
    paths: BTreeSet<String>,
}

fn sources() -> Vec<Source> {
    let src = repository().join("src");
    let read = |file: PathBuf| {
        let first = file.strip_prefix(&src).unwrap().iter().next().unwrap();
        let module = first.to_string_lossy().replace(".rs", "");
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let code: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        let text = code.join("\n");
        let paths = ["crate::", "std::", "super::"]
            .iter()
            .flat_map(|root| paths_from(&text, root))
            .collect();
        Source {
            module,
            file,
            text,
            paths,
        }
    };
    files_below(&src).into_iter().map(read).collect()
}

/// Every path that starts with `root`, groups taken apart.
fn paths_from(text: &str, root: &str) -> Vec<String> {
    let starts = text.match_indices(root).filter(|(at, _)| {
        !text[..*at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':'))
    });
    starts.flat_map(|(at, _)| flatten(&text[at..]).0).collect()
}

/// The paths of the tree at the start of `text`, and how much of the text it takes.
fn flatten(text: &str) -> (Vec<String>, usize) {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '*');
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let head = &text[..end];
    if !(head.is_empty() || head.ends_with("::")) || !text[end..].starts_with('{') {
        return (vec![head.to_owned()], end);
    }
    let (mut paths, mut at) = (Vec::new(), end + 1);
    loop {
        at += text[at..]
            .find(|c: char| !(c.is_whitespace() || c == ','))
            .unwrap();
        if text[at..].starts_with('}') {
            return (
                paths
                    .into_iter()
                    .map(|path: String| format!("{head}{path}"))
                    .collect(),
                at + 1,
            );
        }
        let (inner, length) = flatten(&text[at..]);
        assert!(length > 0, "cannot read {:?}", &text[..at.min(200)]);
        paths.extend(inner);
        at += length;
    }
}

#[test]
fn groups_are_taken_apart() {
    let text = "use crate::{a::{b, c::D}, e};\nlet x = std::fs::read(y);\nuse std::{env,\n io::{self, Read}};";
    let paths: Vec<String> = ["crate::", "std::"]
        .iter()
        .flat_map(|root| paths_from(text, root))
        .collect();
    assert_eq!(
        paths,
        [
            "crate::a::b",
            "crate::a::c::D",
            "crate::e",
            "std::fs::read",
            "std::env",
            "std::io::self",
            "std::io::Read"
        ]
    );
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == source.module) else {
            assert!(
                matches!(source.module.as_str(), "lib" | "main"),
                "{} has no line in MAY_USE",
                source.module
            );
            continue;
        };
        for path in source
            .paths
            .iter()
            .filter_map(|path| path.strip_prefix("crate::"))
        {
            let used = path.split("::").next().unwrap();
            if used != source.module && !allowed.contains(&used) {
                wrong.push(format!("{} uses {used}", source.file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn plan_and_back_ends_are_pure() {
    for source in sources() {
        if matches!(source.module.as_str(), "plan" | "argo" | "yaml" | "wording") {
            for path in source
                .paths
                .iter()
                .filter_map(|path| path.strip_prefix("std::"))
            {
                let impure = IMPURE
                    .iter()
                    .find(|word| path == **word || path.starts_with(&format!("{word}::")));
                assert!(
                    impure.is_none(),
                    "{} uses std::{path}",
                    source.file.display()
                );
            }
        }
    }
}

#[test]
fn commands_do_not_use_one_another() {
    let sources = sources();
    let commands: Vec<&Source> = sources
        .iter()
        .filter(|source| source.module == "commands" && !source.file.ends_with("mod.rs"))
        .collect();
    assert!(commands.len() >= 3);
    for source in &commands {
        for other in &commands {
            let name = other.file.file_stem().unwrap().to_string_lossy();
            for path in [format!("super::{name}"), format!("crate::commands::{name}")] {
                let uses = |used: &String| *used == path || used.starts_with(&format!("{path}::"));
                assert!(
                    !source.paths.iter().any(uses),
                    "{} uses {path}",
                    source.file.display()
                );
            }
        }
    }
}

#[test]
fn only_output_prints() {
    for source in sources() {
        let prints = [
            "print!(",
            "println!(",
            "stdout()",
            "stderr()",
            "io::stderr",
            "io::stdout",
        ];
        let prints = prints.iter().find(|word| source.text.contains(**word));
        assert!(
            prints.is_none() || source.module == "output",
            "{}: {prints:?}",
            source.file.display()
        );
    }
}
