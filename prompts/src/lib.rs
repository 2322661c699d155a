//! The recorded script: decoding, text to speech, versions' files, the default catalogue and its texts.
//!
//! Knows nothing of calls. What it makes is PCM at 48 kHz, which the media engine turns into clips.

pub mod decode;
pub mod files;
pub mod key;
pub mod lab;
pub mod names;
pub mod pcm;
mod resample;
pub mod template;
#[cfg(test)]
mod testing;
pub mod texts;
pub mod tone;
mod track;
pub mod tts;
pub mod words;
