//! The thread that writes recordings: a slow disk may delay a recording, never a packet.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use hound::{SampleFormat, WavSpec, WavWriter};

use super::queue::Events;
use crate::command::{Event, StreamId};
use crate::engine::Disk;
use crate::recorder::RecordingId;

/// Jobs that may wait for the disk: some seconds of 500 recordings.
const JOBS: usize = 2_048;

const FORMAT: WavSpec = WavSpec {
    channels: 1,
    sample_rate: 8_000,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

type Wav = WavWriter<BufWriter<File>>;
/// Jobs of all media threads, each with its thread.
pub(super) type Jobs = SyncSender<(usize, Disk)>;
/// A media thread and its name for the recording.
type Key = (usize, RecordingId);

/// A media thread's end of the way to the disk.
pub(super) struct DiskQueue {
    thread: usize,
    jobs: Jobs,
    /// Jobs that found the queue full; no samples, so they are few.
    backlog: VecDeque<Disk>,
    /// Recordings under way, and whether a block of theirs was lost.
    recordings: HashMap<RecordingId, (StreamId, Lost)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lost {
    Nothing,
    Samples,
}

/// Starts the disk thread; the receiving end of every [`DiskQueue`] made of the sender.
pub(super) fn start(events: Events) -> io::Result<(Jobs, JoinHandle<()>)> {
    let (sender, jobs) = sync_channel(JOBS);
    let thread = thread::Builder::new()
        .name("media-disk".into())
        .spawn(move || run(&jobs, events))?;
    Ok((sender, thread))
}

impl DiskQueue {
    pub(super) fn new(thread: usize, jobs: Jobs) -> DiskQueue {
        DiskQueue {
            thread,
            jobs,
            backlog: VecDeque::new(),
            recordings: HashMap::new(),
        }
    }

    /// Hands a job over without waiting. When the disk does not keep up a recording ends there, and says so.
    pub(super) fn push(&mut self, job: Disk, events: &mut Events) {
        match &job {
            Disk::Create {
                recording, stream, ..
            } => {
                self.recordings.insert(*recording, (*stream, Lost::Nothing));
            }
            Disk::Append { recording, .. } => {
                if self
                    .recordings
                    .get(recording)
                    .is_some_and(|&(_, lost)| lost == Lost::Samples)
                {
                    return;
                }
            }
            Disk::Finish { recording } => {
                self.recordings.remove(recording);
            }
            Disk::Report(_) => {}
        }
        self.flush();
        let full = if self.backlog.is_empty() {
            self.try_send(job)
        } else {
            Some(job)
        };
        match full {
            None => {}
            Some(Disk::Append { recording, .. }) => {
                if let Some((stream, lost)) = self.recordings.get_mut(&recording) {
                    *lost = Lost::Samples;
                    let reason = "the disk does not keep up".into();
                    events.push(Event::RecordFailed {
                        stream: *stream,
                        reason,
                    });
                }
            }
            Some(job @ (Disk::Create { .. } | Disk::Finish { .. } | Disk::Report(_))) => {
                self.backlog.push_back(job)
            }
        }
    }

    /// Hands over what waits. True when nothing does any more.
    pub(super) fn flush(&mut self) -> bool {
        while let Some(job) = self.backlog.pop_front() {
            if let Some(job) = self.try_send(job) {
                self.backlog.push_front(job);
                return false;
            }
        }
        true
    }

    /// Hands over what waits, and waits for it: the thread ends.
    pub(super) fn finish(&mut self) {
        for job in self.backlog.drain(..) {
            // The disk thread ends after the media threads only.
            let _sent = self.jobs.send((self.thread, job));
        }
    }

    /// The job back, when there was no room.
    fn try_send(&self, job: Disk) -> Option<Disk> {
        match self.jobs.try_send((self.thread, job)) {
            Ok(()) => None,
            Err(TrySendError::Full((_, job))) => Some(job),
            // The disk thread ends after the media threads only.
            Err(TrySendError::Disconnected(_)) => None,
        }
    }
}

fn run(jobs: &Receiver<(usize, Disk)>, mut events: Events) {
    let mut files: HashMap<Key, (StreamId, Option<Wav>)> = HashMap::new();
    for (thread, job) in jobs {
        match job {
            Disk::Create {
                recording,
                stream,
                path,
            } => {
                let created = create(&path);
                let wav = told(created, stream, &mut events);
                files.insert((thread, recording), (stream, wav));
            }
            Disk::Append { recording, samples } => {
                if let Some((stream, wav @ Some(_))) = files.get_mut(&(thread, recording)) {
                    let written = wav.as_mut().map_or(Ok(()), |wav| append(wav, &samples));
                    if told(written, *stream, &mut events).is_none() {
                        *wav = None;
                    }
                }
            }
            Disk::Finish { recording } => {
                if let Some((stream, Some(wav))) = files.remove(&(thread, recording)) {
                    told(wav.finalize(), stream, &mut events);
                }
            }
            Disk::Report(event) => events.push(event),
        }
        events.flush();
    }
}

fn create(path: &Path) -> Result<Wav, hound::Error> {
    let mut wav = WavWriter::create(path, FORMAT)?;
    wav.flush()?;
    Ok(wav)
}

/// Writes and flushes, header included: what is written so far opens as a WAV file, whatever happens next.
fn append(wav: &mut Wav, samples: &[i16]) -> Result<(), hound::Error> {
    let count = u32::try_from(samples.len()).map_err(|_| hound::Error::TooWide)?;
    let mut writer = wav.get_i16_writer(count);
    for &sample in samples {
        writer.write_sample(sample);
    }
    writer.flush()?;
    wav.flush()
}

fn told<T>(result: Result<T, hound::Error>, stream: StreamId, events: &mut Events) -> Option<T> {
    result
        .map_err(|error| {
            events.push(Event::RecordFailed {
                stream,
                reason: error.to_string(),
            })
        })
        .ok()
}
