//! What a CRM is told of one session, and the words under which its parts can be put into fields of the CRM.

use trunkline_gateway::phone::Phone;

use crate::campaign::phone_of;
use crate::export::rfc3339;
use crate::runtime::App;
use crate::store::crm::Crm;
use crate::store::{self, StoreError, calls, campaigns, sessions};

/// Between the parts of a word that has several.
const BETWEEN: &str = "; ";

/// Begins a value that stands for itself: `=phone campaign`.
pub(crate) const LITERAL: char = '=';

/// The status that counts.
const COMPLETED: &str = "completed";

/// Words that a field can take.
pub(crate) const WORDS: [&str; 16] = [
    "session_id",
    "campaign_id",
    "campaign",
    "ref",
    "country",
    "location",
    "started_at",
    "ended_at",
    "duration",
    "calls",
    "completed",
    "talked",
    "talk_seconds",
    "targets",
    "target_keys",
    "statuses",
];

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Names the record for ever: what is sent again has the same.
    pub(crate) session_id: String,
    /// The campaign.
    pub(crate) campaign_id: String,
    /// Its name.
    pub(crate) campaign: String,
    /// The caller's number: where the campaign says so, and as long as it is kept.
    pub(crate) phone: Option<Phone>,
    /// ISO 3166, lower case.
    pub(crate) country: String,
    /// Where the caller came from, in the organisation's words.
    pub(crate) reference: String,
    /// What the caller gave or keyed.
    pub(crate) location: String,
    /// The caller's telephone rang, or rang us.
    pub(crate) started_at: i64,
    /// Over.
    pub(crate) ended_at: i64,
    /// Every call, in order.
    pub(crate) calls: Vec<Told>,
}

/// One call of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Title and name of the target.
    pub(crate) target: String,
    /// Its key.
    pub(crate) key: String,
    /// CallPower's word.
    pub(crate) status: String,
    /// Our own.
    pub(crate) outcome: String,
    /// From the target's answer to the end.
    pub(crate) duration_ms: i64,
}

impl Record {
    /// Calls whose status is `completed`.
    pub(crate) fn completed(&self) -> usize {
        self.calls.iter().filter(|c| c.status == COMPLETED).count()
    }

    /// Seconds talked with all targets.
    pub(crate) fn talk_seconds(&self) -> i64 {
        self.calls.iter().map(|c| c.duration_ms).sum::<i64>() / 1_000
    }

    /// One part of every call, in order.
    pub(crate) fn of_calls(&self, part: impl Fn(&Told) -> &str) -> String {
        self.calls.iter().map(part).collect::<Vec<_>>().join(BETWEEN)
    }

    /// What a field takes: one of [`WORDS`], or what stands after [`LITERAL`].
    pub(crate) fn word(&self, word: &str) -> String {
        if let Some(text) = word.strip_prefix(LITERAL) {
            return text.to_owned();
        }
        match word {
            "session_id" => self.session_id.clone(),
            "campaign_id" => self.campaign_id.clone(),
            "campaign" => self.campaign.clone(),
            "ref" => self.reference.clone(),
            "country" => self.country.clone(),
            "location" => self.location.clone(),
            "started_at" => rfc3339(self.started_at),
            "ended_at" => rfc3339(self.ended_at),
            "duration" => ((self.ended_at - self.started_at).max(0) / 1_000).to_string(),
            "calls" => self.calls.len().to_string(),
            "completed" => self.completed().to_string(),
            "talked" => self
                .calls
                .iter()
                .filter(|c| c.outcome == "talked")
                .count()
                .to_string(),
            "talk_seconds" => self.talk_seconds().to_string(),
            "targets" => self.of_calls(|c| &c.target),
            "target_keys" => self.of_calls(|c| &c.key),
            "statuses" => self.of_calls(|c| &c.status),
            _ => String::new(),
        }
    }
}

/// Reads what is told of a session; `None` when there is no such session any more.
pub(crate) async fn read(app: &App, settings: &Crm, session_id: &str) -> store::Result<Option<Record>> {
    let session = match sessions::get(app.db(), session_id).await {
        Ok(session) => session,
        Err(StoreError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let campaign = campaigns::get(app.db(), &session.campaign_id).await?;
    let phone = match settings.send_phone {
        true => phone_of(app, &session).await?,
        false => None,
    };
    let made = calls::of_session(app.db(), session_id).await?;
    let told = |call: calls::Call| {
        let target = usize::try_from(call.target_index)
            .ok()
            .and_then(|at| session.targets.get(at));
        Told {
            // One that the session does not list is told by its key.
            target: target.map_or_else(
                || call.target_key.clone(),
                |t| format!("{} {}", t.title, t.name).trim().to_owned(),
            ),
            key: call.target_key,
            status: call.status,
            outcome: call.outcome.unwrap_or_default(),
            duration_ms: call.duration_ms.unwrap_or(0),
        }
    };
    Ok(Some(Record {
        phone,
        calls: made.into_iter().map(told).collect(),
        campaign: campaign.name,
        started_at: session.started_at.unwrap_or(session.queued_at),
        ended_at: session.ended_at.unwrap_or(session.queued_at),
        session_id: session.id,
        campaign_id: session.campaign_id,
        country: session.country,
        reference: session.reference,
        location: session.location,
    }))
}

/// Two calls to two targets, the second one busy.
#[cfg(test)]
pub(crate) fn sample() -> Record {
    let call = |target: &str, key: &str, status: &str, outcome: &str, duration_ms| Told {
        target: target.to_owned(),
        key: key.to_owned(),
        status: status.to_owned(),
        outcome: outcome.to_owned(),
        duration_ms,
    };
    Record {
        session_id: "00000000-0000-0000-0000-000000000007".to_owned(),
        campaign_id: "00000000-0000-0000-0000-00000000000a".to_owned(),
        campaign: "library".to_owned(),
        phone: Some(Phone::new("+12025550123").expect("a number")),
        country: "us".to_owned(),
        reference: "mail-7".to_owned(),
        location: "10001".to_owned(),
        started_at: 1_795_233_900_000,
        ended_at: 1_795_234_200_500,
        calls: vec![
            call(
                "Senator Ada Lovelace",
                "custom:one",
                "completed",
                "talked",
                61_900,
            ),
            call("Senator Mary O'Rourke", "custom:two", "busy", "busy", 0),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_says_something() {
        let record = sample();
        let said: Vec<String> = WORDS.iter().map(|word| record.word(word)).collect();
        assert_eq!(
            said,
            [
                "00000000-0000-0000-0000-000000000007",
                "00000000-0000-0000-0000-00000000000a",
                "library",
                "mail-7",
                "us",
                "10001",
                "2026-11-21T04:05:00.000Z",
                "2026-11-21T04:10:00.500Z",
                "300",
                "2",
                "1",
                "1",
                "61",
                "Senator Ada Lovelace; Senator Mary O'Rourke",
                "custom:one; custom:two",
                "completed; busy",
            ]
        );
        assert_eq!(record.word("=by phone"), "by phone");
        assert_eq!(record.word("phone"), "", "the number is no word");
    }
}
