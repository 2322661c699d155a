//! A bucket of an S3-compatible store. Whatever it answers is bounded in size and time, and believed only when its hash is right.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use futures_util::TryStreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{ClientOptions, HttpClient, HttpConnector};
use object_store::path::Path;
use object_store::{BackoffConfig, ObjectStore as _, ObjectStoreExt as _, RetryConfig};
use trunkline_prompts::decode::MAX_BYTES;
use trunkline_prompts::files;

use crate::config::BucketConfig;
use crate::outbound;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest transfer: 32 MiB over a slow line.
const TRANSFER: Duration = Duration::from_secs(60);
/// Tries after the first.
const RETRIES: usize = 2;
/// Between them at first; then twice as long.
const BACK_OFF: Duration = Duration::from_millis(200);
/// How long a bucket that failed is left alone by those who cannot wait.
const REST: Duration = Duration::from_secs(10);
/// Most characters of what the store says.
const MAX_REASON_CHARS: usize = 200;

/// The bucket.
pub(super) struct Bucket {
    store: AmazonS3,
    config: BucketConfig,
    resting: Arc<AtomicBool>,
}

/// Why a bucket did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketError {
    /// It has no such object.
    #[error("the bucket {bucket} has no such recording")]
    Absent {
        /// Its name.
        bucket: String,
    },
    /// What it has is not what was put there.
    #[error("the recording in the bucket {bucket} is damaged: upload it again")]
    Damaged {
        /// Its name.
        bucket: String,
    },
    /// It cannot be reached, or refuses us.
    #[error("the bucket {bucket} cannot be used: {reason}; check [storage], and that the store runs")]
    Failed {
        /// Its name.
        bucket: String,
        /// What was said.
        reason: String,
    },
}

/// Every connection begins as our others do.
#[derive(Debug)]
struct Connector {
    allow_http: bool,
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        // Plain http needs no certificates, and may be where none are installed.
        let client = outbound::base(!self.allow_http)
            .https_only(!self.allow_http)
            .connect_timeout(CONNECT)
            .timeout(TRANSFER)
            .build();
        client
            .map(HttpClient::new)
            .map_err(|error| object_store::Error::Generic {
                store: "S3",
                source: Box::new(error),
            })
    }
}

impl Bucket {
    /// As it is configured; nothing is asked yet.
    pub(super) fn new(config: &BucketConfig) -> Result<Bucket, BucketError> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&config.name)
            .with_region(&config.region)
            .with_allow_http(config.allow_http)
            // Not every S3-compatible store has the call that deletes many.
            .with_disable_bulk_delete(true)
            .with_http_connector(Connector {
                allow_http: config.allow_http,
            })
            .with_retry(RetryConfig {
                backoff: BackoffConfig {
                    init_backoff: BACK_OFF,
                    ..BackoffConfig::default()
                },
                max_retries: RETRIES,
                retry_timeout: TRANSFER,
            });
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
        }
        if let Some((id, secret)) = &config.credentials {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret);
        }
        let store = builder.build().map_err(|error| failed(config, &error))?;
        Ok(Bucket {
            store,
            config: config.clone(),
            resting: Arc::default(),
        })
    }

    /// Writes the bytes, over what is there.
    pub(super) async fn put(&self, hash: &str, bytes: Bytes) -> Result<(), BucketError> {
        let put = self.store.put(&self.path(hash), bytes.into()).await;
        put.map(drop).map_err(|error| failed(&self.config, &error))
    }

    /// Whether there is an object; its bytes are not looked at.
    pub(super) async fn has(&self, hash: &str) -> Result<bool, BucketError> {
        match self.store.head(&self.path(hash)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.error(&error)),
        }
    }

    /// The bytes, which have this hash.
    pub(super) async fn get(&self, hash: &str) -> Result<Bytes, BucketError> {
        let found = self.store.get(&self.path(hash)).await;
        let mut parts = found.map_err(|error| self.error(&error))?.into_stream();
        let mut bytes = Vec::new();
        while let Some(part) = parts.try_next().await.map_err(|error| self.error(&error))? {
            if bytes.len() + part.len() > MAX_BYTES {
                return Err(self.damaged());
            }
            bytes.extend_from_slice(&part);
        }
        let wanted = hash.to_owned();
        let checked =
            tokio::task::spawn_blocking(move || (files::hash(&bytes) == wanted).then_some(bytes)).await;
        checked
            .ok()
            .flatten()
            .map(Bytes::from)
            .ok_or_else(|| self.damaged())
    }

    /// Takes the object away; none is as well.
    pub(super) async fn remove(&self, hash: &str) -> Result<(), BucketError> {
        match self.store.delete(&self.path(hash)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error(&error)),
        }
    }

    /// Asks for anything at all, to know that it answers and that we may read it. Changes nothing.
    pub(super) async fn look(&self) -> Result<(), BucketError> {
        let prefix = Path::from(self.config.prefix.as_str());
        let listed = self.store.list(Some(&prefix)).try_next().await;
        listed.map(drop).map_err(|error| failed(&self.config, &error))
    }

    /// Whether it failed a moment ago, so that nobody waits for it again who has a caller on the line.
    pub(super) fn is_resting(&self) -> bool {
        self.resting.load(Ordering::Relaxed)
    }

    /// Leaves it alone for a while.
    pub(super) fn rest(&self) {
        self.resting.store(true, Ordering::Relaxed);
        let resting = Arc::clone(&self.resting);
        tokio::spawn(async move {
            tokio::time::sleep(REST).await;
            resting.store(false, Ordering::Relaxed);
        });
    }

    /// As in the folder: the first two digits apart.
    fn path(&self, hash: &str) -> Path {
        let (folder, name) = hash.split_at_checked(2).unwrap_or((hash, ""));
        Path::from_iter(
            self.config
                .prefix
                .split('/')
                .filter(|part| !part.is_empty())
                .chain([folder, name]),
        )
    }

    fn damaged(&self) -> BucketError {
        BucketError::Damaged {
            bucket: self.config.name.clone(),
        }
    }

    fn error(&self, error: &object_store::Error) -> BucketError {
        if let object_store::Error::NotFound { .. } = error {
            return BucketError::Absent {
                bucket: self.config.name.clone(),
            };
        }
        failed(&self.config, error)
    }
}

/// One line, and no longer than somebody reads.
fn failed(config: &BucketConfig, error: &object_store::Error) -> BucketError {
    let words: Vec<String> = error.to_string().split_whitespace().map(str::to_owned).collect();
    BucketError::Failed {
        bucket: config.name.clone(),
        reason: words.join(" ").chars().take(MAX_REASON_CHARS).collect(),
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.config.name)
    }
}
