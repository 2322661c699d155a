//! The bucket against a real S3 server that is not ours (s3s), on loopback.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use trunkline_prompts::files;

use super::*;

/// A server with one bucket, `prompts`.
struct S3 {
    address: SocketAddr,
    folder: tempfile::TempDir,
    running: JoinHandle<()>,
}

impl S3 {
    async fn start() -> S3 {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("prompts")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single("me", "guess"));
        let service = service.build();
        let running = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let server = Builder::new(TokioExecutor::new());
                    drop(server.serve_connection(TokioIo::new(stream), service).await);
                });
            }
        });
        S3 {
            address,
            folder,
            running,
        }
    }

    fn config(&self, folder: &Path, secret: &str) -> Config {
        let text = format!(
            "[node]\ndata_dir = {:?}\n[storage]\nurl = \"s3://prompts/calls\"\nendpoint = \"http://{}\"\nallow_http = true\n\
             access_key_id = \"me\"\nsecret_access_key = \"{secret}\"\n",
            folder.display().to_string(),
            self.address
        );
        Config::parse(Some((Path::new("t.toml"), &text)), []).unwrap()
    }

    /// A node with a folder of its own.
    fn node(&self) -> Node {
        let folder = tempfile::tempdir().unwrap();
        let audio = AudioStore::open(&self.config(folder.path(), "guess")).unwrap();
        Node {
            audio,
            _folder: folder,
        }
    }

    /// Where the server keeps an object.
    fn object(&self, hash: &str) -> std::path::PathBuf {
        self.folder
            .path()
            .join("prompts/calls")
            .join(&hash[..2])
            .join(&hash[2..])
    }
}

struct Node {
    audio: AudioStore,
    _folder: tempfile::TempDir,
}

fn only(hash: &str) -> BTreeSet<String> {
    BTreeSet::from([hash.to_owned()])
}

const SOUND: Bytes = Bytes::from_static(b"a recording");

#[tokio::test]
async fn what_one_node_is_sent_every_node_has() {
    let s3 = S3::start().await;
    let (first, second) = (s3.node(), s3.node());
    let hash = first.audio.put(SOUND).await.unwrap();
    assert_eq!(std::fs::read(s3.object(&hash)).unwrap(), SOUND);
    assert!(second.audio.missing(only(&hash)).await.is_empty());
    assert!(second.audio.files().get(&hash).is_err(), "only looked for");
    second.audio.bring(only(&hash)).await;
    assert_eq!(second.audio.files().get(&hash).unwrap(), SOUND);
    assert_eq!(s3.node().audio.get(&hash).await.unwrap(), SOUND);
    let unknown = files::hash(b"another");
    assert!(matches!(first.audio.get(&unknown).await, Err(AudioError::Absent)));
    assert_eq!(first.audio.missing(only(&unknown)).await, only(&unknown));
    // Taken away, and put again by somebody who had it still.
    first.audio.remove(&hash).await.unwrap();
    first.audio.remove(&hash).await.unwrap();
    assert!(!s3.object(&hash).exists());
    second.audio.put(SOUND).await.unwrap();
    assert!(s3.object(&hash).exists());
}

#[tokio::test]
async fn a_damaged_object_is_never_played() {
    let s3 = S3::start().await;
    let (first, second) = (s3.node(), s3.node());
    let hash = first.audio.put(SOUND).await.unwrap();
    for damaged in [&b"a recordinG"[..], b"", &[0; 100_000]] {
        std::fs::write(s3.object(&hash), damaged).unwrap();
        let error = second.audio.get(&hash).await.unwrap_err().to_string();
        assert!(error.contains("damaged: upload it again"), "{error}");
        assert!(second.audio.files().get(&hash).is_err());
    }
    // The advice is good.
    second.audio.put(SOUND).await.unwrap();
    assert_eq!(s3.node().audio.get(&hash).await.unwrap(), SOUND);
}

#[tokio::test]
async fn a_bucket_that_is_away_is_one_clear_error_and_stops_nobody_for_long() {
    let s3 = S3::start().await;
    let (first, second) = (s3.node(), s3.node());
    let hash = first.audio.put(SOUND).await.unwrap();
    let there = tempfile::tempdir().unwrap();
    assert_eq!(
        AudioStore::look(&s3.config(there.path(), "guess"))
            .await
            .unwrap()
            .map_err(|e| e.to_string()),
        Ok(())
    );
    let wrong = AudioStore::look(&s3.config(there.path(), "wrong")).await.unwrap();
    let wrong = wrong.unwrap_err().to_string();
    assert!(wrong.contains("the bucket prompts cannot be used"), "{wrong}");
    s3.running.abort();
    assert!(s3.running.await.unwrap_err().is_cancelled());
    let refused = second
        .audio
        .put(Bytes::from_static(b"new"))
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("the bucket prompts cannot be used"), "{refused}");
    assert!(
        refused.contains("check [storage]") && !refused.contains('\n'),
        "{refused}"
    );
    // What is in the folder is played; what is not was surely neither kept nor lost.
    assert_eq!(first.audio.get(&hash).await.unwrap(), SOUND);
    assert!(second.audio.missing(only(&hash)).await.is_empty());
    second.audio.bring(only(&hash)).await;
    assert!(second.audio.files().get(&hash).is_err());
    // Nobody asks again for a while.
    let bucket = second.audio.bucket.clone().unwrap();
    assert!(bucket.is_resting());
}
