//! The texts of a session's targets are spoken as soon as the session is created, so that nobody waits for them once it is its turn.

use std::sync::Arc;

use super::{DailyCalls, Script};
use crate::store::Db;
use crate::store::campaigns::Campaign;
use crate::store::sessions::Session;

/// Sessions that wait to be prepared. Those beyond are prepared when the dispatcher claims them.
pub(super) const MAX_WAITING: usize = 64;

impl Script {
    /// Begins, and does not wait: the sounds of a new session. A failure shows when the session is claimed.
    pub(crate) fn prepare(&self, db: &Db, campaign: &Campaign, session: &Session, daily: Option<DailyCalls>) {
        let Ok(place) = Arc::clone(&self.0.preparing).try_acquire_owned() else {
            return;
        };
        let (script, db, campaign, session) = (self.clone(), db.clone(), campaign.clone(), session.clone());
        tokio::spawn(async move {
            if let Err(error) = script.book(&db, &campaign, &session, daily.as_ref()).await {
                tracing::debug!(%error, session.id, "a session is not prepared before its turn");
            }
            drop(place);
        });
    }
}
