//! Data flows one way: which module may use which, read from the sources.

use std::fs;
use std::path::PathBuf;

use crate::harness::{files_below, repository};

/// Each module, and what it may use besides itself.
const MAY_USE: [(&str, &[&str]); 13] = [
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
    ("compile", &["failure", "kedro", "plan", "settings"]),
    (
        "commands",
        &[
            "argo", "compile", "failure", "file", "host", "kedro", "output", "settings", "yaml",
            "expand",
        ],
    ),
    (
        "cli",
        &["commands", "compile", "expand", "failure", "output"],
    ),
];

/// What the pure modules may not touch.
const IMPURE: [&str; 8] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "std::io::stdin",
];

/// The module and the text of every source file without its tests.
fn modules() -> Vec<(String, PathBuf, String)> {
    let src = repository().join("src");
    files_below(&src)
        .into_iter()
        .map(|file| {
            let first = file
                .strip_prefix(&src)
                .unwrap()
                .iter()
                .next()
                .unwrap()
                .to_string_lossy()
                .replace(".rs", "");
            let text = fs::read_to_string(&file).unwrap();
            let text = text
                .split("#[cfg(test)]\nmod tests")
                .next()
                .unwrap()
                .to_owned();
            (first, file, text)
        })
        .collect()
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for (module, file, text) in modules() {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            assert!(
                matches!(module.as_str(), "lib" | "main"),
                "{module} has no line in MAY_USE"
            );
            continue;
        };
        for part in text.split("crate::").skip(1) {
            let names: Vec<&str> = match part.strip_prefix('{') {
                Some(list) => list
                    .split('}')
                    .next()
                    .unwrap()
                    .split(',')
                    .map(str::trim)
                    .collect(),
                None => vec![part],
            };
            for name in names {
                let used = name
                    .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .next()
                    .unwrap();
                if used != module && !allowed.contains(&used) {
                    wrong.push(format!("{} uses {used}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn plan_and_back_ends_are_pure() {
    for (module, file, text) in modules() {
        if matches!(module.as_str(), "plan" | "argo" | "yaml" | "wording") {
            for word in IMPURE {
                assert!(!text.contains(word), "{} uses {word}", file.display());
            }
        }
    }
}

#[test]
fn commands_do_not_use_one_another() {
    for (module, file, text) in modules() {
        if module == "commands" && !file.ends_with("mod.rs") {
            for other in ["compile", "init", "ui"] {
                assert!(
                    !text.contains(&format!("super::{other}"))
                        && !text.contains(&format!("commands::{other}")),
                    "{}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn only_output_prints() {
    for (module, file, text) in modules() {
        let prints = ["println!", "eprint!", "print!(", "stdout()"]
            .iter()
            .any(|word| text.contains(word));
        assert!(!prints || module == "output", "{} prints", file.display());
    }
}
