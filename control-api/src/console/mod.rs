//! The console: pages for campaigners and operators, at `/`. Made by the server, whole without scripting; scripts add what must live.
//!
//! A page is a client of the control API: it asks the API's own routes, in this process, as the person who has logged in
//! (`visitor.api`). So rights, checks and audit are those of `/v1`, and nothing is written twice. No SQL, no store here.
//!
//! ```text
//! door      who comes: cookie, language, where a form came from; the headers of every page
//! layout    the frame of a page; `parts` and `forms` what it is made of; `chart` its pictures
//! live      when something has happened, a word to the page, which then asks for itself again
//! ```

mod api;
mod assets;
mod campaigns;
mod chart;
mod door;
mod entrance;
mod forms;
mod home;
mod layout;
mod live;
mod operations;
mod parts;
mod say;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};

use crate::http::extract::auth::Identity;
use crate::http::local::{Local, Refused};
use crate::runtime::App;

pub(crate) use entrance::first_admin_link;

/// What every page needs.
#[derive(Clone)]
pub(crate) struct Console {
    app: App,
    /// The API's routes; by nobody, until a visitor is known.
    routes: Local,
}

impl FromRef<Console> for App {
    fn from_ref(console: &Console) -> App {
        console.app.clone()
    }
}

/// What a page answers: itself, or why not, which becomes a page as well.
pub(crate) type Answer = Result<Response, Refused>;

/// A refusal goes to `door`, which knows who asked and in which language.
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Every page.
pub(crate) fn routes(app: &App) -> Router<App> {
    let console = Console {
        app: app.clone(),
        routes: Local::of(app.clone(), Identity::of_command("the console")),
    };
    let inside = Router::new()
        .merge(home::routes())
        .merge(campaigns::routes())
        .merge(live::routes())
        .merge(operations::routes())
        .merge(entrance::inside())
        .route_layer(from_fn_with_state(console.clone(), door::inside));
    Router::new()
        .merge(inside)
        .merge(entrance::outside())
        .merge(assets::routes())
        .route_layer(from_fn_with_state(console.clone(), door::everywhere))
        .with_state(console)
}
