//! Strings as scalars that every YAML reader takes for these very strings.
//!
//! Kubeflow and Argo read YAML in Go with YAML 1.1 truth values, people read it with PyYAML, other tools
//! with YAML 1.2. A string is written plain only where all of them read it as that string; otherwise it is
//! quoted, or a literal block where it has lines.

use std::borrow::Cow;
use std::fmt::Write;

/// A string as a scalar on one line: plain where that is safe, else in double quotes, or in single quotes
/// where that saves escapes.
pub fn scalar(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        Cow::Borrowed(text)
    } else if text.contains(['"', '\\']) && text.chars().all(is_printable) {
        Cow::Owned(format!("'{}'", text.replace('\'', "''")))
    } else {
        Cow::Owned(quote(text))
    }
}

/// Whether every reader takes the plain scalar for this very string.
fn is_plain(text: &str) -> bool {
    /// Truth values and nulls of some reader, in lower case; Go also takes `y` and `n`.
    const WORDS: [&str; 10] = [
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan",
    ];
    // A flag such as `-c` or `--env`; `---` would start a document.
    let start = text.strip_prefix('-').unwrap_or(text);
    let start = start.strip_prefix('-').unwrap_or(start);
    // What starts with a letter is no number; a very long key would need a form of its own.
    let is_flag = start.len() < text.len();
    // Go takes underscores out of what may be a number, so `-_1` is -1 there.
    let starts_safely = |c: char| c.is_ascii_alphabetic() || (!is_flag && matches!(c, '/' | '_'));
    if !start.starts_with(starts_safely) || text.len() > 1000 {
        return false;
    }
    // `: ` makes a key, ` #` a comment (`#` is not among the characters); two blanks and those at the end
    // may be lost.
    let bytes = text.as_bytes();
    let safe = bytes
        .iter()
        .zip(bytes.iter().skip(1).chain(b" "))
        .all(|(byte, next)| match byte {
            b' ' | b':' => *next != b' ',
            b'/' | b'_' | b'-' | b'.' | b'@' | b'+' => true,
            byte => byte.is_ascii_alphanumeric(),
        });
    safe && (text.len() > 5 || !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)))
}

fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    if text
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
    {
        quoted.push_str(text);
        quoted.push('"');
        return quoted;
    }
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if is_printable(c) => quoted.push(c),
            c if u32::from(c) > 0xffff => {
                write!(quoted, "\\U{:08x}", u32::from(c)).unwrap_or_default();
            }
            c => write!(quoted, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether YAML 1.1 and 1.2 readers take the character as it is, and none takes it for a line break.
fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        // C1 controls, line and paragraph separators, the byte order mark, and two that are no characters.
        '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
            false
        }
        c => c > '\u{9f}',
    }
}

/// Whether a literal block (`|`) keeps the text exactly in every reader.
pub(super) fn is_block(text: &str) -> bool {
    let Some(body) = text.strip_suffix('\n') else {
        return false;
    };
    body.contains('\n')
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && text.chars().all(|c| c == '\n' || is_printable(c))
        && body.split('\n').all(|line| !line.ends_with(' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::scalar::{Scalar, resolve};

    #[test]
    fn strings_that_some_reader_misreads_are_quoted() {
        for text in [
            "",
            "y",
            "N",
            "yes",
            "ON",
            "no",
            "off",
            "true",
            "Null",
            "~",
            "nan",
            ".nan",
            "0",
            "0755",
            "1_000",
            "12:30",
            "1e3",
            "0x1F",
            "2020-01-01",
            "1.5",
            "-1",
            "-_1",
            "--_1",
            "a: b",
            "a #b",
            "#a",
            "a ",
            " a",
            "a:",
            "-",
            "- a",
            "---",
            "--- a",
            "=",
            "<<",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "{a}",
            "[a]",
            "a,b",
            "'a'",
            "\"a\"",
            "a\nb",
            "a\tb",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\u{7f}",
            "\0",
            "ż",
            "1Gi",
            "|",
            ">",
            "?",
            "? a",
            "\r\n",
            "\\",
            "a  b",
        ] {
            assert!(
                scalar(text).starts_with(['"', '\'']),
                "{text:?} is written plain"
            );
        }
        for text in [
            "a",
            "--env",
            "-c",
            "kubeflow-plugin-demo",
            "/home/kedro/data",
            "gcr.io/x/y:1.2",
            "IfNotPresent",
            "a b",
            "params:x",
        ] {
            assert_eq!(scalar(text), text);
            assert_eq!(resolve(text), Scalar::Text);
        }
    }
}
