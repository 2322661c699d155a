//! Who is blocked, and who logs in. Hashes of telephones and of passwords cannot be turned into ours.

use std::net::IpAddr;

use super::row::{self, line};
use super::{Import, ImportError};
use crate::privacy::password;
use crate::store::StoreError;
use crate::store::blocklist::{self, Entry};
use crate::store::callpower::{OldBlock, OldUser};
use crate::store::users::{self, Role, User};

const BLOCKS: &str = "blocklist";
const USERS: &str = "users";
const NEW_PASSWORD: &str = "an admin gives each of them a new password: POST /v1/users/{id}/reset_password";

impl Import<'_> {
    pub(super) async fn bring_blocklist(&mut self) -> Result<(), ImportError> {
        let old = self.source.blocklist().await?;
        self.report.found(BLOCKS, old.len());
        for old in old {
            let id = self.id("block", old.id, old.created_at.unwrap_or(old.id));
            match blocklist::get(self.db, &id).await {
                Ok(_) => self.report.there(BLOCKS, 1),
                Err(StoreError::NotFound) => {
                    if let Some(entry) = self.block(&old, id) {
                        self.report.new_ones(BLOCKS, 1);
                        if self.writes() {
                            blocklist::create(self.db, &entry).await?;
                        }
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// CallPower looks at the address first, then at the hash, then at the number, and at one of them only.
    fn block(&mut self, old: &OldBlock, id: String) -> Option<Entry> {
        let which = format!("entry {}", old.id);
        let now = self.clock.now_ms();
        let created_at = old.created_at.unwrap_or(now);
        let expires_at = old.expires_ms.map(|ms| created_at.saturating_add(ms));
        if expires_at.is_some_and(|at| at <= now) {
            self.report.lost(BLOCKS, which, "it has expired", "nothing");
            return None;
        }
        let ip = old.ip.as_deref().map(str::trim).filter(|ip| !ip.is_empty());
        let hash = old.phone_hash.as_deref().filter(|hash| !hash.trim().is_empty());
        let (network, phone_hash) = match (ip, hash, row::number(old.phone.as_deref())) {
            (Some(ip), _, _) if ip.parse::<IpAddr>().is_ok() => (Some(ip.to_owned()), None),
            (None, None, Ok(Some(number))) => (None, Some(self.keys.phone_ref(&number.e164))),
            (None, Some(_), _) => {
                self.report.lost(
                    BLOCKS,
                    which,
                    "it is a plain hash of a number, which cannot be turned into ours",
                    "block the number itself, if you know it: POST /v1/blocklist",
                );
                return None;
            }
            (Some(_), _, _) | (None, None, _) => {
                self.report.lost(
                    BLOCKS,
                    which,
                    "it holds neither a number nor an address",
                    "nothing: it blocked nobody",
                );
                return None;
            }
        };
        Some(Entry {
            id,
            phone_hash,
            network,
            prefix: None,
            reason: "brought from CallPower".to_owned(),
            expires_at,
            hits: old.hits.unwrap_or(0).max(0),
            created_at,
        })
    }

    pub(super) async fn bring_users(&mut self) -> Result<(), ImportError> {
        let old = self.source.users().await?;
        self.report.found(USERS, old.len());
        for old in old {
            let id = self.id("user", old.id, old.created_at.unwrap_or(old.id));
            match users::get(self.db, &id).await {
                Ok(_) => self.report.there(USERS, 1),
                Err(StoreError::NotFound) => self.bring_user(&old, id).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn bring_user(&mut self, old: &OldUser, id: String) -> Result<(), ImportError> {
        let name = match line(old.name.as_deref()) {
            name if name.is_empty() => format!("callpower-{}", old.id),
            name => name,
        };
        match users::credentials(self.db, &name).await {
            Ok(_) => {
                self.report.lost(
                    USERS,
                    name,
                    "somebody has this name here",
                    "nothing, if it is the same person",
                );
                return Ok(());
            }
            Err(StoreError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
        let role = match old.role {
            Some(0) => Role::Admin,
            Some(1) => Role::Staff,
            Some(2) => Role::Partner,
            Some(_) | None => Role::Viewer,
        };
        let now = self.clock.now_ms();
        let user = User {
            id,
            name: name.clone(),
            email: line(old.email.as_deref()),
            role,
            enabled: old.status != Some(0),
            password_once: true,
            created_at: old.created_at.unwrap_or(now),
            updated_at: now,
            last_login_at: None,
        };
        self.report.new_ones(USERS, 1);
        self.report.changed(
            USERS,
            name.clone(),
            "passwords cannot be carried over",
            NEW_PASSWORD,
        );
        if role == Role::Partner {
            self.report.changed(
                USERS,
                name,
                "CallPower does not say which campaigns are a partner's own: they have none yet",
                "give them their campaigns: PATCH /v1/users/{id}",
            );
        }
        if self.writes() {
            // Nobody knows this one.
            let hash = password::hash(&password::one_time()?).await?;
            users::create(self.db, &user, &hash, &[]).await?;
        }
        Ok(())
    }
}
