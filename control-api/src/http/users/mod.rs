//! /v1/users: people who log in, and their roles.

mod create;
mod delete;
mod get;
mod input;
mod list;
mod patch;
mod reset;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Kind, Problem};
use super::time::Time;
use crate::runtime::App;
use crate::store;
use crate::store::users::Role;
pub(crate) use input::campaigns;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_users, create::create_user))
        .routes(routes!(get::get_user, patch::patch_user, delete::delete_user))
        .routes(routes!(reset::reset_password))
}

/// A person, without the password.
#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    id: String,
    /// What they log in with.
    name: String,
    email: String,
    /// `admin`, `staff`, `partner`, `viewer`
    role: Role,
    /// A partner's own campaigns, by id.
    campaigns: Vec<String>,
    /// Whether they may log in.
    enabled: bool,
    /// The password was made for them and is to be changed at the next login.
    password_once: bool,
    created_at: Time,
    updated_at: Time,
    last_login_at: Option<Time>,
}

/// A person with a password that was made for them.
#[derive(Serialize, ToSchema)]
pub(crate) struct WithPassword {
    #[serde(flatten)]
    user: User,
    /// To be changed at the first login. This is the only time that it is shown. Null when the request gave one.
    #[schema(example = "abcd-efgh-jkmn-pqrs")]
    password: Option<String>,
}

impl User {
    async fn of(app: &App, row: store::users::User) -> Result<User, Problem> {
        let campaigns = store::grants::of(app.db(), &row.id).await?;
        Ok(User {
            id: row.id,
            name: row.name,
            email: row.email,
            role: row.role,
            campaigns,
            enabled: row.enabled,
            password_once: row.password_once,
            created_at: Time(row.created_at),
            updated_at: Time(row.updated_at),
            last_login_at: row.last_login_at.map(Time),
        })
    }
}

/// Refuses to shut the last admin out.
async fn not_the_last_admin(app: &App, id: &str) -> Result<(), Problem> {
    match store::users::has_other_admin(app.db(), id).await? {
        true => Ok(()),
        false => Err(Problem::new(
            Kind::Conflict,
            "this is the only admin who can log in: make another one first (POST /v1/users)",
        )),
    }
}
