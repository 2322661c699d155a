//! A person as clients write them, and what is right for each field.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::problem::{Checks, Problem};
use super::super::valid;
use crate::privacy::password;
use crate::runtime::App;
use crate::store::users::{Role, User};

/// Most campaigns of one partner or key.
pub(crate) const MAX_CAMPAIGNS: usize = 1_000;

/// A person, as they are made or changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserInput {
    /// Unique; what they log in with.
    #[schema(example = "ada")]
    pub(super) name: String,
    /// May be empty.
    #[serde(default)]
    pub(super) email: String,
    /// `admin` may do everything; `staff` everything but users, keys, trunks, routes and numbers; `partner` sees their own campaigns and
    /// what belongs to them; `viewer` reads.
    pub(super) role: Role,
    /// A partner's own campaigns, by id.
    #[serde(default)]
    pub(super) campaigns: Vec<String>,
    /// Whether they may log in.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// Left out, one is made, and must be changed at the first login. Only when somebody is made.
    #[serde(default)]
    #[schema(format = Password)]
    pub(super) password: Option<String>,
}

fn yes() -> bool {
    true
}

impl UserInput {
    /// What a merge patch is put over.
    pub(super) fn current(row: &User, campaigns: &[String]) -> Value {
        json!({
            "name": row.name, "email": row.email, "role": row.role, "campaigns": campaigns, "enabled": row.enabled,
        })
    }

    /// Refuses what is wrong.
    pub(super) async fn check(&self, app: &App) -> Result<(), Problem> {
        let mut checks = Checks::default();
        valid::name(&mut checks, "/name", &self.name);
        valid::line(&mut checks, "/email", &self.email);
        checks.require(
            self.email.is_empty() || is_email(&self.email),
            "/email",
            "expected an e-mail address, or nothing",
        );
        checks.require(
            self.role == Role::Partner || self.campaigns.is_empty(),
            "/campaigns",
            "only a partner is confined to campaigns: leave them out, or use the role partner",
        );
        if let Some(given) = &self.password {
            checks.require(
                password::is_long_enough(given),
                "/password",
                format!("expected {} characters or more", password::MIN_CHARS),
            );
        }
        campaigns(&mut checks, app, &self.campaigns).await?;
        checks.finish()
    }
}

/// Campaigns that are there, each once.
pub(crate) async fn campaigns(checks: &mut Checks, app: &App, ids: &[String]) -> Result<(), Problem> {
    checks.require(
        ids.len() <= MAX_CAMPAIGNS,
        "/campaigns",
        format!("expected at most {MAX_CAMPAIGNS} campaigns"),
    );
    for (n, id) in ids.iter().take(MAX_CAMPAIGNS).enumerate() {
        valid::campaign(checks, app, &format!("/campaigns/{n}"), Some(id)).await?;
    }
    Ok(())
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && valid::is_host(domain) && !text.contains(char::is_whitespace)
    })
}
