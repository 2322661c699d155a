//! Telling others what happens: events as signed POSTs, each at least once, a slow receiver delaying no other.
//!
//! ```text
//! event and its jobs, one transaction ─► lanes that are due ─► claim by lease ─► POST ─► done, later again, or laid aside
//! ```
//!
//! `Trunkline-Signature: t=SECONDS,v1=HEX` where HEX is HMAC-SHA-256 with the webhook's secret over `SECONDS.BODY`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::Mutex;

use crate::jobs::{End, judge};
use crate::outbound::{Answer, OutboundError, Request};
use crate::privacy::PrivacyError;
use crate::runtime::App;
use crate::store::events::{self, Event};
use crate::store::jobs::{self, Job};
use crate::store::webhooks::{self, KIND, Webhook};
use crate::store::{self, StoreError, sessions};

/// How often it looks for what is due.
const LOOK: Duration = Duration::from_millis(500);
/// Receivers that are served at once: as many as webhooks may be.
pub(crate) const MAX_WEBHOOKS: i64 = 200;
/// Deliveries to one receiver at once.
const AT_ONCE: i64 = 8;
/// Longer than a delivery may take, so that nobody else takes it meanwhile.
const LEASE_MS: i64 = 60_000;
/// Looks between two sweeps of old jobs.
const SWEEP_EVERY: u32 = 7_200;
/// A delivery that was made is listed for so long.
const KEEP_DONE_MS: i64 = 7 * 86_400_000;
/// A dead one can be replayed for so long.
const KEEP_DEAD_MS: i64 = 30 * 86_400_000;
/// The receiver asks not to be told again (RFC 9110 section 15.5.11).
const GONE: u16 = 410;

/// Delivers for ever; drop the task to end it.
pub(crate) async fn run(app: App) {
    let mut tick = tokio::time::interval(LOOK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let busy = Arc::new(Mutex::new(HashSet::new()));
    for looks in 1u32.. {
        tick.tick().await;
        if let Err(error) = look(&app, &busy).await {
            tracing::debug!(%error, "webhooks cannot be looked for");
        }
        if looks % SWEEP_EVERY == 0 {
            let now = app.clock().now_ms();
            let swept = jobs::sweep(app.db(), now - KEEP_DONE_MS, now - KEEP_DEAD_MS).await;
            if let Err(error) = swept {
                tracing::debug!(%error, "old jobs are not swept");
            }
        }
    }
}

/// One task a receiver that has something due and no task yet.
async fn look(app: &App, busy: &Arc<Mutex<HashSet<String>>>) -> store::Result<()> {
    let lanes = jobs::due_lanes(app.db(), KIND, app.clock().now_ms(), MAX_WEBHOOKS).await?;
    for lane in lanes {
        if !busy.lock().await.insert(lane.clone()) {
            continue;
        }
        let (app, busy) = (app.clone(), Arc::clone(busy));
        tokio::spawn(async move {
            if let Err(error) = serve(&app, &lane).await {
                tracing::debug!(%error, webhook.id = lane, "deliveries wait");
            }
            busy.lock().await.remove(&lane);
        });
    }
    Ok(())
}

/// Everything that is due to one receiver, a few at once.
pub(crate) async fn serve(app: &App, webhook_id: &str) -> store::Result<()> {
    loop {
        let now = app.clock().now_ms();
        let claimed = jobs::claim(app.db(), KIND, webhook_id, AT_ONCE, now + LEASE_MS, now).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        let webhook = webhooks::get(app.db(), webhook_id).await?;
        let tries = claimed.iter().map(|job| one(app, &webhook, job));
        join_all(tries).await.into_iter().collect::<store::Result<()>>()?;
    }
}

async fn one(app: &App, webhook: &Webhook, job: &Job) -> store::Result<()> {
    let end = match events::get(app.db(), &job.key).await {
        Ok(event) if webhook.enabled => {
            let body = body_of(app, &event).await?;
            let request = signed(app, webhook, &event, &body);
            match request {
                Ok(request) => end(app.outbound().send(request).await),
                Err(error) => never(error.to_string()),
            }
        }
        Ok(_) => never("the webhook is switched off".to_owned()),
        Err(StoreError::NotFound) => never("the event is forgotten".to_owned()),
        Err(error) => return Err(error),
    };
    let now = app.clock().now_ms();
    let tried = judge(job, end, now, &mut app.rng());
    jobs::finish(app.db(), job, &tried, now).await.map(drop)
}

fn never(error: String) -> End {
    End::Never { status: None, error }
}

/// What an answer means for the delivery.
pub(crate) fn end(answer: Result<Answer, OutboundError>) -> End {
    match answer {
        Ok(answer) if answer.is_success() => End::Done(answer.status.into()),
        Ok(answer) if answer.status == GONE => End::Never {
            status: Some(GONE.into()),
            error: "the receiver says that it is gone".to_owned(),
        },
        Ok(answer) => End::Again {
            status: Some(answer.status.into()),
            error: "the receiver did not answer 2xx".to_owned(),
            wait_ms: answer.retry_after_seconds().map(|s| i64::from(s) * 1_000),
        },
        Err(error) => End::Again {
            status: None,
            error: error.to_string(),
            wait_ms: None,
        },
    }
}

/// What is posted.
async fn body_of(app: &App, event: &Event) -> store::Result<Vec<u8>> {
    let campaign = match &event.session_id {
        Some(session) => match sessions::get(app.db(), session).await {
            Ok(session) => Some(session.campaign_id),
            Err(StoreError::NotFound) => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    Ok(body(event, campaign.as_deref()))
}

fn body(event: &Event, campaign_id: Option<&str>) -> Vec<u8> {
    let at = jiff::Timestamp::from_millisecond(event.at).unwrap_or_default();
    let body: Value = json!({
        "id": event.id, "type": event.kind, "at": format!("{at:.3}"), "session_id": event.session_id,
        "campaign_id": campaign_id, "data": event.data,
    });
    body.to_string().into_bytes()
}

/// A delivery, signed as of now.
pub(crate) fn signed(
    app: &App,
    webhook: &Webhook,
    event: &Event,
    body: &[u8],
) -> Result<Request, PrivacyError> {
    let secret = app
        .keys()
        .decrypt(&webhook.secret_enc, &secret_context(&webhook.id))?;
    let seconds = app.clock().now_ms() / 1_000;
    let request = Request::post(webhook.url.clone(), "application/json", body.to_vec())
        .header("trunkline-signature", &signature(&secret, seconds, body))
        .header("trunkline-event-id", &event.id)
        .header("trunkline-event-type", &event.kind);
    Ok(request)
}

/// An event that tells nothing, to try a webhook with.
pub(crate) async fn test(app: &App, webhook: &Webhook) -> Result<End, PrivacyError> {
    let event = Event {
        id: app.clock().new_id().to_string(),
        at: app.clock().now_ms(),
        kind: "webhook.test".to_owned(),
        session_id: None,
        data: json!({}),
    };
    let request = signed(app, webhook, &event, &body(&event, None))?;
    Ok(end(app.outbound().send(request).await))
}

/// What a webhook's secret is bound to (`privacy::Keys::encrypt`).
pub(crate) fn secret_context(webhook_id: &str) -> String {
    format!("webhook:{webhook_id}")
}

fn signature(secret: &str, seconds: i64, body: &[u8]) -> String {
    // Any key length is legal for HMAC. The unsigned answer to the impossible is refused by every receiver.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests;
