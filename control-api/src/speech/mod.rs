//! Speech as this program has it: with the configured engine, somebody who asks an HTTP service, a clock, and metrics.

mod ask;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use trunkline_prompts::tts::{self, Speech, SpeechConfig};

use crate::config::Tts;
use ask::Http;
pub(crate) use watch::Watcher;

/// By the configuration; spoken texts are kept in the folder, if there is one. Within a tokio runtime.
pub(crate) fn speech(config: &Tts, cache: Option<PathBuf>) -> Speech {
    let ask = Http::new().map(|http| Arc::new(http) as Arc<dyn tts::Ask>);
    Speech::new(SpeechConfig {
        engine: config.engine.clone(),
        voices: config.voices.clone(),
        cache,
        ask,
    })
}

#[cfg(test)]
mod tests;
