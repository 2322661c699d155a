//! The journal on disk: append before the INVITE leaves, group fsync, one fresh segment at every start.
//!
//! ```text
//! open: read all segments ─► ledger ─► journal-N+1.log = ledger.records() ─► fsync ─► delete the older ones
//! append: write(2) now (survives kill -9), fsync within 20 ms on a thread of its own (survives power loss)
//! disk full: `append` fails; the ledger still knows; `heal` writes a fresh segment as soon as there is room
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use crate::journal::Record;
use crate::journal::ledger::Ledger;
use crate::journal::line::{self, Damage};
use crate::journal::seal::Seal;

/// A segment that has grown past this is replaced by a fresh one.
pub const MAX_SEGMENT: u64 = 32 * 1024 * 1024;
/// How long the fsync thread collects writes before it syncs them together.
const GROUP: Duration = Duration::from_millis(10);

/// The journal of one node, open for appending. Holds a lock on its folder until dropped.
#[derive(Debug)]
pub struct JournalFile {
    folder: PathBuf,
    segment: Segment,
    ledger: Ledger,
    seal: Arc<dyn Seal>,
    sync: SyncThread,
    /// A write failed: what is on disk is less than what the ledger knows.
    behind: bool,
    _lock: File,
}

/// What an earlier life of the node has left.
#[derive(Debug, Default)]
pub struct Found {
    /// Lines that could not be read: a write torn by a crash, or damage.
    pub damaged_lines: u64,
}

/// Why a journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("journal folder {} is in use by another trunkline; give each node its own", .0.display())]
    InUse(PathBuf),
    /// Sealed with another key: its calls could not be ended, and their CDRs would be lost.
    #[error(
        "journal folder {} was written with another key file: put that one back ([privacy] key_file), or move the folder away and lose the \
         records of calls in it", .0.display()
    )]
    Sealed(PathBuf),
    /// The disk or its permissions.
    #[error("journal folder {} cannot be written: {source}; make it writable or set [node] journal", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

#[derive(Debug)]
struct Segment {
    number: u64,
    file: Arc<File>,
    bytes: u64,
}

impl JournalFile {
    /// Opens the journal in `folder` (made when absent), reads what is there and starts a fresh segment with what is still open.
    pub fn open(folder: &Path, seal: Arc<dyn Seal>) -> Result<(JournalFile, Found), OpenError> {
        let failed = |source| OpenError::Io {
            folder: folder.to_owned(),
            source,
        };
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = File::create(folder.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(OpenError::InUse(folder.to_owned())),
            Err(fs::TryLockError::Error(e)) => return Err(failed(e)),
        }
        let mut ledger = Ledger::default();
        let mut found = Found::default();
        let old = segments(folder).map_err(failed)?;
        for (_, path) in &old {
            let read = read_segment(path, &mut ledger, &*seal).map_err(failed)?;
            if read.sealed {
                return Err(OpenError::Sealed(folder.to_owned()));
            }
            found.damaged_lines += read.damaged;
        }
        let number = old.last().map_or(1, |(n, _)| n + 1);
        let segment = Segment::start(folder, number, &ledger, &*seal).map_err(failed)?;
        remove(&old);
        let sync = SyncThread::start().map_err(failed)?;
        let journal = JournalFile {
            folder: folder.to_owned(),
            segment,
            ledger,
            seal,
            sync,
            behind: false,
            _lock: lock,
        };
        Ok((journal, found))
    }

    /// What the journal adds up to.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Writes a record. On an error the ledger has it all the same, and [`JournalFile::heal`] brings the disk up to it.
    pub fn append(&mut self, record: &Record) -> io::Result<()> {
        self.ledger.apply(record);
        if self.behind {
            return self.heal();
        }
        let Some(line) = line::encode(record, &*self.seal) else {
            self.behind = true;
            return Err(unsealed());
        };
        if let Err(e) = (&*self.segment.file).write_all(&line) {
            self.behind = true;
            return Err(e);
        }
        self.segment.bytes += line.len() as u64;
        self.sync.request(&self.segment.file);
        if self.segment.bytes > MAX_SEGMENT {
            self.rotate()
        } else {
            Ok(())
        }
    }

    /// The disk has all that the ledger knows.
    pub fn is_whole(&self) -> bool {
        !self.behind
    }

    /// After a failed write: tries to write everything open into a fresh segment.
    pub fn heal(&mut self) -> io::Result<()> {
        if self.behind { self.rotate() } else { Ok(()) }
    }

    fn rotate(&mut self) -> io::Result<()> {
        let old = segments(&self.folder)?;
        match Segment::start(&self.folder, self.segment.number + 1, &self.ledger, &*self.seal) {
            Ok(segment) => {
                self.segment = segment;
                self.behind = false;
                remove(&old);
                Ok(())
            }
            Err(e) => {
                self.behind = true;
                Err(e)
            }
        }
    }
}

impl Segment {
    /// Written beside its name first, so that a half-written one is never read.
    fn start(folder: &Path, number: u64, ledger: &Ledger, seal: &dyn Seal) -> io::Result<Segment> {
        let draft = folder.join("journal.new");
        let mut bytes = Vec::new();
        for record in ledger.records() {
            bytes.extend_from_slice(&line::encode(&record, seal).ok_or_else(unsealed)?);
        }
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(&draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&draft, folder.join(format!("journal-{number:010}.log")))?;
        File::open(folder)?.sync_all()?;
        Ok(Segment {
            number,
            file: Arc::new(file),
            bytes: bytes.len() as u64,
        })
    }
}

/// What is not sealed is not written.
fn unsealed() -> io::Error {
    io::Error::other("a line cannot be sealed: the system gives no random bytes")
}

/// All segments, oldest first.
fn segments(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let number = path
            .file_name()
            .and_then(|n| n.to_str())
            .and_then(|n| n.strip_prefix("journal-")?.strip_suffix(".log")?.parse().ok());
        if let Some(number) = number {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found)
}

/// Old segments are of no use once a fresh one is synced; one that cannot be removed is only read again.
fn remove(segments: &[(u64, PathBuf)]) {
    for (_, path) in segments {
        if let Err(error) = fs::remove_file(path) {
            tracing::warn!(path = %path.display(), %error, "old journal segment stays");
        }
    }
}

/// What could not be read of a segment.
#[derive(Debug, Default)]
struct Unread {
    damaged: u64,
    /// Whole lines were sealed with another key.
    sealed: bool,
}

/// Applies a segment's lines.
fn read_segment(path: &Path, ledger: &mut Ledger, seal: &dyn Seal) -> io::Result<Unread> {
    let mut unread = Unread::default();
    for bytes in BufReader::new(File::open(path)?).split(b'\n') {
        match line::decode(&bytes?, seal) {
            Ok(record) => ledger.apply(&record),
            Err(Damage::Sealed) => unread.sealed = true,
            Err(Damage::Length | Damage::Checksum | Damage::Content) => unread.damaged += 1,
        }
    }
    Ok(unread)
}

/// Syncs the file that was written last, at most every [`GROUP`].
#[derive(Debug)]
struct SyncThread {
    requests: SyncSender<Arc<File>>,
    asked: Arc<AtomicBool>,
}

impl SyncThread {
    fn start() -> io::Result<SyncThread> {
        let (requests, inbox) = sync_channel::<Arc<File>>(1);
        let asked = Arc::new(AtomicBool::new(false));
        let flag = asked.clone();
        std::thread::Builder::new()
            .name("journal-sync".into())
            .spawn(move || {
                while let Ok(file) = inbox.recv() {
                    pause(GROUP);
                    flag.store(false, Ordering::Release);
                    if let Err(error) = file.sync_data() {
                        tracing::error!(%error, "journal could not be synced");
                    }
                }
            })?;
        Ok(SyncThread { requests, asked })
    }

    fn request(&self, file: &Arc<File>) {
        if !self.asked.swap(true, Ordering::AcqRel) && self.requests.try_send(file.clone()).is_err() {
            // The thread has a request already that it has not begun.
            self.asked.store(false, Ordering::Release);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the fsync thread collects writes; nobody waits for it"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::cdr::{CallDirection, Side};
    use crate::ids::{LegId, SessionId, TrunkId};
    use crate::journal::Begin;
    use crate::journal::seal::Plain;

    fn begin(n: u128) -> Record {
        Record::Begin(Begin {
            leg: LegId(Uuid::from_u128(n)),
            session: SessionId(Uuid::nil()),
            call: None,
            side: Side::Caller,
            direction: CallDirection::Outbound,
            trunk: TrunkId(Uuid::nil()),
            node: "gw1".into(),
            from_ref: String::new(),
            to_ref: String::new(),
            sip_call_id: n.to_string(),
            at: 5,
        })
    }

    fn open(folder: &Path) -> (JournalFile, Found) {
        JournalFile::open(folder, Arc::new(Plain)).expect("opens")
    }

    #[test]
    fn what_was_appended_is_found_again_and_old_segments_go() {
        let dir = tempfile::tempdir().expect("folder");
        for life in 1..=3 {
            let (mut journal, found) = open(dir.path());
            assert_eq!(found.damaged_lines, 0);
            assert_eq!(journal.ledger().orphans().len(), life - 1);
            journal.append(&begin(life as u128)).expect("written");
            assert_eq!(segments(dir.path()).expect("listed").len(), 1);
        }
    }

    #[test]
    fn a_torn_last_line_loses_only_itself() {
        let dir = tempfile::tempdir().expect("folder");
        let (mut journal, _) = open(dir.path());
        journal.append(&begin(1)).expect("written");
        journal.append(&begin(2)).expect("written");
        drop(journal);
        let (_, path) = segments(dir.path()).expect("listed").remove(0);
        let len = fs::metadata(&path).expect("there").len();
        OpenOptions::new()
            .write(true)
            .open(&path)
            .expect("opens")
            .set_len(len - 7)
            .expect("cut");
        let (journal, found) = open(dir.path());
        assert_eq!(found.damaged_lines, 1);
        assert_eq!(journal.ledger().orphans().len(), 1);
    }

    #[test]
    fn two_nodes_cannot_share_a_journal() {
        let dir = tempfile::tempdir().expect("folder");
        let _first = open(dir.path());
        let second = JournalFile::open(dir.path(), Arc::new(Plain)).expect_err("locked");
        assert!(matches!(second, OpenError::InUse(_)), "{second}");
    }

    #[test]
    fn after_a_failed_write_a_fresh_segment_has_everything() {
        let dir = tempfile::tempdir().expect("folder");
        let (mut journal, _) = open(dir.path());
        journal.append(&begin(1)).expect("written");
        let read_only = File::open(&segments(dir.path()).expect("listed")[0].1).expect("opens");
        journal.segment.file = Arc::new(read_only);
        assert!(journal.append(&begin(2)).is_err());
        assert!(!journal.is_whole());
        journal.heal().expect("room again");
        assert!(journal.is_whole());
        drop(journal);
        assert_eq!(open(dir.path()).0.ledger().orphans().len(), 2);
    }

    /// A key of its own for each; what another sealed is not opened.
    #[derive(Debug)]
    struct Key(char);

    impl Seal for Key {
        fn seal(&self, text: &str) -> Option<String> {
            Some(format!("{}{}", self.0, hex::encode(text)))
        }

        fn open(&self, sealed: &str) -> Option<String> {
            String::from_utf8(hex::decode(sealed.strip_prefix(self.0)?).ok()?).ok()
        }
    }

    #[test]
    fn with_another_key_nothing_is_touched() {
        let dir = tempfile::tempdir().expect("folder");
        let open = |key| JournalFile::open(dir.path(), Arc::new(Key(key)));
        open('a').expect("opens").0.append(&begin(1)).expect("written");
        let error = open('b').expect_err("another key");
        assert!(matches!(error, OpenError::Sealed(_)), "{error}");
        let (journal, found) = open('a').expect("opens");
        assert_eq!((journal.ledger().orphans().len(), found.damaged_lines), (1, 0));
    }
}
