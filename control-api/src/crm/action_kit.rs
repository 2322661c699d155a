//! ActionKit: one action a session on a page of it, by its REST API.
//!
//! ```text
//! GET  /rest/v1/phone/?normalized_phone=NUMBER   whose number it is      (only when the number is told)
//! GET  /rest/v1/user/ID/                         the user's e-mail address
//! POST /rest/v1/action/                          {page, email or akid, source, action_…}  201
//! ```
//!
//! Facts: docs.actionkit.com, "Generic Action Processing" (an action needs `page` and either `email` or `akid`; custom fields begin with
//! `action_`; 201 and Location) and "Requests" (401, 404, 429, 500, 503). Phones are found by their national number, as CallPower's
//! synchronisation does. It knows no key that would make a second POST the same action: `action_session` shows that one is.

use serde_json::{Map, Value};

use super::record::Record;
use super::scrub::scrub;
use super::{Crm, Login, Step, by_status, never};
use crate::jobs::End;
use crate::outbound::{Answer, Request};
use crate::store::crm::Options;

/// What errors call it.
const NAME: &str = "ActionKit";

/// One campaign's page on one ActionKit.
pub(super) struct ActionKit {
    /// `https://act.example.org`
    pub(super) base: String,
    /// Name and password.
    pub(super) login: Login,
    /// Page and fields.
    pub(super) options: Options,
}

/// Who took the action, as ActionKit knows them.
enum User {
    /// By the token that its own links carry.
    Akid(String),
    /// By address.
    Email(String),
}

impl Crm for ActionKit {
    fn next(&self, record: &Record, heard: &[Answer]) -> Step {
        let reference = record.reference.trim();
        let (user, post) = if self.options.ref_is_akid && !reference.is_empty() {
            (User::Akid(reference.to_owned()), heard.first())
        } else if let Some(phone) = &record.phone {
            match self.known(phone.as_str(), heard) {
                Ok((email, post)) => (User::Email(email), post),
                Err(step) => return step,
            }
        } else {
            match self.unknown("the record has no number, and its ref is no akid") {
                Ok(email) => (User::Email(email), heard.first()),
                Err(step) => return step,
            }
        };
        match post {
            None => Step::Ask(Box::new(self.action(record, &user))),
            Some(answer) if answer.is_success() => Step::End(End::Done(answer.status.into())),
            Some(answer) => Step::End(by_status(answer, NAME, &faults(answer))),
        }
    }

    fn test(&self) -> Request {
        self.get(&format!("page/?name={}&_limit=1", query(&self.options.page)))
    }

    fn tested(&self, answer: &Answer) -> Result<(), String> {
        match objects(answer) {
            Some(pages) if pages.is_empty() => Err(format!("{NAME} has no page {}", self.options.page)),
            Some(_) => Ok(()),
            None => Err(reason(by_status(answer, NAME, &faults(answer)))),
        }
    }
}

impl ActionKit {
    /// The e-mail address of whoever has the number, and the answer to the action, if there is one already; or what to ask before that.
    fn known<'a>(&self, phone: &str, heard: &'a [Answer]) -> Result<(String, Option<&'a Answer>), Step> {
        let Some(found) = heard.first() else {
            let number = query(&national(phone));
            let phone = self.get(&format!("phone/?normalized_phone={number}&_limit=1"));
            return Err(Step::Ask(Box::new(phone)));
        };
        let Some(phones) = objects(found) else {
            return Err(Step::End(by_status(found, NAME, &faults(found))));
        };
        let user = phones
            .first()
            .and_then(|phone| phone.get("user").and_then(Value::as_str).and_then(user_id));
        let Some(user) = user else {
            return Ok((self.unknown("no user has this number")?, heard.get(1)));
        };
        match heard.get(1) {
            None => Err(Step::Ask(Box::new(self.get(&format!("user/{user}/"))))),
            Some(answer) if !answer.is_success() => Err(Step::End(by_status(answer, NAME, &faults(answer)))),
            Some(answer) => match email_of(answer) {
                Some(email) => Ok((email, heard.get(2))),
                None => Err(Step::End(never(
                    answer,
                    format!("{NAME} knows no e-mail address of the user"),
                ))),
            },
        }
    }

    /// Who stands for callers whom it does not know.
    fn unknown(&self, why: &str) -> Result<String, Step> {
        match self.options.unknown_email.as_str() {
            "" => Err(Step::End(End::Never {
                status: None,
                error: format!("{NAME} cannot tell who called: {why}"),
            })),
            email => Ok(email.to_owned()),
        }
    }

    fn action(&self, record: &Record, user: &User) -> Request {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("page", self.options.page.as_str().into());
        put("source", "trunkline".into());
        // They have just been on the telephone: no mail that thanks them.
        put("skip_confirmation", 1.into());
        put("action_session", record.session_id.as_str().into());
        put("action_calls", record.calls.len().into());
        put("action_completed", record.completed().into());
        put("action_duration", record.talk_seconds().into());
        put("action_status", record.of_calls(|c| &c.status).into());
        put("action_targets", record.of_calls(|c| &c.target).into());
        put("action_called_at", record.word("ended_at").into());
        for (name, word) in &self.options.fields {
            put(name, record.word(word).into());
        }
        match user {
            User::Akid(akid) => {
                put("akid", akid.as_str().into());
                // Known by the token, their number may be news.
                if let Some(phone) = &record.phone {
                    put("phone", phone.as_str().into());
                }
            }
            User::Email(email) => {
                put("email", email.as_str().into());
            }
        }
        let url = format!("{}/rest/v1/action/", self.base);
        let request = Request::post(url, "application/json", Value::Object(body).to_string());
        self.login
            .sign(request.header("idempotency-key", &record.session_id))
    }

    fn get(&self, path: &str) -> Request {
        let request = Request::get(format!("{}/rest/v1/{path}", self.base));
        self.login.sign(request.header("accept", "application/json"))
    }
}

/// Names that the fields of a campaign may not have: they are filled, or decide what becomes of somebody's data.
pub(crate) const RESERVED: [&str; 10] = [
    "page",
    "email",
    "akid",
    "phone",
    "skip_confirmation",
    "action_session",
    "home_phone",
    "work_phone",
    "mobile_phone",
    "user",
];

/// ActionKit keeps numbers without their country.
fn national(phone: &str) -> String {
    match phonenumber::parse(None, phone) {
        Ok(number) => number.national().value().to_string(),
        Err(_) => phone.trim_start_matches('+').to_owned(),
    }
}

/// A value of the query (`application/x-www-form-urlencoded`).
fn query(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// The list in an answer; `None` when there is none.
fn objects(answer: &Answer) -> Option<Vec<Value>> {
    match serde_json::from_slice(&answer.body) {
        Ok(Value::Object(mut body)) if answer.is_success() => match body.remove("objects") {
            Some(Value::Array(objects)) => Some(objects),
            Some(_) | None => None,
        },
        Ok(_) | Err(_) => None,
    }
}

/// `/rest/v1/user/17/` is 17. Nothing else of what it says becomes part of an address.
fn user_id(path: &str) -> Option<u64> {
    path.trim_end_matches('/').rsplit('/').next()?.parse().ok()
}

/// The address in a user.
fn email_of(answer: &Answer) -> Option<String> {
    let user: Value = serde_json::from_slice(&answer.body).ok()?;
    let email = user.get("email")?.as_str()?;
    email.contains('@').then(|| email.to_owned())
}

/// `{"errors": {"page": ["…"]}}` as `page: …`.
fn faults(answer: &Answer) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
        return String::new();
    };
    let Some(errors) = body.get("errors").and_then(Value::as_object) else {
        return String::new();
    };
    let said = errors.iter().map(|(field, fault)| match fault {
        Value::Array(all) => {
            let all: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            format!("{field}: {}", all.join(", "))
        }
        Value::String(one) => format!("{field}: {one}"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => field.clone(),
    });
    scrub(&said.collect::<Vec<_>>().join("; "))
}

/// What people are told of an end that is none.
fn reason(end: End) -> String {
    match end {
        End::Done(_) => String::new(),
        End::Again { error, .. } | End::Never { error, .. } => error,
    }
}

#[cfg(test)]
mod tests;
