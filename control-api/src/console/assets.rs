//! Style sheet, scripts and icon, from within the binary. Their addresses change with their content, so browsers keep them for good.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use super::Console;

/// A file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

macro_rules! asset {
    ($name:literal, $kind:literal) => {
        Asset {
            name: $name,
            kind: $kind,
            text: include_str!(concat!("assets/", $name)),
        }
    };
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

static ASSETS: [Asset; 6] = [
    asset!("console.css", "text/css; charset=utf-8"),
    asset!("icon.svg", "image/svg+xml"),
    Asset {
        kind: SCRIPT,
        ..asset!("console.js", "")
    },
    Asset {
        kind: SCRIPT,
        ..asset!("live.js", "")
    },
    Asset {
        kind: SCRIPT,
        ..asset!("order.js", "")
    },
    Asset {
        kind: SCRIPT,
        ..asset!("recorder.js", "")
    },
];

/// One version for all: a script may import another by its plain name.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in &ASSETS {
        hash.update(asset.text.as_bytes());
    }
    hex::encode(hash.finalize()).chars().take(12).collect()
});

/// The address of a file.
pub(super) fn url(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

/// The files.
pub(super) fn routes() -> Router<Console> {
    Router::new().route("/assets/{version}/{name}", get(asset))
}

async fn asset(Path((_, name)): Path<(String, String)>) -> Response {
    match ASSETS.iter().find(|asset| asset.name == name) {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, asset.kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            asset.text,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
