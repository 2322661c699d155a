//! Pages of somebody's own site, on an origin of its own, and a real browser that opens them. The pages tell what they show.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::program::{Program, eventually};

/// A browser on a loaded machine takes its time to start.
const BROWSER: Duration = Duration::from_secs(60);
/// Longest request of the page.
const MAX_REQUEST: usize = 64 * 1024;
/// Nothing of the browser's own goes over the network; as root it runs without its sandbox, on pages of ours alone.
pub(crate) const BROWSER_ARGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    // It stays until it is ended, and does not write its page out.
    "--remote-debugging-port=0",
];

/// One page.
#[derive(Clone, Debug)]
pub struct Page {
    /// `/`, `/about`.
    pub path: &'static str,
    /// All of it.
    pub html: String,
    /// Its Content-Security-Policy; empty is none.
    pub policy: String,
}

/// A web site. `GET /shown?TEXT` of a page is kept.
#[derive(Debug)]
pub struct Site {
    port: u16,
    shown: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Site {
    /// Serves this page on a free port of 127.0.0.1.
    pub async fn serve(html: String) -> Result<Site> {
        let page = Page {
            path: "/",
            html,
            policy: String::new(),
        };
        Site::of(vec![page]).await
    }

    /// Serves these pages; `/` is opened first, and leads to the others.
    pub async fn of(pages: Vec<Page>) -> Result<Site> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let pages = Arc::new(pages);
        let shown = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&shown);
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (pages, kept) = (Arc::clone(&pages), Arc::clone(&kept));
                tokio::spawn(async move {
                    // A browser opens connections that it does not use.
                    let _ = answer(&mut stream, &pages, &kept).await;
                });
            }
        });
        Ok(Site { port, shown, server })
    }

    /// Its origin, as browsers name it.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Opens the page in a browser with a profile of its own below `folder`, and waits until it has shown so many things.
    pub async fn open(&self, folder: &Path, count: usize) -> Result<Vec<String>> {
        let mut command = Command::new("chromium");
        command
            .args(BROWSER_ARGS)
            .arg(format!("--user-data-dir={}", folder.join("browser").display()))
            .arg(self.origin());
        let browser = Program::start("chromium", &mut command, folder)?;
        let all = || self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let done = eventually("the page has shown everything", BROWSER, async || {
            all().len() >= count
        })
        .await;
        ensure!(
            done.is_ok(),
            "the page has shown {:#?} only; the browser printed:\n{}",
            all(),
            browser.printed()
        );
        Ok(all())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(stream: &mut TcpStream, pages: &[Page], shown: &Mutex<Vec<String>>) -> Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        ensure!(
            request.len() < MAX_REQUEST,
            "a longer request than the page makes"
        );
        ensure!(stream.read_buf(&mut request).await? > 0, "nothing was asked");
    }
    let text = String::from_utf8_lossy(&request);
    let path = text.split(' ').nth(1).unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let (status, policy, body) = match (path, pages.iter().find(|page| page.path == path)) {
        ("/shown", _) => {
            shown
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(plain(query));
            ("204 No Content", "", "")
        }
        (_, Some(page)) => ("200 OK", page.policy.as_str(), page.html.as_str()),
        (_, None) => ("404 Not Found", "", ""),
    };
    let policy = match policy {
        "" => String::new(),
        policy => format!("Content-Security-Policy: {policy}\r\n"),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n{policy}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    Ok(stream.shutdown().await?)
}

/// Undoes `encodeURIComponent`.
fn plain(encoded: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        let digit = |b: Option<u8>| {
            b.and_then(|b| char::from(b).to_digit(16))
                .and_then(|d| u8::try_from(d).ok())
        };
        match byte {
            b'%' => bytes.push(digit(rest.next()).unwrap_or(0) * 16 + digit(rest.next()).unwrap_or(0)),
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_a_page_says_is_read() {
        assert_eq!(plain("a%20b%3Ac%C3%A9"), "a b:cé");
        assert_eq!(plain("plain"), "plain");
    }
}
