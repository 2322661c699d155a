//! From an address or a point to a postal code, by a geocoder with Nominatim's API (`/search`, `/reverse`). Never asked where a postal code
//! is known, and never within a call.

use std::future::Future;
use std::pin::Pin;

use serde::Deserialize;
use url::Url;

use super::Point;
use crate::outbound::{Outbound, OutboundError, Request};

/// Longest address that is asked for.
pub const MAX_ADDRESS_CHARS: usize = 200;

/// What a geocoder knows of a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Where it is.
    pub point: Point,
    /// ISO 3166 in lower case; empty when it does not say.
    pub country: String,
    /// As the country writes it; empty when it does not say.
    pub postal_code: String,
}

/// Why there is no answer. Never says what was asked for: it is where somebody lives.
#[derive(Debug, thiserror::Error)]
pub enum GeocoderError {
    /// Its address may not be asked, or nobody answers.
    #[error("the geocoder cannot be asked: {0}")]
    Outbound(#[from] OutboundError),
    /// `[geocoder] url` cannot have a path.
    #[error("the geocoder's address cannot be used")]
    Address,
    /// Another status than 2xx.
    #[error("the geocoder answered status {0}")]
    Status(u16),
    /// An answer that is none.
    #[error("the geocoder answered what is no answer: {0}")]
    Answer(String),
}

/// An answer to come.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Option<Place>, GeocoderError>> + Send + 'a>>;

/// Something that knows where addresses are.
pub trait Geocoder: Send + Sync {
    /// The place of an address; `None` when there is no such address in that country.
    fn search<'a>(&'a self, country: &'a str, address: &'a str) -> Answer<'a>;
    /// The place at a point.
    fn reverse(&self, point: Point) -> Answer<'_>;
}

/// A server that speaks Nominatim's API.
#[derive(Clone)]
pub struct Nominatim {
    base: Url,
    /// Keeps it out of our own network, unless the operator allows it, and holds its limits of time and size.
    outbound: Outbound,
}

#[derive(Deserialize)]
struct Hit {
    lat: String,
    lon: String,
    #[serde(default)]
    address: Address,
}

#[derive(Default, Deserialize)]
struct Address {
    #[serde(default)]
    postcode: String,
    #[serde(default)]
    country_code: String,
}

impl Nominatim {
    /// A server at `base`.
    pub fn new(base: Url, outbound: Outbound) -> Nominatim {
        Nominatim { base, outbound }
    }

    async fn ask(&self, endpoint: &str, query: &[(&str, &str)]) -> Result<bytes::Bytes, GeocoderError> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| GeocoderError::Address)?
            .pop_if_empty()
            .push(endpoint);
        url.query_pairs_mut()
            .extend_pairs([("format", "jsonv2"), ("addressdetails", "1")])
            .extend_pairs(query);
        // Public servers want to know who asks.
        let agent = concat!("trunkline/", env!("CARGO_PKG_VERSION"));
        let request = Request::get(url.as_str()).header("user-agent", agent);
        let answer = self.outbound.send(request).await?;
        if answer.is_success() {
            Ok(answer.body)
        } else {
            Err(GeocoderError::Status(answer.status))
        }
    }
}

impl Geocoder for Nominatim {
    fn search<'a>(&'a self, country: &'a str, address: &'a str) -> Answer<'a> {
        Box::pin(async move {
            let address: String = address.chars().take(MAX_ADDRESS_CHARS).collect();
            let query = [("q", address.as_str()), ("countrycodes", country), ("limit", "1")];
            let body = self.ask("search", &query).await?;
            let hits: Vec<Hit> = serde_json::from_slice(&body).map_err(no_answer)?;
            hits.into_iter().next().map(place).transpose()
        })
    }

    fn reverse(&self, point: Point) -> Answer<'_> {
        Box::pin(async move {
            let (lat, lon) = (point.lat.to_string(), point.lon.to_string());
            let body = self.ask("reverse", &[("lat", &lat), ("lon", &lon)]).await?;
            let json: serde_json::Value = serde_json::from_slice(&body).map_err(no_answer)?;
            // In the middle of the sea it answers an error and status 200.
            if json.get("error").is_some() {
                return Ok(None);
            }
            let hit: Hit = serde_json::from_value(json).map_err(no_answer)?;
            // The point that was asked for is better than that of the house that was found.
            Ok(Some(Place { point, ..place(hit)? }))
        })
    }
}

fn no_answer(error: serde_json::Error) -> GeocoderError {
    GeocoderError::Answer(error.to_string())
}

fn place(hit: Hit) -> Result<Place, GeocoderError> {
    let point = Point::parse(&format!("{},{}", hit.lat, hit.lon));
    Ok(Place {
        point: point.ok_or_else(|| GeocoderError::Answer("a point that is none".to_owned()))?,
        country: hit.address.country_code.to_lowercase(),
        postal_code: hit.address.postcode,
    })
}

#[cfg(test)]
mod tests;
