//! Upland Mobile Commons: the profile of a caller is brought up to date, and subscribed where the campaign says so, by its REST API.
//!
//! ```text
//! POST /api/profile_update   phone_number, opt_in_path_id, company, custom columns   <response success="true">
//! ```
//!
//! Facts: "Mobile Commons: Rest API" (support.uplandsoftware.com): login by HTTP Basic or a bearer token, forms in, XML out. It subscribes
//! a number by one opt-in path once only, and never one that has opted out, so that a second POST does no harm.

use url::form_urlencoded::Serializer;

use super::record::Record;
use super::scrub::scrub;
use super::{Crm, Login, Step, by_status, never};
use crate::jobs::End;
use crate::outbound::{Answer, Request};
use crate::store::crm::Options;

/// What errors call it.
const NAME: &str = "Mobile Commons";

/// Where it is, unless the campaign says otherwise.
pub(crate) const URL: &str = "https://secure.mcommons.com";

/// Names that the fields of a campaign may not have.
pub(crate) const RESERVED: [&str; 3] = ["phone_number", "opt_in_path_id", "company"];

/// One campaign's company on Mobile Commons.
pub(super) struct MobileCommons {
    /// `https://secure.mcommons.com`
    pub(super) base: String,
    /// Name and password, or a token.
    pub(super) login: Login,
    /// Opt-in path and fields.
    pub(super) options: Options,
}

impl Crm for MobileCommons {
    fn next(&self, record: &Record, heard: &[Answer]) -> Step {
        let Some(phone) = &record.phone else {
            return Step::End(End::Never {
                status: None,
                error: "the caller's number is not kept any more, and Mobile Commons knows callers by it"
                    .to_owned(),
            });
        };
        let Some(answer) = heard.first() else {
            return Step::Ask(Box::new(self.update(record, phone.as_str())));
        };
        Step::End(match said(answer) {
            Said::Yes => End::Done(answer.status.into()),
            Said::No(why) => never(answer, format!("{NAME} refuses the record: {why}")),
            Said::Nothing => by_status(answer, NAME, ""),
        })
    }

    fn test(&self) -> Request {
        let mut url = format!("{}/api/campaigns", self.base);
        if !self.options.company.is_empty() {
            let company = Serializer::new(String::new())
                .append_pair("company", &self.options.company)
                .finish();
            url = format!("{url}?{company}");
        }
        self.login.sign(Request::get(url))
    }

    fn tested(&self, answer: &Answer) -> Result<(), String> {
        match said(answer) {
            Said::Yes => Ok(()),
            Said::No(why) => Err(format!("{NAME} says: {why}")),
            Said::Nothing => match by_status(answer, NAME, "") {
                End::Done(_) => Ok(()),
                End::Again { error, .. } | End::Never { error, .. } => Err(error),
            },
        }
    }
}

impl MobileCommons {
    fn update(&self, record: &Record, phone: &str) -> Request {
        let mut form = Serializer::new(String::new());
        form.append_pair("phone_number", phone);
        for (name, value) in [
            ("opt_in_path_id", &self.options.opt_in_path_id),
            ("company", &self.options.company),
        ] {
            if !value.is_empty() {
                form.append_pair(name, value);
            }
        }
        for (name, word) in &self.options.fields {
            form.append_pair(name, &record.word(word));
        }
        let url = format!("{}/api/profile_update", self.base);
        let request = Request::post(url, "application/x-www-form-urlencoded", form.finish());
        self.login
            .sign(request.header("idempotency-key", &record.session_id))
    }
}

/// What an answer says about itself.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// `success="true"`
    Yes,
    /// `success="false"`, and why.
    No(String),
    /// No answer of its own: a proxy's, or an error page.
    Nothing,
}

fn said(answer: &Answer) -> Said {
    let text = String::from_utf8_lossy(&answer.body);
    let success = tag(&text, "response").and_then(|response| attribute(response, "success"));
    match success.as_deref() {
        Some("true") if answer.is_success() => Said::Yes,
        // Also what it answers to a wrong login, and when it is overloaded: the status knows better.
        Some(_) if answer.is_success() || matches!(answer.status, 400 | 404 | 409 | 422) => {
            Said::No(why(&text))
        }
        Some(_) | None => Said::Nothing,
    }
}

/// `<error id="5" message="Invalid phone number"/>` as `Invalid phone number (5)`.
fn why(text: &str) -> String {
    let Some(error) = tag(text, "error") else {
        return "it does not say why".to_owned();
    };
    let id = attribute(error, "id").unwrap_or_default();
    let message = attribute(error, "message").unwrap_or_default();
    scrub(format!("{message} ({id})").trim())
}

/// What stands between `<name ` and `>`, the first time. An answer is a few flat elements: more XML (XML 1.0 section 3.1) than that is
/// no answer that we know.
fn tag<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let start = text.match_indices('<').map(|(at, _)| &text[at + 1..]);
    let mut tags = start.filter_map(|rest| {
        let rest = rest.strip_prefix(name)?;
        let inside = &rest[..rest.find('>')?];
        (inside.is_empty() || inside.starts_with([' ', '\t', '\r', '\n', '/'])).then_some(inside)
    });
    tags.next()
}

/// The value of an attribute, with the five entities of XML (XML 1.0 section 4.6) put back.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, next) = after[1..].split_once(quote)?;
        if before.trim() == name {
            let mut value = value.to_owned();
            for (entity, plain) in [
                ("&lt;", "<"),
                ("&gt;", ">"),
                ("&quot;", "\""),
                ("&apos;", "'"),
                ("&amp;", "&"),
            ] {
                value = value.replace(entity, plain);
            }
            return Some(value);
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests;
