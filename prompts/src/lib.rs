//! The recorded script: decoding, text to speech, versions' files, the default catalogue and its texts.
//!
//! Knows nothing of calls. What it makes is PCM at 8 kHz, which the media engine turns into clips.

pub mod decode;
pub mod files;
pub mod key;
pub mod names;
pub mod pcm;
pub mod template;
pub mod texts;
pub mod tone;
pub mod tts;
pub mod words;
