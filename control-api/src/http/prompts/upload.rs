//! The multipart form (RFC 7578) of a new version, field by field.

use axum::body::Bytes;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use utoipa::ToSchema;

use super::super::problem::{Kind, Problem};

/// Most bytes of a field that is no file.
const MAX_FIELD_BYTES: usize = 32 * 1024;

/// A new version: a recording, or a text that is spoken.
#[derive(Debug, Default, ToSchema)]
pub(crate) struct Upload {
    /// `msg_intro`, `msg_intro_confirm`, …; `word_0` to `word_100` for recorded numbers.
    pub(super) key: String,
    /// BCP 47 tag.
    #[schema(default = "en")]
    pub(super) language: Option<String>,
    /// The campaign whose version it is; left out, the installation's default.
    pub(super) campaign_id: Option<String>,
    /// A recording: WAV, MP3, FLAC, OGG, M4A, or what a browser records (WebM or OGG with Opus), 32 MiB and 10 minutes at most.
    #[schema(value_type = Option<String>, format = Binary)]
    pub(super) file: Option<Bytes>,
    /// A text with `{{variables}}`, spoken.
    pub(super) text: Option<String>,
    /// Voice that speaks the text, as the speech engine calls it; left out, the campaign's, else the configured one.
    pub(super) voice: Option<String>,
    /// For people.
    pub(super) description: Option<String>,
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let mut form = Multipart::from_request(request, state).await.map_err(|_| {
            Problem::new(
                Kind::UnsupportedMediaType,
                "send a form, with the header `Content-Type: multipart/form-data; boundary=…`",
            )
        })?;
        let mut upload = Upload::default();
        while let Some(field) = form.next_field().await.map_err(broken)? {
            upload.take(field).await?;
        }
        Ok(upload)
    }
}

impl Upload {
    async fn take(&mut self, mut field: Field<'_>) -> Result<(), Problem> {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let bytes = field.bytes().await.map_err(broken)?;
            return put(&name, &mut self.file, bytes);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            if bytes.len() + chunk.len() > MAX_FIELD_BYTES {
                return Err(wrong(&name, "is longer than 32 KiB"));
            }
            bytes.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(bytes).map_err(|_| wrong(&name, "expected UTF-8"))?;
        if text.contains('\0') {
            return Err(wrong(&name, "holds a NUL character: leave it out"));
        }
        match name.as_str() {
            "key" if self.key.is_empty() => {
                self.key = text;
                Ok(())
            }
            "key" => Err(wrong(&name, "is given twice")),
            "language" => put(&name, &mut self.language, text),
            "campaign_id" => put(&name, &mut self.campaign_id, text),
            "text" => put(&name, &mut self.text, text),
            "voice" => put(&name, &mut self.voice, text),
            "description" => put(&name, &mut self.description, text),
            _ => Err(wrong(
                &name,
                "the form has no such field; it has key, language, campaign_id, file, text, voice, description",
            )),
        }
    }
}

fn put<T>(name: &str, place: &mut Option<T>, value: T) -> Result<(), Problem> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(wrong(name, "is given twice")),
    }
}

fn wrong(name: &str, detail: &str) -> Problem {
    let name: String = name.chars().take(64).collect();
    Problem::field(&format!("/{name}"), detail)
}

fn broken(error: MultipartError) -> Problem {
    if error.status() == Kind::TooLarge.status() {
        Problem::new(
            Kind::TooLarge,
            "the form is larger than 32 MiB: save the recording as MP3, or at a lower rate",
        )
    } else {
        Problem::new(
            Kind::MalformedBody,
            format!("the form cannot be read: {}", error.body_text()),
        )
    }
}
