//! The store's folder: made private, locked for as long as a handle lives, filled file by file.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use super::data_file::{DataFile, refused, sync_folder};
use super::error::OpenError;

/// Name of the lock's file. It stays when the lock goes, which the operating system sees to when
/// the process ends in whatever way.
const LOCK_FILE: &str = "lock";

/// The right to use a folder. redb locks each file too, but lets go while the journal is reopened,
/// and two processes could make the same file at once.
#[derive(Debug)]
pub(super) struct FolderLock(#[expect(dead_code, reason = "open for as long as the lock is held")] File);

impl FolderLock {
    /// Makes the folder if it is not there, for its owner alone, and locks it.
    pub(super) fn take(folder: &Path) -> Result<Self, OpenError> {
        make_folder(folder).map_err(|error| refused("create", folder, error))?;
        let path = folder.join(LOCK_FILE);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| refused("open", &path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked {
                path: folder.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(refused("lock", &path, error)),
        }
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    sync_folder(folder)
}

/// Makes the files that are not there, the journal first: a checkpoint without its journal means
/// that the journal was lost, and an empty one in its place would hide that.
pub(super) fn create_missing(journal: &Path, checkpoint: &Path) -> Result<(), OpenError> {
    let exists = |path: &Path| path.try_exists().map_err(|error| refused("open", path, error));
    let (has_journal, has_checkpoint) = (exists(journal)?, exists(checkpoint)?);
    if has_checkpoint && !has_journal {
        return Err(OpenError::Damaged {
            path: journal.to_owned(),
            detail: "it is missing, though its checkpoint is there".to_owned(),
        });
    }
    if !has_journal {
        DataFile::create(journal)?;
    }
    if !has_checkpoint {
        DataFile::create(checkpoint)?;
    }
    Ok(())
}
