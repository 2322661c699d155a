//! How many pages follow at once: no session has many, and all of them are bounded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Pages that follow one session: a reload leaves the old one behind for a while.
const PER_SESSION: usize = 4;
/// Pages that follow any.
const IN_ALL: usize = 5_000;

/// Those that are open, by session. Cheap to clone; every clone is the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<String, usize>>>);

/// No more may be opened now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// Of this session.
    Session,
    /// At all.
    All,
}

/// One that is open; closed when dropped.
#[derive(Debug)]
pub(crate) struct Stream {
    of: Streams,
    session: String,
}

impl Streams {
    /// Opens one.
    pub(crate) fn open(&self, session: &str) -> Result<Stream, Full> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = open.get(session).copied().unwrap_or(0);
        if here >= PER_SESSION {
            return Err(Full::Session);
        }
        if open.values().sum::<usize>() >= IN_ALL {
            return Err(Full::All);
        }
        open.insert(session.to_owned(), here + 1);
        Ok(Stream {
            of: self.clone(),
            session: session.to_owned(),
        })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut open = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = open.get_mut(&self.session) {
            *here -= 1;
            if *here == 0 {
                open.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many() {
        let streams = Streams::default();
        let few: Vec<Stream> = (0..PER_SESSION).map(|_| streams.open("a").unwrap()).collect();
        assert_eq!(streams.open("a").err(), Some(Full::Session));
        let others: Vec<Stream> = (PER_SESSION..IN_ALL)
            .map(|n| streams.open(&n.to_string()).unwrap())
            .collect();
        assert_eq!(streams.open("b").err(), Some(Full::All));
        drop(few);
        assert!(streams.open("a").is_ok());
        drop(others);
        assert!(streams.0.lock().unwrap().is_empty());
    }
}
