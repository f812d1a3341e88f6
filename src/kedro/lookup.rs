//! Finds configuration files by the glob patterns of Kedro's `ConfigLoader`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where files of one kind are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// Kedro's pattern `kind*`: beside each other in the environment's folder.
    Top,
    /// Kedro's patterns `kind*`, `kind*/**` and `**/kind*`: also in sub-folders.
    Everywhere,
}

/// The files of one kind in one environment's folder: those that are read, in Kedro's order, and those that
/// Kedro would read but kfk does not.
pub(super) fn lookup_files(
    folder: &Path,
    kind: &str,
    depth: Where,
) -> Result<(BTreeSet<PathBuf>, BTreeSet<PathBuf>)> {
    let mut found = (BTreeSet::new(), BTreeSet::new());
    let mut seen = BTreeSet::new();
    walk(folder, kind, depth, false, &mut seen, &mut found)?;
    Ok(found)
}

fn walk(
    folder: &Path,
    kind: &str,
    depth: Where,
    take_all: bool,
    seen: &mut BTreeSet<PathBuf>,
    found: &mut (BTreeSet<PathBuf>, BTreeSet<PathBuf>),
) -> Result<()> {
    let reading = || format!("cannot read the folder `{}`", folder.display());
    // A link may lead back up.
    if !seen.insert(fs::canonicalize(folder).with_context(reading)?) {
        return Ok(());
    }
    let top = seen.len() == 1;
    for entry in fs::read_dir(folder).with_context(reading)? {
        let path = entry.with_context(reading)?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        // Globs do not match names that start with a dot.
        if name.starts_with('.') {
            continue;
        }
        let matches = take_all || name.starts_with(kind);
        if path.is_dir() {
            if depth == Where::Everywhere {
                walk(
                    &path,
                    kind,
                    depth,
                    take_all || (top && matches),
                    seen,
                    found,
                )?;
            }
        } else if matches && path.is_file() {
            let path = fs::canonicalize(&path)
                .with_context(|| format!("cannot read `{}`", path.display()))?;
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("yml" | "yaml" | "json") => _ = found.0.insert(path),
                Some("ini" | "pickle" | "properties" | "xml") => _ = found.1.insert(path),
                _ => {}
            }
        }
    }
    Ok(())
}
