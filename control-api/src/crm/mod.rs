//! Telling a CRM who called: one record a session, to ActionKit, to Mobile Commons, or as a CSV file for any other.
//!
//! ```text
//! session ends ─ same transaction ─► job, due at the next batch ─► claim by lease ─► record ─► Crm::next ─► done, held, laid aside
//! ```
//!
//! A job holds the session's id alone. The number is read when it is sent, and only where the campaign says so: what is forgotten
//! meanwhile is not told.

mod action_kit;
pub(crate) mod csv;
mod deliver;
mod login;
mod mobile_commons;
pub(crate) mod record;
pub(crate) mod schedule;
mod scrub;
#[cfg(test)]
mod tests;

use crate::jobs::End;
use crate::outbound::{Answer, Request};
use crate::privacy::PrivacyError;
use crate::runtime::App;
use crate::store::crm::{self, CrmKind};
pub(crate) use deliver::{run, test};
pub(crate) use login::Login;
pub(crate) use mobile_commons::URL as MOBILE_COMMONS_URL;
use record::Record;

/// Campaigns that are told of at once.
pub(crate) const MAX_LANES: i64 = 1_000;

/// One CRM: which requests tell it of a record, and what its answers mean. It sends nothing itself, so that a conversation is a test.
pub(crate) trait Crm: Send + Sync {
    /// The next request about a record, or the end, after the answers that there were so far.
    fn next(&self, record: &Record, heard: &[Answer]) -> Step;

    /// A request that changes nothing and shows whether address and login are right.
    fn test(&self) -> Request;

    /// What the answer to [`Crm::test`] says; the error is for people.
    fn tested(&self, answer: &Answer) -> Result<(), String>;
}

/// How a conversation goes on.
#[derive(Debug)]
pub(crate) enum Step {
    /// Ask this, and come back with the answer.
    Ask(Box<Request>),
    /// It is over.
    End(End),
}

/// The CRM of a campaign; `None` for a file, which people fetch.
pub(crate) fn of(app: &App, settings: &crm::Crm) -> Result<Option<Box<dyn Crm>>, PrivacyError> {
    let secret = match &settings.secret_enc {
        Some(sealed) => app
            .keys()
            .decrypt(sealed, &secret_context(&settings.campaign_id))?,
        None => String::new(),
    };
    let login = Login::new(&settings.username, &secret);
    let base = settings.url.trim_end_matches('/').to_owned();
    let options = settings.options.clone();
    Ok(match settings.kind {
        CrmKind::ActionKit => Some(Box::new(action_kit::ActionKit { base, login, options })),
        CrmKind::MobileCommons => Some(Box::new(mobile_commons::MobileCommons { base, login, options })),
        CrmKind::Csv => None,
    })
}

/// Names that the fields of a campaign may not have.
pub(crate) fn reserved(kind: CrmKind) -> &'static [&'static str] {
    match kind {
        CrmKind::ActionKit => &action_kit::RESERVED,
        CrmKind::MobileCommons => &mobile_commons::RESERVED,
        CrmKind::Csv => &csv::COLUMNS,
    }
}

/// What a CRM's secret is bound to (`privacy::Keys::encrypt`).
pub(crate) fn secret_context(campaign_id: &str) -> String {
    format!("crm:{campaign_id}")
}

/// What a status means wherever a CRM says nothing better: 429 and 5xx pass, a login can be put right, the rest is wrong for ever.
fn by_status(answer: &Answer, crm: &str, why: &str) -> End {
    let status = Some(i64::from(answer.status));
    let again = |error: String| End::Again {
        status,
        error,
        wait_ms: answer.retry_after_seconds().map(|s| i64::from(s) * 1_000),
    };
    match answer.status {
        401 | 403 => again(format!("{crm} refuses the login")),
        408 | 429 => again(format!("{crm} asks us to come later")),
        500.. => again(format!("{crm} has trouble of its own")),
        // A page of whoever stands in between: nothing is wrong with the record.
        200..=299 => again(format!("it is not {crm} that answers")),
        300..=399 => never(answer, format!("{crm} is at another address")),
        404 if why.is_empty() => never(answer, format!("{crm} has nothing at this address")),
        _ if why.is_empty() => never(answer, format!("{crm} refuses the record")),
        _ => never(answer, format!("{crm} refuses the record: {why}")),
    }
}

fn never(answer: &Answer, error: String) -> End {
    End::Never {
        status: Some(answer.status.into()),
        error,
    }
}
