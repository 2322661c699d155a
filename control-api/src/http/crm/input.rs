//! A campaign's CRM as clients write it.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use super::super::problem::{Checks, Kind, Problem};
use super::super::valid;
use crate::crm::schedule::next as next_batch;
use crate::crm::{self, record};
use crate::daily;
use crate::runtime::App;
use crate::store::campaigns::Campaign;
use crate::store::crm::{Crm, CrmKind, Options, Schedule};

/// Most fields of one campaign.
const MAX_FIELDS: usize = 32;
/// Most characters of a field's name.
const MAX_FIELD_CHARS: usize = 64;
/// Most characters of an e-mail address (RFC 5321 section 4.5.3.1.3).
const MAX_EMAIL_CHARS: usize = 254;
/// Most characters of a password or token.
const MAX_SECRET_CHARS: usize = 1_024;
/// When a nightly batch falls due, unless the campaign says otherwise.
const DEFAULT_HOUR: i64 = 3;

/// What a campaign tells a CRM.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrmInput {
    /// `action_kit`, `mobile_commons`, `csv`: a file, for any other
    kind: CrmKind,
    /// `immediate`: as each session ends. `hourly`: at every full hour. `nightly`: once a day. A file is always up to date.
    #[serde(default = "nightly")]
    #[schema(default = "nightly")]
    schedule: Schedule,
    /// Hour of the day of a nightly schedule, 0 to 23.
    #[serde(default = "default_hour")]
    #[schema(default = 3)]
    hour: i64,
    /// IANA time zone of that hour; without one that of the campaign.
    #[serde(default)]
    #[schema(example = "America/New_York")]
    time_zone: Option<String>,
    /// Where the CRM is, https. Mobile Commons is at its own address unless this says otherwise; a file is nowhere.
    #[serde(default)]
    #[schema(example = "https://act.example.org")]
    url: String,
    /// Who logs in.
    #[serde(default)]
    username: String,
    /// Written, never shown. Settings that are replaced keep it, as long as kind, address and name stay the same.
    #[serde(default)]
    #[schema(write_only)]
    password: Option<String>,
    /// Mobile Commons: a bearer token in place of name and password. Written, never shown.
    #[serde(default)]
    #[schema(write_only)]
    token: Option<String>,
    /// Tell the caller's number.
    #[serde(default)]
    send_phone: bool,
    /// Gather sessions and let them wait.
    #[serde(default)]
    paused: bool,
    /// ActionKit: short name of the page that actions are counted on.
    #[serde(default)]
    page: String,
    /// ActionKit: a session's `ref` is the caller's `akid`.
    #[serde(default)]
    ref_is_akid: bool,
    /// ActionKit: the e-mail address of the user that stands for callers whom it does not know.
    #[serde(default)]
    unknown_email: String,
    /// Mobile Commons: the opt-in path that callers are subscribed by. They must have agreed to that.
    #[serde(default)]
    opt_in_path_id: String,
    /// Mobile Commons: key of the company, when the login has several.
    #[serde(default)]
    company: String,
    /// More fields of the CRM. Each takes a word of the record (`session_id`, `campaign_id`, `campaign`, `ref`, `country`, `location`,
    /// `started_at`, `ended_at`, `duration`, `calls`, `completed`, `talked`, `talk_seconds`, `targets`, `target_keys`, `statuses`), or what
    /// stands after `=`.
    #[serde(default)]
    #[schema(example = json!({"action_medium": "=phone", "zip": "location"}))]
    fields: BTreeMap<String, String>,
}

fn nightly() -> Schedule {
    Schedule::Nightly
}

fn default_hour() -> i64 {
    DEFAULT_HOUR
}

impl CrmInput {
    /// The row to write, in place of `before`.
    pub(super) fn row(self, app: &App, campaign: &Campaign, before: Option<Crm>) -> Result<Crm, Problem> {
        let url = match (self.kind, self.url.as_str()) {
            (CrmKind::MobileCommons, "") => crm::MOBILE_COMMONS_URL.to_owned(),
            _ => self.url.trim_end_matches('/').to_owned(),
        };
        let time_zone = self
            .time_zone
            .clone()
            .unwrap_or_else(|| campaign.settings.time_zone.clone());
        let schedule = match self.kind {
            CrmKind::Csv => Schedule::Immediate,
            CrmKind::ActionKit | CrmKind::MobileCommons => self.schedule,
        };
        // A secret goes nowhere else than where it was written for.
        let kept = before
            .filter(|old| old.kind == self.kind && old.url == url && old.username == self.username)
            .and_then(|old| old.secret_enc);
        self.check(app, &url, &time_zone, kept.is_some())?;
        let now = app.clock().now_ms();
        let secret_enc = match self.password.as_ref().or(self.token.as_ref()) {
            None => kept,
            Some(secret) => {
                let sealed = app.keys().encrypt(secret, &crm::secret_context(&campaign.id));
                Some(sealed.map_err(|error| Problem::new(Kind::Internal, error.to_string()))?)
            }
        };
        Ok(Crm {
            campaign_id: campaign.id.clone(),
            kind: self.kind,
            schedule,
            next_run_at: next_batch(schedule, &time_zone, self.hour, now),
            hour: self.hour,
            time_zone,
            url,
            options: Options {
                page: self.page,
                ref_is_akid: self.ref_is_akid,
                unknown_email: self.unknown_email,
                opt_in_path_id: self.opt_in_path_id,
                company: self.company,
                fields: self.fields,
            },
            username: self.username,
            secret_enc,
            send_phone: self.send_phone,
            paused: self.paused,
            last_run_at: None,
            last_sent_at: None,
            sent: 0,
            failures: 0,
            hold_until: 0,
            error: String::new(),
            created_at: now,
            updated_at: now,
        })
    }

    fn check(&self, app: &App, url: &str, time_zone: &str, has_kept: bool) -> Result<(), Problem> {
        let mut checks = Checks::default();
        checks.require((0..24).contains(&self.hour), "/hour", "expected 0 to 23");
        checks.require(
            self.schedule != Schedule::Nightly || self.kind == CrmKind::Csv || daily::is_zone(time_zone),
            "/time_zone",
            "expected an IANA time zone, for example America/New_York: the campaign has none of its own",
        );
        for (pointer, text) in [
            ("/username", &self.username),
            ("/page", &self.page),
            ("/opt_in_path_id", &self.opt_in_path_id),
            ("/company", &self.company),
        ] {
            valid::line(&mut checks, pointer, text);
        }
        match self.kind {
            CrmKind::ActionKit => self.check_action_kit(&mut checks),
            CrmKind::MobileCommons => checks.require(
                self.send_phone,
                "/send_phone",
                "expected true: Mobile Commons knows callers by their number alone",
            ),
            CrmKind::Csv => {}
        }
        self.check_strangers(&mut checks);
        self.check_login(&mut checks, app, url, has_kept);
        self.check_fields(&mut checks);
        checks.finish()
    }

    fn check_action_kit(&self, checks: &mut Checks) {
        valid::name(checks, "/page", &self.page);
        let email = &self.unknown_email;
        checks.require(
            email.is_empty()
                || (email.contains('@')
                    && email.chars().count() <= MAX_EMAIL_CHARS
                    && !email.contains(char::is_whitespace)),
            "/unknown_email",
            "expected an e-mail address, or nothing",
        );
        checks.require(
            self.send_phone || self.ref_is_akid || !email.is_empty(),
            "/send_phone",
            "ActionKit must know who called: expected send_phone, ref_is_akid or unknown_email",
        );
    }

    /// Settings of one kind mean nothing to another.
    fn check_strangers(&self, checks: &mut Checks) {
        let set = [
            ("/page", CrmKind::ActionKit, !self.page.is_empty()),
            ("/ref_is_akid", CrmKind::ActionKit, self.ref_is_akid),
            (
                "/unknown_email",
                CrmKind::ActionKit,
                !self.unknown_email.is_empty(),
            ),
            (
                "/opt_in_path_id",
                CrmKind::MobileCommons,
                !self.opt_in_path_id.is_empty(),
            ),
            ("/company", CrmKind::MobileCommons, !self.company.is_empty()),
            ("/token", CrmKind::MobileCommons, self.token.is_some()),
        ];
        for (pointer, kind, is_set) in set {
            checks.require(
                !is_set || self.kind == kind,
                pointer,
                format!("only {kind} has this"),
            );
        }
    }

    fn check_login(&self, checks: &mut Checks, app: &App, url: &str, has_kept: bool) {
        if self.kind == CrmKind::Csv {
            let nothing = url.is_empty() && self.username.is_empty() && self.password.is_none();
            checks.require(
                nothing,
                "/url",
                "a file has no address and no login: people fetch it",
            );
            return;
        }
        match app.outbound().check(url) {
            Err(refused) => checks.wrong("/url", refused.to_string()),
            Ok(url) => checks.require(
                url.query().is_none() && url.fragment().is_none(),
                "/url",
                "expected an address without ? and #",
            ),
        }
        checks.require(
            !self.username.contains(':'),
            "/username",
            "expected a name without a colon (RFC 7617)",
        );
        let right = |secret: &String| {
            (1..=MAX_SECRET_CHARS).contains(&secret.chars().count()) && !secret.contains(char::is_control)
        };
        let login = match (self.username.as_str(), &self.password, &self.token) {
            (_, None, None) => has_kept,
            ("", None, Some(token)) => right(token) && token.bytes().all(|b| b.is_ascii_graphic()),
            ("", _, _) | (_, _, Some(_)) => false,
            (_, Some(password), None) => right(password),
        };
        checks.require(
            login && (!self.username.is_empty() || self.kind == CrmKind::MobileCommons),
            "/password",
            match self.kind {
                CrmKind::MobileCommons => "expected username and password, or a token alone; each time the address or the name changes",
                CrmKind::ActionKit | CrmKind::Csv => {
                    "expected username and password; both each time the address or the name changes"
                }
            },
        );
    }

    fn check_fields(&self, checks: &mut Checks) {
        checks.require(
            self.fields.len() <= MAX_FIELDS,
            "/fields",
            format!("expected at most {MAX_FIELDS}"),
        );
        let reserved = crm::reserved(self.kind);
        for (name, word) in self.fields.iter().take(MAX_FIELDS) {
            let plain = (1..=MAX_FIELD_CHARS).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            checks.require(
                plain && !reserved.contains(&name.as_str()),
                &format!("/fields/{name}"),
                "expected a name of letters, digits and _ that is not filled already",
            );
            checks.require(
                record::WORDS.contains(&word.as_str()) || word.starts_with(record::LITERAL),
                &format!("/fields/{name}"),
                format!("expected {}, or = and a text", valid::either(&record::WORDS)),
            );
            valid::line(checks, &format!("/fields/{name}"), word);
        }
    }
}
