//! GET /livez: the process answers.

/// Whether the program lives.
#[utoipa::path(
    get,
    path = "/livez",
    tag = "system",
    responses((status = 200, description = "It lives.", body = str, content_type = "text/plain", example = "ok\n"))
)]
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}
