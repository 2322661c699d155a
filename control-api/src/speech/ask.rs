//! The text is posted to the operator's speech service, and its audio read, within a time and a size.
//!
//! The rules of [`crate::outbound`] keep us from addresses that others wrote down. This one stands in the operator's own
//! configuration and is most often a neighbour on the same machine, so they do not hold for it; redirects are not followed.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder};
use serde_json::json;
use tokio::runtime::Handle;
use trunkline_prompts::tts::{Ask, AskError, Request};

use crate::outbound;

/// Characters of a service's complaint that are repeated.
const MAX_COMPLAINT: usize = 200;

/// Asks by HTTP, from threads that may block.
pub(super) struct Http {
    client: Client,
    runtime: Handle,
}

impl Http {
    /// Within a tokio runtime; `None` outside of one.
    pub(super) fn new() -> Option<Http> {
        Some(Http {
            client: outbound::operators_client(),
            runtime: Handle::try_current().ok()?,
        })
    }

    fn request(&self, asked: &Request<'_>) -> RequestBuilder {
        let post = self.client.post(asked.url).timeout(asked.limit);
        if asked.plain {
            return post
                .header(CONTENT_TYPE, "text/plain; charset=utf-8")
                .body(asked.text.to_owned());
        }
        let mut body = json!({ "text": asked.text, "language": asked.language });
        if !asked.voice.is_empty() {
            body["voice"] = json!(asked.voice);
        }
        post.header(CONTENT_TYPE, "application/json")
            .body(body.to_string())
    }
}

impl Ask for Http {
    fn ask(&self, asked: &Request<'_>) -> Result<Vec<u8>, AskError> {
        self.runtime.block_on(async {
            let mut answer = self
                .request(asked)
                .send()
                .await
                .map_err(|error| refused(&error))?;
            let mut audio = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(|error| refused(&error))? {
                if audio.len() + chunk.len() > asked.max_bytes {
                    return Err(AskError::Refused("its answer is too large".to_owned()));
                }
                audio.extend_from_slice(&chunk);
            }
            if answer.status().is_success() {
                return Ok(audio);
            }
            let said: String = String::from_utf8_lossy(&audio)
                .chars()
                .filter(|c| !c.is_control())
                .take(MAX_COMPLAINT)
                .collect();
            Err(AskError::Refused(
                format!("it answers {} {said}", answer.status().as_u16())
                    .trim()
                    .to_owned(),
            ))
        })
    }
}

/// reqwest's own message may show the URL, and with it a password.
fn refused(error: &reqwest::Error) -> AskError {
    if error.is_timeout() {
        AskError::TimedOut
    } else if error.is_connect() {
        AskError::Refused("nobody answers there".to_owned())
    } else {
        AskError::Refused("it broke off".to_owned())
    }
}
