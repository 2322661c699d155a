//! The frame of the OpenAPI document: title, licence, keys. The routes bring the rest.

use std::collections::BTreeMap;

use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, Content, InfoBuilder, License, OpenApi, Ref, RefOr};
use utoipa::{IntoResponses, OpenApi as _};

use super::extract::auth::COOKIE;
use super::problem::{Kind, Problem, ProblemDetails};
use super::time::Time;
use crate::store::sessions::SessionState;

/// Name of the security scheme in the document.
const KEY: &str = "key";

/// Name of the other one: a person who has logged in.
const SESSION: &str = "session";

/// A document without routes.
pub(crate) fn empty() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(components(schemas(ProblemDetails, SessionState, Time)))]
    struct Frame;
    Frame::openapi()
}

/// Puts title, licence and keys into a document that has its routes.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    let mut licence = License::new("AGPL-3.0-or-later");
    licence.identifier = Some("AGPL-3.0-or-later".to_owned());
    document.info = InfoBuilder::new()
        .title("Trunkline control API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("docs.md")))
        .license(Some(licence))
        .build();
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.description = Some(
        "An API key: `Authorization: Bearer tl_…`. Make one with `trunkline key create`, or with POST /v1/keys."
            .to_owned(),
    );
    let cookie = ApiKeyValue::with_description(
        COOKIE,
        "A person who has logged in (POST /v1/login), with a role in place of scopes. Everything but GET needs the header `Trunkline-CSRF: 1` too.",
    );
    let components = document.components.get_or_insert_with(Components::new);
    components.add_security_scheme(KEY, SecurityScheme::Http(scheme));
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let no_scopes: [&str; 0] = [];
    let ours = document
        .paths
        .paths
        .iter_mut()
        .filter(|(path, _)| path.starts_with("/v1/"));
    for (_, item) in ours {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        for security in operations
            .into_iter()
            .flatten()
            .filter_map(|o| o.security.as_mut())
        {
            security.push(SecurityRequirement::new(SESSION, no_scopes));
        }
    }
    // One function may answer GET and POST: each is an operation, with an id of its own.
    for item in document.paths.paths.values_mut() {
        if let (Some(get), Some(post)) = (&mut item.get, &item.post)
            && get.operation_id == post.operation_id
        {
            get.operation_id = post.operation_id.as_ref().map(|id| format!("{id}_by_get"));
        }
    }
    document
}

/// Every route of `/v1` may answer any of these.
impl IntoResponses for Problem {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let details = || Ref::from_schema_name("ProblemDetails");
        Kind::ALL
            .iter()
            .filter(|kind| !matches!(kind, Kind::MethodNotAllowed))
            .map(|kind| {
                let response = ResponseBuilder::new()
                    .description(kind.title())
                    .content("application/problem+json", Content::new(Some(details())))
                    .build();
                (kind.status().as_str().to_owned(), RefOr::T(response))
            })
            .collect()
    }
}
