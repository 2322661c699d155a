//! Conversations as text, and whole deliveries to a server on loopback that answers as CRMs do; on both databases.

mod deliveries;
mod server;

use std::fmt::Write as _;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::record::Record;
use super::{Crm, Step};
use crate::jobs::End;
use crate::outbound::{Answer, Request};

/// An answer of a CRM.
pub(super) fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

impl Answer {
    /// The same with one more header.
    pub(super) fn with(mut self, name: &'static str, value: &'static str) -> Answer {
        self.headers
            .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }
}

fn asked(request: &Request) -> String {
    let mut lines = vec![format!("> {} {}", request.method, request.url)];
    let mut headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("> {name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    lines.append(&mut headers);
    if !request.body.is_empty() {
        lines.push(format!("> {}", std::str::from_utf8(&request.body).unwrap()));
    }
    lines.join("\n") + "\n"
}

/// A conversation to its end, as text. An answer that is left over was never asked for.
pub(super) fn played(crm: &dyn Crm, record: &Record, answers: Vec<Answer>) -> String {
    let mut answers = answers.into_iter();
    let (mut heard, mut out) = (Vec::new(), String::new());
    loop {
        match crm.next(record, &heard) {
            Step::Ask(request) => {
                out += &asked(&request);
                let answer = answers.next().unwrap_or_else(|| panic!("no answer to\n{out}"));
                writeln!(out, "< {}", answer.status).unwrap();
                heard.push(answer);
            }
            Step::End(end) => {
                assert_eq!(answers.count(), 0, "answers that nobody asked for\n{out}");
                return out + &ended(&end);
            }
        }
    }
}

fn ended(end: &End) -> String {
    let status = |status: &Option<i64>| status.map_or_else(|| "-".to_owned(), |s| s.to_string());
    match end {
        End::Done(status) => format!("done {status}"),
        End::Again {
            status: s,
            error,
            wait_ms: None,
        } => format!("again {} {error}", status(s)),
        End::Again {
            status: s,
            error,
            wait_ms: Some(ms),
        } => format!("again {} {error} after {ms}", status(s)),
        End::Never { status: s, error } => format!("never {} {error}", status(s)),
    }
}

/// A conversation is what it is expected to be.
pub(super) fn check(crm: &dyn Crm, record: &Record, answers: Vec<Answer>, expected: &str) {
    assert_eq!(played(crm, record, answers), expected);
}

/// So is a test of the login.
pub(super) fn check_test(crm: &dyn Crm, answer: &Answer, expected: &str) {
    let says = crm.tested(answer).err().unwrap_or_else(|| "works".to_owned());
    assert_eq!(asked(&crm.test()) + &says, expected);
}
