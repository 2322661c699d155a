//! The geocoder against a local server that answers as Nominatim does, and as it should not.

use axum::Router;
use axum::extract::RawQuery;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

use super::*;
use crate::outbound::MAX_ANSWER_BYTES;

const HIT: &str = r#"{"lat": "36.65", "lon": "-87.46", "display_name": "x", "address": {"postcode": "42223", "country_code": "us"}}"#;

/// Serves `/geo/search` and `/geo/reverse`; answers the base address.
async fn serve() -> Url {
    let search = |RawQuery(query): RawQuery| async move {
        let query = query.unwrap_or_default();
        assert!(query.starts_with("format=jsonv2&addressdetails=1&q="), "{query}");
        assert!(query.ends_with("&countrycodes=us&limit=1"), "{query}");
        let asked = query
            .split("&q=")
            .nth(1)
            .unwrap_or_default()
            .split('&')
            .next()
            .unwrap_or_default();
        match asked {
            "nowhere" => "[]".into_response(),
            "long" => "[".repeat(MAX_ANSWER_BYTES + 1).into_response(),
            "broken" => "<html>".into_response(),
            "elsewhere" => (StatusCode::FOUND, [(header::LOCATION, "/geo/reverse")]).into_response(),
            "down" => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            _ => format!("[{HIT}]").into_response(),
        }
    };
    let reverse = |RawQuery(query): RawQuery| async move {
        if query.unwrap_or_default().ends_with("&lat=0&lon=0") {
            r#"{"error": "Unable to geocode"}"#.to_owned()
        } else {
            HIT.to_owned()
        }
    };
    let app = Router::new()
        .route("/geo/search", get(search))
        .route("/geo/reverse", get(reverse));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/geo/").parse().expect("an address")
}

/// A server of our own, in a network that is allowed.
fn near(base: Url) -> Nominatim {
    let loopback = "127.0.0.0/8".parse().expect("a network");
    Nominatim::new(base, Outbound::new(&[loopback]))
}

fn point(lat: f64, lon: f64) -> Point {
    Point::new(lat, lon).expect("a point")
}

#[tokio::test]
async fn addresses_and_points_become_places() {
    let geocoder = near(serve().await);
    let expect = Place {
        point: point(36.65, -87.46),
        country: "us".to_owned(),
        postal_code: "42223".to_owned(),
    };
    let found = geocoder
        .search("us", "1 Main St, Fort Campbell")
        .await
        .expect("an answer");
    assert_eq!(found, Some(expect.clone()));
    assert_eq!(geocoder.search("us", "nowhere").await.expect("an answer"), None);
    let found = geocoder.reverse(point(36.6, -87.4)).await.expect("an answer");
    assert_eq!(
        found,
        Some(Place {
            point: point(36.6, -87.4),
            ..expect
        })
    );
    assert_eq!(geocoder.reverse(point(0.0, 0.0)).await.expect("an answer"), None);
}

#[tokio::test]
async fn what_is_no_answer_is_an_error() {
    let geocoder = near(serve().await);
    for (asked, expect) in [
        ("elsewhere", "the geocoder answered status 302"),
        ("down", "the geocoder answered status 503"),
    ] {
        let said = geocoder.search("us", asked).await.expect_err(asked).to_string();
        assert_eq!(said, expect, "{asked}");
    }
    for asked in ["broken", "long"] {
        let said = geocoder.search("us", asked).await;
        assert!(matches!(said, Err(GeocoderError::Answer(_))), "{asked}");
    }
    let gone = near("http://127.0.0.1:1/".parse().expect("an address"));
    let said = gone
        .search("us", "secret street")
        .await
        .expect_err("nobody there")
        .to_string();
    assert!(!said.contains("secret"), "nobody's address is told on: {said}");
}

#[tokio::test]
async fn a_server_in_our_own_network_is_asked_only_where_that_is_allowed() {
    let base = serve().await;
    let closed = Nominatim::new(base, Outbound::new(&[]));
    assert!(matches!(
        closed.reverse(point(1.0, 1.0)).await,
        Err(GeocoderError::Outbound(_))
    ));
    for url in [
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://user:pass@127.0.0.1/",
    ] {
        let geocoder = Nominatim::new(url.parse().expect("an address"), Outbound::new(&[]));
        let said = geocoder.reverse(point(1.0, 1.0)).await;
        assert!(matches!(said, Err(GeocoderError::Outbound(_))), "{url}: {said:?}");
    }
}
