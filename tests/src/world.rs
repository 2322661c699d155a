//! A running Trunkline in a folder of its own, with a key, and what a test sets up through its control API.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::multipart::Form;
use serde_json::{Value, json};
use trunkline_media::tone;
use trunkline_prompts::pcm::wav;

use crate::certificates::Authority;
use crate::ports;
use crate::program::{Program, built, eventually};

/// Where a world keeps its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file in the world's folder.
    Sqlite,
    /// A database of its own on the server of `TRUNKLINE_TEST_POSTGRES_URL`.
    Postgres(String),
}

impl Database {
    /// Both databases; PostgreSQL only where `make test` has started one.
    pub fn all() -> Vec<Database> {
        let mut all = vec![Database::Sqlite];
        match std::env::var("TRUNKLINE_TEST_POSTGRES_URL") {
            Ok(url) => all.push(Database::Postgres(url)),
            Err(_) => {
                eprintln!("skipped on PostgreSQL: TRUNKLINE_TEST_POSTGRES_URL is not set (make test sets it)")
            }
        }
        all
    }
}

/// A running Trunkline.
#[derive(Debug)]
pub struct World {
    /// Its folder; removed with it.
    pub folder: tempfile::TempDir,
    /// The program, unless a test has killed it.
    pub program: Option<Program>,
    /// Its SIP port on 127.0.0.1, UDP and TCP.
    pub sip: u16,
    /// First and last RTP port.
    pub rtp: (u16, u16),
    http: u16,
    key: String,
    client: reqwest::Client,
}

/// What a world speaks beside SIP over UDP and TCP on 127.0.0.1.
#[derive(Clone, Debug, Default)]
pub struct Speaks {
    /// TLS too, on the port after its SIP port.
    pub tls: bool,
    /// The same over IPv6, on `::1`.
    pub ipv6: bool,
    /// Further lines of `[sip]`.
    pub more: String,
}

/// How many RTP ports a world has: enough for 64 bridged calls.
const RTP_PORTS: u16 = 256;
/// A start takes a second; a loaded machine may take longer.
const START: Duration = Duration::from_secs(30);

impl World {
    /// Starts a Trunkline on SQLite.
    pub async fn start() -> Result<World> {
        World::with(&Database::Sqlite).await
    }

    /// Starts a Trunkline on this database.
    pub async fn with(database: &Database) -> Result<World> {
        World::with_ports(database, RTP_PORTS).await
    }

    /// Starts a Trunkline with so many RTP ports.
    pub async fn with_ports(database: &Database, rtp_ports: u16) -> Result<World> {
        World::in_folder(tempfile::tempdir()?, database, rtp_ports, &Speaks::default()).await
    }

    /// Starts a Trunkline on SQLite that speaks more.
    pub async fn that_speaks(speaks: &Speaks) -> Result<World> {
        World::in_folder(tempfile::tempdir()?, &Database::Sqlite, RTP_PORTS, speaks).await
    }

    /// Starts a Trunkline that speaks TLS too, on the port after its SIP port. It has a certificate of the same authority that it
    /// believes, and asks those for who open a connection when `asks`; the authority and its files lie in the world's folder.
    pub async fn with_tls(asks: bool) -> Result<(World, Authority)> {
        let folder = tempfile::tempdir()?;
        let authority = Authority::new(folder.path())?;
        let (certificate, key) = authority.issue("trunkline.example")?;
        let mut files = format!(
            "tls_cert = \"{}\"\ntls_key = \"{}\"\n",
            certificate.display(),
            key.display()
        );
        let believed = authority.certificate.display();
        writeln!(files, "tls_ca = \"{believed}\"")?;
        if asks {
            writeln!(files, "tls_client_ca = \"{believed}\"")?;
        }
        let speaks = Speaks {
            tls: true,
            more: files,
            ..Speaks::default()
        };
        let world = World::in_folder(folder, &Database::Sqlite, RTP_PORTS, &speaks).await?;
        Ok((world, authority))
    }

    async fn in_folder(
        folder: tempfile::TempDir,
        database: &Database,
        rtp_ports: u16,
        speaks: &Speaks,
    ) -> Result<World> {
        let (http, sip, rtp) = (ports::free(2), ports::free(2), ports::free(rtp_ports));
        let url = match database {
            Database::Sqlite => format!("sqlite://{}", folder.path().join("trunkline.db").display()),
            Database::Postgres(server) => fresh_database(server).await?,
        };
        let mut config = String::new();
        writeln!(
            config,
            "[database]\nurl = \"{url}\"\n[http]\nlisten = \"127.0.0.1:{http}\""
        )?;
        writeln!(
            config,
            "[sip]\nlisten = [{}]\n{}",
            listen(sip, speaks),
            speaks.more
        )?;
        writeln!(
            config,
            "[rtp]\nports = \"{rtp}-{}\"\n[node]\nid = \"gw1\"\n[outbound]\nallow = [\"127.0.0.1/32\"]",
            rtp + rtp_ports - 1
        )?;
        fs::write(folder.path().join("trunkline.toml"), config)?;
        let key = Command::new(built("trunkline"))
            .args([
                "key",
                "create",
                "--name",
                "tests",
                "--scope",
                "admin",
                "--config",
                "trunkline.toml",
            ])
            .current_dir(folder.path())
            .output()?;
        ensure!(
            key.status.success(),
            "no key: {}",
            String::from_utf8_lossy(&key.stderr)
        );
        let key = String::from_utf8(key.stdout)?.trim().to_owned();
        let rtp = (rtp, rtp + rtp_ports - 1);
        let client = trunkline_control_api::outbound::loopback_client();
        let mut world = World {
            folder,
            program: None,
            sip,
            rtp,
            http,
            key,
            client,
        };
        world.serve().await?;
        Ok(world)
    }

    /// Starts the program (again) and waits until it is ready.
    pub async fn serve(&mut self) -> Result<()> {
        let mut command = Command::new(built("trunkline"));
        command
            .args(["serve", "--config", "trunkline.toml"])
            .current_dir(self.path());
        self.program = Some(Program::start("trunkline", &mut command, self.folder.path())?);
        let url = self.url("/readyz");
        let client = self.client.clone();
        let ready = eventually("trunkline is ready", START, async || {
            client
                .get(&url)
                .send()
                .await
                .is_ok_and(|r| r.status().is_success())
        });
        ready.await.with_context(|| self.printed())
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.program = None;
    }

    /// What the program has printed.
    pub fn printed(&self) -> String {
        self.program.as_ref().map_or_else(String::new, Program::printed)
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file in its folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The address of a path of its HTTP side.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.http)
    }

    /// GET, with the key.
    pub async fn get(&self, path: &str) -> Result<Value> {
        answer(path, self.client.get(self.url(path)).bearer_auth(&self.key)).await
    }

    /// GET of a text, with the key.
    pub async fn text(&self, path: &str) -> Result<String> {
        Ok(self
            .client
            .get(self.url(path))
            .bearer_auth(&self.key)
            .send()
            .await?
            .error_for_status()?
            .text()
            .await?)
    }

    /// POST of JSON, with the key.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value> {
        answer(
            path,
            self.client
                .post(self.url(path))
                .bearer_auth(&self.key)
                .json(&body),
        )
        .await
    }

    /// PUT of JSON, with the key.
    pub async fn put(&self, path: &str, body: Value) -> Result<Value> {
        answer(
            path,
            self.client.put(self.url(path)).bearer_auth(&self.key).json(&body),
        )
        .await
    }

    /// PATCH, with the key; the answer, which must be good.
    pub async fn patch(&self, path: &str, body: Value) -> Result<Value> {
        answer(
            path,
            self.client
                .patch(self.url(path))
                .bearer_auth(&self.key)
                .json(&body),
        )
        .await
    }

    /// DELETE, with the key.
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.client
            .delete(self.url(path))
            .bearer_auth(&self.key)
            .send()
            .await?
            .error_for_status()?;
        Ok(())
    }

    /// Uploads a tone as a prompt of a campaign.
    pub async fn tone_prompt(&self, campaign: &str, key: &str, hz: f64, ms: usize) -> Result<()> {
        self.upload(campaign, key, tone_file(hz, ms)).await?;
        Ok(())
    }

    /// Uploads a file as a prompt of a campaign; answers the version.
    pub async fn upload(&self, campaign: &str, key: &str, file: Vec<u8>) -> Result<Value> {
        // The name is wrong for most: what counts is what is in it.
        let file = reqwest::multipart::Part::bytes(file).file_name("recording.bin");
        self.prompt(campaign, key, |form| form.part("file", file)).await
    }

    /// Writes a prompt that is spoken; answers the version.
    pub async fn spoken_prompt(&self, campaign: &str, key: &str, text: &str) -> Result<Value> {
        let text = text.to_owned();
        self.prompt(campaign, key, |form| form.text("text", text)).await
    }

    async fn prompt(&self, campaign: &str, key: &str, with: impl FnOnce(Form) -> Form) -> Result<Value> {
        let form = Form::new()
            .text("key", key.to_owned())
            .text("language", "en")
            .text("campaign_id", campaign.to_owned());
        let form = with(form);
        let prompt = answer(
            "/v1/prompts",
            self.client
                .post(self.url("/v1/prompts"))
                .bearer_auth(&self.key)
                .multipart(form),
        )
        .await?;
        ensure!(prompt["id"].is_string(), "{prompt}");
        Ok(prompt)
    }

    /// `trunkline import KIND FILE` of this text.
    pub fn import(&self, kind: &str, text: &str) -> Result<()> {
        let file = self.file(&format!("{kind}.csv"));
        fs::write(&file, text)?;
        let done = Command::new(built("trunkline"))
            .args(["import", kind, "--config", "trunkline.toml"])
            .arg(&file)
            .current_dir(self.path())
            .output()?;
        ensure!(
            done.status.success(),
            "import {kind}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        Ok(())
    }

    /// Waits until GET `path` satisfies `holds`; returns the last answer.
    pub async fn until(&self, path: &str, limit: Duration, holds: impl Fn(&Value) -> bool) -> Result<Value> {
        let mut last = Value::Null;
        let done = eventually(path, limit, async || {
            last = self
                .get(path)
                .await
                .unwrap_or_else(|e| json!({ "error": e.to_string() }));
            holds(&last)
        });
        let result = done.await;
        result.with_context(|| format!("the last answer was {last:#}\n{}", self.printed()))?;
        Ok(last)
    }
}

async fn answer(path: &str, request: reqwest::RequestBuilder) -> Result<Value> {
    let response = request.send().await.with_context(|| path.to_owned())?;
    let status = response.status();
    let text = response.text().await?;
    ensure!(status.is_success(), "{path}: {status}: {text}");
    if text.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).with_context(|| format!("{path}: {text}"))
}

fn listen(sip: u16, speaks: &Speaks) -> String {
    let mut all = vec![format!("udp:127.0.0.1:{sip}"), format!("tcp:127.0.0.1:{sip}")];
    if speaks.tls {
        all.push(format!("tls:127.0.0.1:{}", sip + 1));
    }
    if speaks.ipv6 {
        all.extend([format!("udp:[::1]:{sip}"), format!("tcp:[::1]:{sip}")]);
    }
    let quoted: Vec<String> = all.iter().map(|one| format!("\"{one}\"")).collect();
    quoted.join(", ")
}

async fn fresh_database(server: &str) -> Result<String> {
    use sqlx::{Connection, Executor};
    let name = format!("e2e_{}_{}", std::process::id(), ports::free(2));
    let mut connection = sqlx::PgConnection::connect(server).await?;
    connection
        .execute(sqlx::AssertSqlSafe(format!("create database {name}")))
        .await?;
    connection.close().await?;
    let (base, _) = server
        .rsplit_once('/')
        .context("a PostgreSQL address ends with a database")?;
    Ok(format!("{base}/{name}"))
}

/// A WAV file with a tone.
pub fn tone_file(hz: f64, ms: usize) -> Vec<u8> {
    wav(&tone::sine(hz, 8_000.0, ms * 8), 8_000)
}
