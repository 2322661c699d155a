//! `/v1/events`, read as they come (server-sent events of the HTML standard).

use anyhow::{Context, bail};
use bytes::{Buf, BytesMut};
use serde_json::Value;

use super::client::Client;

/// Longest event that is read.
const MAX_EVENT: usize = 1024 * 1024;

/// The stream of events.
pub(super) struct Feed {
    response: reqwest::Response,
    unread: BytesMut,
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    /// `session.step`, `leg.answered`, …
    pub(super) kind: String,
    /// The session's id, when it has one.
    pub(super) session: Option<String>,
    /// The rest.
    pub(super) data: Value,
}

impl Feed {
    pub(super) async fn open(client: &Client) -> anyhow::Result<Feed> {
        let request = client
            .request(reqwest::Method::GET, "/v1/events")
            .header("accept", "text/event-stream");
        let response = request.send().await.context("/v1/events cannot be reached")?;
        if !response.status().is_success() {
            bail!("/v1/events answered {}", response.status());
        }
        Ok(Feed {
            response,
            unread: BytesMut::new(),
        })
    }

    /// The next event.
    pub(super) async fn next(&mut self) -> anyhow::Result<Event> {
        loop {
            while let Some(end) = self.unread.windows(2).position(|w| w == b"\n\n") {
                let block = self.unread.split_to(end);
                self.unread.advance(2);
                if let Some(event) = read(&String::from_utf8_lossy(&block)) {
                    return Ok(event);
                }
            }
            if self.unread.len() > MAX_EVENT {
                bail!("/v1/events sent an event without end");
            }
            match self.response.chunk().await.context("/v1/events broke off")? {
                Some(chunk) => self.unread.extend_from_slice(&chunk),
                None => bail!("/v1/events has ended"),
            }
        }
    }
}

/// Reads one block of lines; `None` for a comment.
fn read(block: &str) -> Option<Event> {
    let (mut kind, mut data) = (String::new(), String::new());
    for line in block.lines() {
        match line.split_once(':') {
            Some(("event", value)) => value.trim_start().clone_into(&mut kind),
            Some(("data", value)) => data.push_str(value.trim_start()),
            Some(_) | None => {}
        }
    }
    let body: Value = serde_json::from_str(&data).ok()?;
    if kind.is_empty() {
        kind = body["kind"]
            .as_str()
            .or_else(|| body["type"].as_str())?
            .to_owned();
    }
    let session = body["session_id"].as_str().map(str::to_owned);
    // The whole event is the data, or only what is special to its kind.
    let data = if body["data"].is_object() {
        body["data"].clone()
    } else {
        body
    };
    Some(Event { kind, session, data })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_are_read() {
        let event =
            read("id: 1\nevent: leg.answered\ndata: {\"session_id\":\"s\",\"data\":{\"side\":\"caller\"}}");
        let expected = Event {
            kind: "leg.answered".into(),
            session: Some("s".into()),
            data: json!({"side": "caller"}),
        };
        assert_eq!(event, Some(expected));
        assert_eq!(read(": still here"), None);
        assert_eq!(read("event: x\ndata: no json"), None);
    }
}
