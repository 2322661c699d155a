//! Sending what is due: one campaign one record after the other, two nodes never the same, and nobody pressed who asks us to wait.
//!
//! A failure that passes (429, 5xx, no connection, a login that is refused) holds the whole campaign, later and later: a CRM that is away
//! for a night is not asked about ten thousand records in turn. One that is wrong for ever is laid aside, and the next goes on.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::record::{self, Record};
use super::{Crm, MAX_LANES, Step, of, schedule};
use crate::jobs::{End, judge, wait};
use crate::outbound::Answer;
use crate::runtime::App;
use crate::store::crm::{self, KIND};
use crate::store::jobs::{self, Job, JobState};
use crate::store::{self, StoreError};

/// How often it looks for what is due.
const LOOK: Duration = Duration::from_secs(1);
/// Between two records of one campaign: five a second at most.
const PACE: Duration = Duration::from_millis(200);
/// Requests about one record at most.
const MAX_REQUESTS: usize = 4;
/// Longer than [`MAX_REQUESTS`] may take, so that nobody else takes the record meanwhile.
const LEASE_MS: i64 = 60_000;

/// Sends for ever; drop the task to end it. The sweep of old jobs is the webhooks' (`webhooks::run`).
pub(crate) async fn run(app: App) {
    let mut tick = tokio::time::interval(LOOK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let busy = Arc::new(Mutex::new(HashSet::new()));
    loop {
        tick.tick().await;
        if let Err(error) = look(&app, &busy).await {
            tracing::debug!(%error, "what CRMs are to be told cannot be looked for");
        }
    }
}

/// Begins the batches that are due, and one task a campaign that has something to send and no task yet.
async fn look(app: &App, busy: &Arc<Mutex<HashSet<String>>>) -> store::Result<()> {
    begin(app).await?;
    let now = app.clock().now_ms();
    for lane in jobs::due_lanes(app.db(), KIND, now, MAX_LANES).await? {
        if !busy.lock().await.insert(lane.clone()) {
            continue;
        }
        let (app, busy) = (app.clone(), Arc::clone(busy));
        tokio::spawn(async move {
            if let Err(error) = serve(&app, &lane, PACE).await {
                tracing::debug!(%error, campaign.id = lane, "records for the CRM wait");
            }
            busy.lock().await.remove(&lane);
        });
    }
    Ok(())
}

/// Begins the next batch of every campaign whose last one has fallen due.
pub(super) async fn begin(app: &App) -> store::Result<()> {
    let now = app.clock().now_ms();
    for due in crm::due(app.db(), now, MAX_LANES).await? {
        let next = schedule::next(due.schedule, &due.time_zone, due.hour, now);
        crm::begin_next(app.db(), &due, next).await?;
    }
    Ok(())
}

/// Everything that is due of one campaign, in order.
pub(super) async fn serve(app: &App, campaign_id: &str, pace: Duration) -> store::Result<()> {
    loop {
        let now = app.clock().now_ms();
        // Read for every record: settings that are changed hold from the next one on.
        let Some(settings) = crm::find(app.db(), campaign_id).await? else {
            return Ok(());
        };
        if settings.paused || settings.hold_until > now {
            return Ok(());
        }
        let Some(job) = jobs::claim(app.db(), KIND, campaign_id, 1, now + LEASE_MS, now)
            .await?
            .pop()
        else {
            return Ok(());
        };
        let end = tell(app, &settings, &job).await?;
        finish(app, &settings, &job, end).await?;
        tokio::time::sleep(pace).await;
    }
}

/// One record, to its end.
async fn tell(app: &App, settings: &crm::Crm, job: &Job) -> store::Result<End> {
    let Some(record) = record::read(app, settings, &job.key).await? else {
        return Ok(never("there is no such session any more"));
    };
    match of(app, settings) {
        Ok(Some(crm)) => Ok(converse(app, &*crm, &record).await),
        Ok(None) => Ok(never(
            "the campaign tells no CRM any more: its sessions are in crm.csv",
        )),
        Err(error) => Ok(never(&error.to_string())),
    }
}

/// Asks what the CRM's side says, until it says that it is over.
async fn converse(app: &App, crm: &dyn Crm, record: &Record) -> End {
    let mut heard: Vec<Answer> = Vec::new();
    for _ in 0..=MAX_REQUESTS {
        let request = match crm.next(record, &heard) {
            Step::Ask(request) => request,
            Step::End(end) => return end,
        };
        match app.outbound().send(*request).await {
            Ok(answer) => heard.push(answer),
            Err(error) => {
                return End::Again {
                    status: None,
                    error: error.to_string(),
                    wait_ms: None,
                };
            }
        }
    }
    never("the CRM wants to know more and more")
}

fn never(error: &str) -> End {
    End::Never {
        status: None,
        error: error.to_owned(),
    }
}

/// Writes how a try ended: of the record, and of the CRM.
async fn finish(app: &App, settings: &crm::Crm, job: &Job, end: End) -> store::Result<()> {
    let now = app.clock().now_ms();
    let mut rng = app.rng();
    let held = match &end {
        End::Again { wait_ms, error, .. } => {
            let failures = settings.failures + 1;
            Some((failures, now + wait(failures, *wait_ms, &mut rng), error.clone()))
        }
        End::Done(_) | End::Never { .. } => None,
    };
    let tried = judge(job, end, now, &mut rng);
    if !jobs::finish(app.db(), job, &tried, now).await? {
        // Another node has it by now.
        return Ok(());
    }
    match held {
        Some((failures, until, error)) => {
            tracing::info!(
                campaign.id = settings.campaign_id,
                reason = error,
                "the CRM takes no record now"
            );
            match crm::holds(app.db(), &settings.campaign_id, failures, until, &error).await {
                // Deleted meanwhile.
                Err(StoreError::NotFound) => Ok(()),
                other => other,
            }
        }
        None if tried.state == JobState::Done => crm::took(app.db(), &settings.campaign_id, now).await,
        None => Ok(()),
    }
}

/// What became of a test.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tested {
    /// HTTP status of the answer, when there was one.
    pub(crate) status: Option<u16>,
    /// What is wrong; none when all is well.
    pub(crate) fault: Option<String>,
}

/// Asks a CRM for something that changes nothing, to see whether address, login and page are right. A file has nothing to be tested.
pub(crate) async fn test(app: &App, settings: &crm::Crm) -> Tested {
    let fault = |status, fault: String| Tested {
        status,
        fault: Some(fault),
    };
    let crm = match of(app, settings) {
        Ok(Some(crm)) => crm,
        Ok(None) => {
            return Tested {
                status: None,
                fault: None,
            };
        }
        Err(error) => return fault(None, error.to_string()),
    };
    match app.outbound().send(crm.test()).await {
        Ok(answer) => Tested {
            status: Some(answer.status),
            fault: crm.tested(&answer).err(),
        },
        Err(error) => fault(None, error.to_string()),
    }
}
