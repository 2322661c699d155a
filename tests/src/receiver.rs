//! A receiver on loopback, of webhooks or of texts to speak: takes every POST, answers all alike, and keeps the bodies in the order
//! they came.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longest body that is read.
const MAX_BODY: usize = 65_536;

/// A receiver; gone when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    /// Where it listens.
    pub url: String,
    bodies: Arc<Mutex<Vec<Value>>>,
    listening: JoinHandle<()>,
}

impl Receiver {
    /// Listens on a free port and answers 204.
    pub async fn start() -> Result<Receiver> {
        Receiver::that_answers(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()).await
    }

    /// Listens on a free port and answers this WAV file.
    pub async fn that_speaks(wav: &[u8]) -> Result<Receiver> {
        let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", wav.len()).into_bytes();
        answer.extend_from_slice(wav);
        Receiver::that_answers(answer).await
    }

    async fn that_answers(answer: Vec<u8>) -> Result<Receiver> {
        let answer: Arc<[u8]> = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/hook", listener.local_addr()?);
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                // A sender that goes away in the middle delivers again.
                tokio::spawn(async move { take(stream, &kept, &answer).await.ok() });
            }
        });
        Ok(Receiver {
            url,
            bodies,
            listening,
        })
    }

    /// What came so far.
    pub fn bodies(&self) -> Vec<Value> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What came so far of one type.
    pub fn of(&self, kind: &str) -> Vec<Value> {
        let mut bodies = self.bodies();
        bodies.retain(|body| body["type"] == kind);
        bodies
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Requests of one connection, one after the other.
async fn take(stream: TcpStream, kept: &Mutex<Vec<Value>>, answer: &[u8]) -> Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse::<usize>()?.min(MAX_BODY);
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let body = serde_json::from_slice(&body).context("a body is JSON")?;
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        stream.write_all(answer).await?;
    }
}
