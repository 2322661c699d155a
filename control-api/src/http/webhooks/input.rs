//! A webhook as clients write it.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::problem::{Checks, Kind, Problem};
use super::super::valid;
use crate::privacy;
use crate::runtime::App;
use crate::store;
use crate::webhooks::secret_context;

/// Most patterns of one webhook.
const MAX_PATTERNS: usize = 32;
/// Fewest and most characters of a secret.
const SECRET_CHARS: std::ops::RangeInclusive<usize> = 16..=256;
/// What events are called before the dot.
const FAMILIES: [&str; 4] = ["session", "call", "leg", "trunk"];

/// A webhook as it is created or replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookInput {
    /// https, at a public address.
    #[schema(example = "https://www.example.org/hooks/calls")]
    url: String,
    /// `*`, families like `session.*`, or events of /v1/events like `call.ended`.
    #[schema(example = json!(["session.ended", "call.*"]))]
    events: Vec<String>,
    /// Events of this campaign's sessions alone.
    #[serde(default)]
    campaign_id: Option<String>,
    /// What deliveries are signed with: written, never shown. Without one we make it, and show it once; a replaced webhook keeps its own.
    #[serde(default)]
    #[schema(write_only)]
    secret: Option<String>,
    /// New events are delivered.
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
}

fn yes() -> bool {
    true
}

impl WebhookInput {
    /// What a merge patch is put over.
    pub(super) fn current(row: &store::webhooks::Webhook) -> Value {
        json!({
            "url": row.url, "events": row.events, "campaign_id": row.campaign_id, "enabled": row.enabled,
        })
    }

    /// The row to write, and the secret when we made it. `kept` is the encrypted secret of the webhook that is replaced.
    pub(super) async fn row(
        self,
        app: &App,
        id: String,
        created_at: i64,
        kept: Option<String>,
    ) -> Result<(store::webhooks::Webhook, Option<String>), Problem> {
        self.check(app).await?;
        let internal = |error: privacy::PrivacyError| Problem::new(Kind::Internal, error.to_string());
        let (secret_enc, made) = match (self.secret, kept) {
            (Some(secret), _) => (app.keys().encrypt(&secret, &secret_context(&id)), None),
            (None, Some(kept)) => (Ok(kept), None),
            (None, None) => {
                let secret = privacy::new_secret().map_err(internal)?;
                (app.keys().encrypt(&secret, &secret_context(&id)), Some(secret))
            }
        };
        let row = store::webhooks::Webhook {
            secret_enc: secret_enc.map_err(internal)?,
            id,
            url: self.url,
            events: self.events,
            campaign_id: self.campaign_id,
            enabled: self.enabled,
            created_at,
            updated_at: app.clock().now_ms(),
        };
        Ok((row, made))
    }

    async fn check(&self, app: &App) -> Result<(), Problem> {
        let mut checks = Checks::default();
        if let Err(refused) = app.outbound().check(&self.url) {
            checks.wrong("/url", refused.to_string());
        }
        checks.require(
            (1..=MAX_PATTERNS).contains(&self.events.len()),
            "/events",
            format!("expected 1 to {MAX_PATTERNS} of *, session.*, call.ended and the like"),
        );
        for (n, pattern) in self.events.iter().take(MAX_PATTERNS).enumerate() {
            checks.require(
                is_pattern(pattern),
                &format!("/events/{n}"),
                "expected *, session.*, call.*, leg.*, trunk.*, or one event of these like call.ended",
            );
        }
        checks.require(
            self.secret
                .as_ref()
                .is_none_or(|s| SECRET_CHARS.contains(&s.chars().count())),
            "/secret",
            "expected 16 to 256 characters",
        );
        valid::campaign(&mut checks, app, "/campaign_id", self.campaign_id.as_deref()).await?;
        checks.finish()
    }
}

fn is_pattern(pattern: &str) -> bool {
    let word =
        |w: &str| (1..=32).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    match pattern.split_once('.') {
        None => pattern == "*",
        Some((family, event)) => FAMILIES.contains(&family) && (event == "*" || word(event)),
    }
}
