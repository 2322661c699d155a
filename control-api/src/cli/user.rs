//! `trunkline user create`: makes somebody who can log in, and prints their password once. So the first admin comes to be.

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{Configured, audited, output};
use crate::clock::Clock;
use crate::privacy::{self, password};
use crate::store::audit;
use crate::store::users::{self, Role};
use crate::store::{Db, StoreError};

/// Longest name.
const MAX_NAME: usize = 100;

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make somebody who can log in; prints their password once, to be changed at the first login
    #[command(after_help = "Example:\n  trunkline user create --name ada --role admin")]
    Create(Create),
}

#[derive(Debug, clap::Args)]
pub(super) struct Create {
    /// What they log in with
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: String,
    /// What they may do
    #[arg(long, value_name = "ROLE")]
    role: Word,
    /// Their e-mail address
    #[arg(long, value_name = "ADDRESS", default_value = "")]
    email: String,
    #[command(flatten)]
    configured: Configured,
}

/// Roles; a partner needs campaigns and is made through the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Word {
    /// Everything
    Admin,
    /// Everything but users, keys, trunks, routes and numbers
    Staff,
    /// Reads
    Viewer,
}

impl Word {
    fn role(self) -> Role {
        match self {
            Word::Admin => Role::Admin,
            Word::Staff => Role::Staff,
            Word::Viewer => Role::Viewer,
        }
    }
}

impl User {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            User::Create(create) => create.run().await,
        }
    }
}

impl Create {
    async fn run(self) -> anyhow::Result<()> {
        let config = self.configured.load()?;
        let db = Db::open(&config.database.url).await?;
        let made = make(&db, &self.name, &self.email, self.role.role()).await;
        db.close().await;
        output::line(&made?)
    }
}

/// Answers the password.
async fn make(db: &Db, name: &str, email: &str, role: Role) -> anyhow::Result<String> {
    let clock = Clock::system(privacy::random_seed()?);
    let password = password::one_time()?;
    let hash = password::hash(&password).await?;
    let now = clock.now_ms();
    let row = users::User {
        id: clock.new_id().to_string(),
        name: name.to_owned(),
        email: email.to_owned(),
        role,
        enabled: true,
        password_once: true,
        created_at: now,
        updated_at: now,
        last_login_at: None,
    };
    let after = json!({"name": row.name, "role": row.role});
    let entry = audited::made(&clock, "trunkline user create", "users", &row.id, after);
    users::create(db, &row, &hash, &[])
            .await
            .map_err(|error| match error {
                StoreError::Conflict { .. } => anyhow::anyhow!(
                    "somebody is called {:?} already: choose another name, or POST /v1/users/{{id}}/reset_password",
                    row.name
                ),
                error @ (StoreError::NotFound
                | StoreError::Reference
                | StoreError::Busy(_)
                | StoreError::Broken(_)) => anyhow::anyhow!("nobody was made: {error}"),
            })?;
    audit::create(db, &entry).await?;
    Ok(password)
}

fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_NAME || text.chars().any(char::is_control) {
        return Err(format!("1 to {MAX_NAME} characters"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Page, testing};

    #[test]
    fn somebody_is_made_who_must_change_their_password() {
        testing::check(|db| async move {
            let password = make(&db, "ada", "ada@example.org", Role::Admin).await.unwrap();
            let made = users::credentials(&db, "ada").await.unwrap();
            assert!(password::is_right(&password, Some(made.hash)).await);
            let user = made.user;
            assert_eq!(
                (user.role, user.enabled, user.password_once),
                (Role::Admin, true, true)
            );
            assert_eq!(user.email, "ada@example.org");
            let rows = audit::list(&db, &audit::Filter::default(), &Page::default())
                .await
                .unwrap()
                .items;
            let row = &rows[0];
            assert_eq!((rows.len(), row.actor_kind.as_str()), (1, "command"));
            assert_eq!(row.actor, "trunkline user create");
            assert_eq!(
                (row.noun.as_str(), row.noun_id.as_ref()),
                ("users", Some(&user.id))
            );
            assert!(!format!("{row:?}").contains(&password));
            let again = make(&db, "ada", "", Role::Viewer).await.unwrap_err().to_string();
            assert!(again.contains("somebody is called \"ada\" already"), "{again}");
        });
    }

    #[test]
    fn names_are_short_and_on_one_line() {
        assert_eq!(name(" ada ").as_deref(), Ok("ada"));
        assert!(name(" ").is_err() && name("a\nb").is_err() && name(&"x".repeat(101)).is_err());
    }
}
