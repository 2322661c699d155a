//! A caller has keyed a location: who speaks for it is looked up, kept with the session, and told to the gateway with every new sound.

use std::time::Duration;

use trunkline_gateway::command::Command;
use trunkline_gateway::flow::{ClipBook, FlowTarget};
use trunkline_gateway::ids::SessionId;

use crate::campaign::{self, DraftError};
use crate::runtime::App;
use crate::store::campaigns::{self, Campaign};
use crate::store::sessions::{self, Session};

/// How long the caller waits in silence for the database; then nobody was found.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the sounds of the targets may take before the call goes on and they follow.
const SOUNDS: Duration = Duration::from_secs(3);

/// Looks up in a task of its own, so that no event waits for it.
pub(super) fn answer(app: &App, session: SessionId, keys: String) {
    let app = app.clone();
    tokio::spawn(async move {
        let found = tokio::time::timeout(PATIENCE, find(&app, session, &keys)).await;
        let located = match found {
            Ok(Ok(located)) => Some(located),
            Ok(Err(error)) => {
                tracing::warn!(%error, session.id = %session, "a keyed location was not looked up");
                None
            }
            Err(_) => {
                tracing::warn!(session.id = %session, "a keyed location was not looked up in time");
                None
            }
        };
        match located {
            Some(located) => tell(&app, session, located).await,
            None => send(&app, session, None, ClipBook::new()),
        }
    });
}

struct Located {
    campaign: Campaign,
    /// With its new targets; without any when nobody was found.
    session: Session,
    known: bool,
}

async fn find(app: &App, id: SessionId, keys: &str) -> Result<Located, DraftError> {
    let mut session = sessions::get(app.db(), &id.to_string()).await?;
    let campaign = campaigns::get(app.db(), &session.campaign_id).await?;
    let known = match campaign::locate(app, &campaign, &session, keys).await? {
        Some((location, targets)) => {
            sessions::set_targets(app.db(), &session.id, &location, &targets).await?;
            session.location = location;
            session.targets = targets;
            true
        }
        None => {
            // Read back digit by digit.
            session.location = keys.chars().map(String::from).collect::<Vec<_>>().join(" ");
            false
        }
    };
    Ok(Located {
        campaign,
        session,
        known,
    })
}

/// The sounds are made first; those that take too long follow.
async fn tell(app: &App, id: SessionId, located: Located) {
    let targets = located
        .known
        .then(|| located.session.targets.iter().map(|t| t.flow_target()).collect());
    let maker = app.clone();
    let mut book = tokio::spawn(async move {
        let Located {
            campaign, session, ..
        } = located;
        // Whether daily calls are spoken of was decided before; those sounds are there.
        maker.script().book(maker.db(), &campaign, &session, None).await
    });
    match tokio::time::timeout(SOUNDS, &mut book).await {
        Ok(Ok(Ok(clips))) => send(app, id, targets, clips),
        Ok(Ok(Err(_)) | Err(_)) => send(app, id, targets, ClipBook::new()),
        Err(_) => {
            send(app, id, targets, ClipBook::new());
            if let Ok(Ok(clips)) = book.await {
                let _full_or_gone = app.gateway().send(Command::AddClips { session: id, clips });
            }
        }
    }
}

fn send(app: &App, session: SessionId, targets: Option<Vec<FlowTarget>>, clips: ClipBook) {
    let answer = Command::Located {
        session,
        targets,
        clips,
    };
    if let Err(error) = app.gateway().send(answer) {
        tracing::warn!(%error, session.id = %session, "a look-up was not answered");
    }
}
