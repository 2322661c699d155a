//! `Idempotency-Key` where answers have CallPower's form: a page that sends its form twice starts one session.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::super::idempotency;
use super::answer::{self, Fault};
use crate::runtime::App;

/// Wraps the routes. Anybody may ask them: the key is all that tells askers apart, and only the same request gets the answer again.
pub(in crate::http) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let any = HeaderValue::from_static("*");
    match idempotency::layer(State(app), request, next).await {
        Ok(mut response) => {
            // An answer is kept without its headers; a page could not read it.
            if response.headers().contains_key(idempotency::REPLAYED) {
                answer::allow(response.headers_mut(), Some(any));
                let json = HeaderValue::from_static("application/json");
                response.headers_mut().insert(header::CONTENT_TYPE, json);
            }
            response
        }
        Err(problem) => {
            let (status, detail, retry_after_ms) = problem.told();
            let fault = Fault::new(status.as_u16(), detail);
            let fault = match retry_after_ms {
                Some(ms) => fault.retry_after_ms(ms),
                None => fault,
            };
            answer::write(Err(fault), None, Some(any))
        }
    }
}
