//! `[storage]`: the bucket that nodes share, where there is one.

use std::fmt;

use url::Url;

use super::source::{ConfigError, Source};

/// Where buckets are that say nothing else.
const REGION: &str = "us-east-1";

/// `[storage]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storage {
    /// `url` and what belongs to it; none is the node's folder alone.
    pub bucket: Option<BucketConfig>,
}

/// A bucket of an S3-compatible store.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketConfig {
    /// `url`: `s3://NAME/PREFIX`
    pub name: String,
    /// Before the name of every object; may be empty.
    pub prefix: String,
    /// `endpoint`: where the store is, when it is not Amazon's.
    pub endpoint: Option<Url>,
    /// `region`
    pub region: String,
    /// `access_key_id` and `secret_access_key`; none are those of the machine that we run on, at Amazon.
    pub credentials: Option<(String, String)>,
    /// `allow_http`: for a store in one's own network.
    pub allow_http: bool,
}

/// It holds a secret.
impl fmt::Debug for BucketConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BucketConfig(s3://{}/{})", self.name, self.prefix)
    }
}

impl Storage {
    pub(super) fn read(source: &Source) -> Result<Storage, ConfigError> {
        let id = source.text("storage", "access_key_id")?;
        let secret = source.text("storage", "secret_access_key")?;
        let credentials = match (id, secret) {
            (Some(id), Some(secret)) => Some((id, secret)),
            (None, None) => None,
            (None | Some(_), None | Some(_)) => return Err(ConfigError::StorageKey),
        };
        let endpoint = source.url("storage", "endpoint")?;
        let allow_http = source.switch("storage", "allow_http")?.unwrap_or(false);
        if !allow_http && endpoint.as_ref().is_some_and(|url| url.scheme() == "http") {
            return Err(ConfigError::StorageHttp);
        }
        let region = source
            .name("storage", "region")?
            .unwrap_or_else(|| REGION.to_owned());
        let Some((name, prefix)) = source.bucket("storage", "url")? else {
            return Ok(Storage::default());
        };
        Ok(Storage {
            bucket: Some(BucketConfig {
                name,
                prefix,
                endpoint,
                region,
                credentials,
                allow_http,
            }),
        })
    }
}
