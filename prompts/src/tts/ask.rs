//! Asks an HTTP service: the request in, its audio out, its faults in our words.

use std::time::Duration;

use super::TtsError;
use super::attempts::Attempt;
use super::outside::{Ask, AskError, Request};
use crate::decode::MAX_BYTES;

/// Longest that a service may take, to the last byte of its answer.
const LIMIT: Duration = Duration::from_secs(15);

pub(super) fn ask(
    asker: Option<&dyn Ask>,
    url: &str,
    plain: bool,
    attempt: &Attempt<'_>,
    text: &str,
) -> Result<Vec<u8>, TtsError> {
    let program = attempt.engine.name();
    let Some(asker) = asker else {
        return Err(TtsError::Failed {
            program,
            reason: "nothing here asks HTTP services".to_owned(),
        });
    };
    let request = Request {
        url,
        plain,
        text,
        language: attempt.language,
        voice: &attempt.voice,
        limit: LIMIT,
        max_bytes: MAX_BYTES,
    };
    asker.ask(&request).map_err(|error| match error {
        AskError::TimedOut => TtsError::TimedOut {
            program,
            seconds: LIMIT.as_secs(),
        },
        AskError::Refused(reason) => TtsError::Failed { program, reason },
    })
}
