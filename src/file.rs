//! Files of the command line: their paths, and writing them whole or not at all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Writes a file: first beside its place under another name, then moved there, so that whatever stood there
/// stays as it was until the new content is complete. A device or pipe is written to directly.
///
/// # Errors
/// Where the file or its folder cannot be written to, or `write` fails.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let writing = || format!("cannot write `{}`", path.display());
    let existing = fs::metadata(path).ok();
    if existing.as_ref().is_some_and(fs::Metadata::is_dir) {
        return Err(io::Error::from(io::ErrorKind::IsADirectory)).with_context(writing);
    }
    if existing
        .as_ref()
        .is_some_and(|metadata| !metadata.is_file())
    {
        let mut out = BufWriter::new(
            fs::OpenOptions::new()
                .write(true)
                .open(path)
                .with_context(writing)?,
        );
        write(&mut out)
            .and_then(|()| out.flush())
            .with_context(writing)?;
        return Ok(());
    }
    let target = behind_links(path);
    if existing
        .as_ref()
        .is_some_and(|metadata| metadata.permissions().readonly())
    {
        return Err(io::Error::other("the file is read-only")).with_context(writing);
    }
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        let problem = format!("there is no folder `{}`", folder.display());
        return Err(io::Error::other(problem)).with_context(writing);
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kfk-");
    if let Some(permissions) = new_file_permissions() {
        builder.permissions(permissions);
    }
    // The error itself would name the passing file.
    let file = builder
        .tempfile_in(folder)
        .map_err(|error| io::Error::from(error.kind()));
    let file = file.with_context(writing)?;
    if let Some(metadata) = existing {
        file.as_file()
            .set_permissions(metadata.permissions())
            .with_context(writing)?;
    }
    let mut out = BufWriter::with_capacity(1 << 16, file);
    write(&mut out)
        .and_then(|()| out.flush())
        .with_context(writing)?;
    let file = out
        .into_inner()
        .map_err(io::IntoInnerError::into_error)
        .with_context(writing)?;
    file.persist(&target)
        .map_err(|error| error.error)
        .with_context(writing)?;
    Ok(())
}

/// A path of the command line, with a leading `~` as the home folder: shells leave it alone in `--output=~/x`.
pub fn expand(path: &Path) -> PathBuf {
    match path.to_str() {
        Some(text) => PathBuf::from(shellexpand::tilde(text).into_owned()),
        None => path.to_owned(),
    }
}

/// The file that a link leads to, also where that is not there yet: it is replaced, not the link.
fn behind_links(path: &Path) -> PathBuf {
    const MOST_LINKS: usize = 40;
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => break,
        }
    }
    target
}

/// Those that programs give new files; the user's umask takes away from them.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn new_file_permissions() -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn new_file_permissions() -> Option<fs::Permissions> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_failure_leaves_what_was_there_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.yml");
        write_whole(&path, |out| out.write_all(b"old")).unwrap();
        let error = write_whole(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(
            format!("{:#}", error.unwrap_err()),
            format!("cannot write `{}`: no more", path.display())
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(dir.path()), ["out.yml"]);
        assert!(write_whole(dir.path(), |_| Ok(())).is_err());
        assert!(write_whole(&dir.path().join("no/out.yml"), |_| Ok(())).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_are_kept() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("out.yml"), dir.path().join("link.yml"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write_whole(&link, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o664
        );
        write_whole(Path::new("/dev/null"), |out| out.write_all(b"new")).unwrap();
        fs::remove_file(&path).unwrap();
        write_whole(&link, |out| out.write_all(b"again")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "again");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(write_whole(&path, |out| out.write_all(b"no")).is_err());
    }
}
