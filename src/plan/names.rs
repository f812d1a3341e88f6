//! Names that Argo takes, made from names that it would not take.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The most characters that Argo allows in the name of a template or a task.
const MOST: usize = 128;

/// Names of which no two are equal.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
    /// The last number given to a name, so that many equal names cost no more than different ones.
    last: HashMap<String, usize>,
}

impl Names {
    /// Takes `wanted`, or the first of `wanted-2`, `wanted-3`, … that is free, as the Kubeflow SDK does.
    /// What would be too long is cut, and tells `original` apart by a short hash of it.
    pub(super) fn unique(&mut self, wanted: &str, original: &str, most: Option<usize>) -> String {
        let base = shorten(wanted, original, most);
        if self.taken.insert(base.clone()) {
            return base;
        }
        let mut number = self.last.get(&base).copied().unwrap_or(1);
        loop {
            number += 1;
            let name = shorten(
                &format!("{base}-{number}"),
                &format!("{original}-{number}"),
                most,
            );
            if self.taken.insert(name.clone()) {
                self.last.insert(base, number);
                return name;
            }
        }
    }

    /// Takes a name for a template or a task, made from any text.
    pub(super) fn field(&mut self, text: &str) -> String {
        self.unique(&slug(text), text, Some(MOST))
    }

    /// Takes `name` as it is. Names that must not change are taken before those that may.
    pub(super) fn reserve(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }
}

/// The text as the Kubeflow SDK makes names of steps: [`lower_dashed`], `n` before a leading digit, `task`
/// where nothing is left.
fn slug(text: &str) -> String {
    let mut name = lower_dashed(text);
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, 'n');
    }
    if name.is_empty() {
        "task".to_owned()
    } else {
        name
    }
}

/// The text in lower case with everything but letters and digits of ASCII as one `-`, none at the ends.
pub(super) fn lower_dashed(text: &str) -> String {
    dashed(&text.to_lowercase(), |c| c.is_ascii_alphanumeric())
}

/// The text with every run of characters that are not `legal` as one `-`, and none at the ends.
pub(super) fn dashed(text: &str, legal: impl Fn(char) -> bool) -> String {
    let mut name = String::with_capacity(text.len());
    for c in text.chars() {
        if legal(c) {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(name.trim_end_matches('-').len());
    name
}

/// Cuts a name of ASCII letters, digits and dashes to `most` characters, the last eight a hash of `original`.
fn shorten(name: &str, original: &str, most: Option<usize>) -> String {
    const HASH: usize = 8;
    match most {
        Some(most) if name.len() > most => {
            let mut short = name[..most - HASH - 1].trim_end_matches('-').to_owned();
            short.push('-');
            for byte in &Sha256::digest(original.as_bytes())[..HASH / 2] {
                write!(short, "{byte:02x}").unwrap_or_default();
            }
            short
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_made_as_the_sdk_makes_them() {
        for (text, wanted) in [
            ("Step.One", "step-one"),
            ("1starts.with-digit", "n1starts-with-digit"),
            ("UPPER_lower__double", "upper-lower-double"),
            ("trailing_", "trailing"),
            ("f([a,b]) -> [c]", "f-a-b-c"),
            ("zażółć", "za"),
            ("雪", "task"),
            ("", "task"),
        ] {
            assert_eq!(slug(text), wanted);
        }
    }

    #[test]
    fn equal_names_are_numbered_and_long_ones_cut() {
        let mut names = Names::default();
        names.reserve("step-one-2");
        assert_eq!(
            ["Step.One", "step_one", "step-one", "step-one-2"].map(|text| names.field(text)),
            ["step-one", "step-one-3", "step-one-4", "step-one-2-2"]
        );
        let long = "x".repeat(200);
        let first = names.field(&long);
        assert_eq!((first.len(), &first[..119]), (128, &long[..119]));
        assert_ne!(names.field(&format!("{long}y")), first);
        assert_eq!(names.field(&long).len(), 128);
    }

    proptest! {
        #[test]
        fn any_texts_become_different_names_that_argo_takes(texts in proptest::collection::vec("\\PC{0,200}|[a_.-]{0,3}|x{120,140}", 1..40)) {
            let mut names = Names::default();
            let made: Vec<String> = texts.iter().map(|text| names.field(text)).collect();
            let different: HashSet<&String> = made.iter().collect();
            prop_assert_eq!(different.len(), made.len());
            for name in &made {
                prop_assert!(name.len() <= MOST && name.starts_with(|c: char| c.is_ascii_alphanumeric()), "{}", name);
                prop_assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", name);
                prop_assert!(!name.ends_with('-'));
            }
        }
    }
}
