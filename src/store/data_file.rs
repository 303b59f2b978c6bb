//! One redb file: created so that a crash leaves nothing half made, opened under checks, and
//! reopened after an error.
//!
//! redb does not verify checksums on ordinary reads and panics on some pages that it did not write,
//! so everything runs under `catch_unwind`; and after an I/O error a handle answers nothing more,
//! so this type remembers the error and opens a new one when asked.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use parking_lot::RwLock;
use redb::{Database, DatabaseError, Durability, ReadTransaction, ReadableDatabase, TableDefinition, WriteTransaction};

use super::error::{OpenError, StorageFault};

/// Format of both files as they are written; all before it are read. A file of an earlier one takes
/// this number with its next write. Versions of single records are told apart by a byte of their own.
pub(super) const FORMAT: u32 = 3;

/// What every file has: `format` (u32), and what the file's owner keeps under other keys.
pub(super) const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("meta");
const FORMAT_KEY: &str = "format";

/// Opens the engine on a path; tests put a failing disk beneath it.
pub(super) type Opener = Box<dyn Fn(&Path, usize) -> Result<Database, DatabaseError> + Send + Sync>;

/// The way every store opens its files.
pub(super) fn opener() -> Opener {
    Box::new(|path, cache_bytes| Database::builder().set_cache_size(cache_bytes).open(path))
}

/// Whether a failed write may yet be on the disk.
pub(super) enum WriteFault<E> {
    /// The closure refused; the file is as before and usable.
    Refused(E),
    /// Nothing is written.
    NotWritten(StorageFault),
    /// The commit failed half way.
    OutcomeUnknown(StorageFault),
}

/// Why a closure on a transaction stopped.
pub(super) enum Stop<E> {
    /// The engine failed.
    Storage(redb::Error),
    /// The closure's own reason.
    Own(E),
}

macro_rules! stop_from {
    ($($error:ty),*) => {$(
        impl<E> From<$error> for Stop<E> {
            fn from(error: $error) -> Self {
                Self::Storage(error.into())
            }
        }
    )*};
}
stop_from!(
    redb::Error,
    redb::SetDurabilityError,
    redb::StorageError,
    redb::TableError,
    redb::TransactionError
);

/// A redb file and its present handle.
pub(super) struct DataFile {
    path: PathBuf,
    cache_bytes: usize,
    opener: Opener,
    /// `None` only while, or after, reopening failed.
    database: RwLock<Option<Database>>,
    /// An error was seen; the handle answers nothing more.
    dead: AtomicBool,
    /// The format that the file states.
    format: AtomicU32,
}

impl std::fmt::Debug for DataFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl DataFile {
    /// Makes an empty file: under another name, synced, renamed, the folder synced. redb cannot open
    /// a file whose creation was interrupted. The caller holds the folder's lock, so that what lies
    /// under the other name is a leftover.
    pub(super) fn create(path: &Path) -> Result<(), OpenError> {
        let unfinished = path.with_extension("redb.new");
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(refused("remove", &unfinished, error));
            }
            Ok(()) | Err(_) => {}
        }
        let made = guarded(|| -> Result<(), redb::Error> {
            let database = Database::create(&unfinished)?;
            let mut transaction = database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            transaction.set_quick_repair(true);
            state_format(&transaction)?;
            transaction.commit()?;
            Ok(database.close()?)
        });
        made.and_then(|made| made.map_err(engine))
            .map_err(|fault| not_opened(&unfinished, fault))?;
        File::open(&unfinished)
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(&unfinished, path))
            .and_then(|()| sync_folder(path))
            .map_err(|error| refused("create", path, error))
    }

    /// Opens the file and checks its format.
    pub(super) fn open(path: PathBuf, cache_bytes: usize, opener: Opener) -> Result<Self, OpenError> {
        let file = Self {
            path,
            cache_bytes,
            opener,
            database: RwLock::new(None),
            dead: AtomicBool::new(true),
            format: AtomicU32::new(0),
        };
        file.reopen()?;
        Ok(file)
    }

    /// The file's path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an error closed the file until it is reopened.
    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Acquire)
    }

    /// Drops the handle and opens another one. Waits for reads under way.
    pub(super) fn reopen(&self) -> Result<(), OpenError> {
        let mut database = self.database.write();
        // Dropping may flush, and so meet the same damage as everything else.
        let dropped = guarded(|| drop(database.take()));
        if let Err(fault) = dropped {
            return Err(not_opened(&self.path, fault));
        }
        let opened = guarded(|| (self.opener)(&self.path, self.cache_bytes))
            .map_err(|fault| not_opened(&self.path, fault))?
            .map_err(|error| database_error(&self.path, error))?;
        *database = Some(opened);
        self.dead.store(false, Ordering::Release);
        drop(database);
        self.check_format()
            .inspect_err(|_| self.dead.store(true, Ordering::Release))
    }

    fn check_format(&self) -> Result<(), OpenError> {
        let stored = self.meta(FORMAT_KEY).map_err(|fault| not_opened(&self.path, fault))?;
        let damaged = |detail: &str| OpenError::Damaged {
            path: self.path.clone(),
            detail: detail.to_owned(),
        };
        let stored = stored.ok_or_else(|| damaged("it states no format"))?;
        let stored: [u8; 4] = stored.try_into().map_err(|_| damaged("its format is no number"))?;
        match u32::from_le_bytes(stored) {
            0 => Err(damaged("its format is 0")),
            found @ 1..=FORMAT => {
                self.format.store(found, Ordering::Release);
                Ok(())
            }
            found => Err(OpenError::TooNew {
                path: self.path.clone(),
                found,
                supported: FORMAT,
            }),
        }
    }

    /// A value of the meta table.
    pub(super) fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StorageFault> {
        self.read(|transaction| {
            let meta = transaction.open_table(META)?;
            Ok(meta.get(key)?.map(|value| value.value().to_vec()))
        })
    }

    /// Runs a closure on a consistent view of the file. The closure may read again: a waiting
    /// reopening does not come between.
    pub(super) fn read<T, E: From<StorageFault>>(
        &self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, Stop<E>>,
    ) -> Result<T, E> {
        if self.is_dead() {
            return Err(StorageFault::Closed.into());
        }
        let database = self.database.read_recursive();
        let database = database.as_ref().ok_or(StorageFault::Closed)?;
        let outcome = guarded(|| -> Result<T, Stop<E>> {
            let transaction = database.begin_read()?;
            read(&transaction)
        });
        match outcome {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(Stop::Own(error))) => Err(error),
            Ok(Err(Stop::Storage(error))) => Err(self.failed(engine(error)).into()),
            Err(fault) => Err(self.failed(fault).into()),
        }
    }

    /// Runs a closure in a write transaction and makes what it wrote durable, and with it the format
    /// that it is written in: opening and reading leave a file of an earlier format as it is.
    pub(super) fn write<T, E>(
        &self,
        write: impl FnOnce(&WriteTransaction) -> Result<T, Stop<E>>,
    ) -> Result<T, WriteFault<E>> {
        let closed = || WriteFault::NotWritten(StorageFault::Closed);
        if self.is_dead() {
            return Err(closed());
        }
        let database = self.database.read_recursive();
        let database = database.as_ref().ok_or_else(closed)?;
        let begun = guarded(|| -> Result<_, Stop<E>> {
            let mut transaction = database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            // Opening after a kill takes milliseconds instead of a walk over the whole file.
            transaction.set_quick_repair(true);
            if self.format.load(Ordering::Acquire) < FORMAT {
                state_format(&transaction)?;
            }
            let value = write(&transaction)?;
            Ok((transaction, value))
        });
        let (transaction, value) = match begun {
            Ok(Ok(begun)) => begun,
            Ok(Err(Stop::Own(error))) => return Err(WriteFault::Refused(error)),
            Ok(Err(Stop::Storage(error))) => return Err(WriteFault::NotWritten(self.failed(engine(error)))),
            Err(fault) => return Err(WriteFault::NotWritten(self.failed(fault))),
        };
        match guarded(|| transaction.commit()) {
            Ok(Ok(())) => {
                self.format.store(FORMAT, Ordering::Release);
                Ok(value)
            }
            Ok(Err(error)) => Err(WriteFault::OutcomeUnknown(self.failed(engine(error.into())))),
            Err(fault) => Err(WriteFault::OutcomeUnknown(self.failed(fault))),
        }
    }

    fn failed(&self, fault: StorageFault) -> StorageFault {
        self.dead.store(true, Ordering::Release);
        fault
    }
}

/// Closing writes, and so may meet what every other operation meets.
impl Drop for DataFile {
    fn drop(&mut self) {
        let database = self.database.get_mut().take();
        // Whatever was acknowledged is durable; there is nobody to tell.
        drop(guarded(|| drop(database)));
    }
}

/// Writes the present format.
fn state_format(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    let mut meta = transaction.open_table(META)?;
    meta.insert(FORMAT_KEY, FORMAT.to_le_bytes().as_slice())?;
    Ok(())
}

/// Runs a closure and turns a panic into a fault.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, StorageFault> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        StorageFault::Panicked(text.unwrap_or("a panic without a text").to_owned())
    })
}

fn engine(error: redb::Error) -> StorageFault {
    // The I/O error is what a person can act on, so it stands alone.
    StorageFault::Engine(if let redb::Error::Io(error) = error {
        Box::new(error)
    } else {
        Box::new(error)
    })
}

/// Makes a new or renamed file's name durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) | None => File::open(".")?.sync_all(),
    }
}

pub(super) fn refused(action: &'static str, path: &Path, source: io::Error) -> OpenError {
    OpenError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

fn database_error(path: &Path, error: DatabaseError) -> OpenError {
    if matches!(
        error,
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch
    ) {
        OpenError::Locked { path: path.to_owned() }
    } else {
        not_opened(path, engine(error.into()))
    }
}

/// A fault at opening: the operating system's refusals apart, the file is damaged.
fn not_opened(path: &Path, fault: StorageFault) -> OpenError {
    let detail = match fault {
        StorageFault::Engine(error) => match error.downcast::<io::Error>() {
            Ok(error) if !is_of_contents(error.kind()) => return refused("open", path, *error),
            Ok(error) => error.to_string(),
            Err(error) => error.to_string(),
        },
        fault @ (StorageFault::Panicked(_) | StorageFault::Closed) => fault.to_string(),
    };
    OpenError::Damaged {
        path: path.to_owned(),
        detail,
    }
}

/// Whether an I/O error speaks of what the file holds.
fn is_of_contents(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput
    )
}
