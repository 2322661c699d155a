//! One page that follows one session: what was told of it before, then what is told. The events of another node's session are read from
//! the database, now and then.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Interval;

use super::course::{Course, Standing, Step};
use crate::runtime::App;
use crate::store::events::{self, Event};
use crate::store::sessions::{self, Session};
use crate::store::{self, StoreError};

/// How often a session is looked at whose events do not come by themselves: it waits, or another node has it.
const LOOK: Duration = Duration::from_secs(2);
/// One whose events do come is looked at every so many times: it may have been ended by others.
const SELDOM: u32 = 8;

/// What a page is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Where the session is.
    pub(crate) standing: Standing,
    /// How many wait before it; 0 when it waits no more.
    pub(crate) place: i64,
}

/// The page's place in the session's timeline.
pub(crate) struct Reader {
    app: App,
    session: Session,
    course: Course,
    place: i64,
    /// Id of the last event that was read.
    last: String,
    live: Receiver<Arc<Event>>,
    looks: Interval,
    looked: u32,
    told: Option<Told>,
}

impl Reader {
    /// Reads what has happened so far.
    pub(crate) async fn new(app: App, session: Session) -> store::Result<Reader> {
        let live = app.hub().subscribe(None).live;
        let mut reader = Reader {
            last: String::new(),
            course: Course::default(),
            place: 0,
            looks: tokio::time::interval(LOOK),
            looked: 0,
            told: None,
            live,
            app,
            session,
        };
        reader.catch_up().await?;
        Ok(reader)
    }

    /// The session as it was read last.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Waits until there is something else to tell. `None` when all is told, or the database is out of reach: the page comes back.
    pub(crate) async fn next(&mut self) -> Option<Told> {
        loop {
            let now = Told {
                standing: self.course.standing(self.session.targets.len()),
                place: self.place,
            };
            if self.told.as_ref() != Some(&now) {
                self.told = Some(now.clone());
                return Some(now);
            }
            if now.standing.step == Step::Done {
                return None;
            }
            if let Err(error) = self.wait().await {
                tracing::warn!(%error, session.id = self.session.id, "a page cannot follow its session");
                return None;
            }
        }
    }

    /// Waits for an event of the session, or until it is time to look.
    async fn wait(&mut self) -> store::Result<()> {
        let heard = tokio::select! {
            heard = self.live.recv() => heard,
            _ = self.looks.tick() => return self.look().await,
        };
        match heard {
            Ok(event) if event.session_id.as_deref() == Some(&self.session.id) => {
                let known = self.session.targets.len();
                self.take(&event);
                let with = self.course.standing(usize::MAX).target;
                // The place was keyed: its targets are in the row now.
                if with.is_some_and(|index| index >= known) {
                    self.session = sessions::get(self.app.db(), &self.session.id).await?;
                }
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(RecvError::Lagged(_)) => self.catch_up().await,
            // The program ends.
            Err(RecvError::Closed) => Err(StoreError::NotFound),
        }
    }

    async fn look(&mut self) -> store::Result<()> {
        self.looked = self.looked.wrapping_add(1);
        let comes_by_itself = !self.last.is_empty() && self.session.node.as_deref() == Some(self.app.node());
        match comes_by_itself && !self.looked.is_multiple_of(SELDOM) {
            true => Ok(()),
            false => self.catch_up().await,
        }
    }

    /// Reads the row, and what the database and the hub know beyond the last event: neither alone has all of it.
    async fn catch_up(&mut self) -> store::Result<()> {
        let db = self.app.db().clone();
        self.session = sessions::get(&db, &self.session.id).await?;
        let since = match self.last.as_str() {
            // Ids sort by time: every event of a session is younger than the session.
            "" => self.session.id.clone(),
            last => last.to_owned(),
        };
        let recent = self.app.hub().subscribe(Some(&since));
        let mut all: Vec<Event> = events::of_session(&db, &self.session.id).await?;
        let ours = |event: &&Arc<Event>| event.session_id.as_deref() == Some(&self.session.id);
        all.extend(recent.missed.iter().filter(ours).map(|event| Event::clone(event)));
        self.live = recent.live;
        all.sort_by(|a, b| a.id.cmp(&b.id));
        for event in &all {
            self.take(event);
        }
        self.place = sessions::queue_place(&db, &self.session.id).await.unwrap_or(0);
        if self.session.ended_at.is_some() {
            self.course.end();
        }
        Ok(())
    }

    /// Each event once, in order.
    fn take(&mut self, event: &Event) {
        if event.id > self.last {
            self.last.clone_from(&event.id);
            self.course.on(event);
            self.place = 0;
        }
    }
}
