//! `trunkline export`: records and calls to stdout, page by page, so that any length fits into memory.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::prompts::campaign;
use super::{Configured, output};
use crate::as_code::{self, Exported};
use crate::audio_store::AudioStore;
use crate::config::Config;
use crate::export::{CALL_COLUMNS, CDR_COLUMNS, CallLine, CdrLine, call_csv, cdr_csv};
use crate::store::{Db, calls, cdrs};

/// Rows fetched at once.
const PAGE: i64 = 1_000;

const SPAN_HELP: &str = "Examples:\n  trunkline export cdrs --since 2026-11-01 --until 2026-12-01 > november.csv\n  \
                         trunkline export calls --format jsonl | jq .outcome";

#[derive(Debug, Subcommand)]
pub(super) enum Export {
    /// Call detail records, one a leg, oldest first
    #[command(after_help = SPAN_HELP)]
    Cdrs(Span),
    /// Calls to targets, oldest first
    #[command(after_help = SPAN_HELP)]
    Calls(Span),
    /// A campaign as a file that `trunkline apply` reads
    #[command(
        after_help = "Examples:\n  trunkline export campaign \"save the library\" > campaign.toml\n  \
                      trunkline export campaign \"save the library\" --out library"
    )]
    Campaign(AsCode),
    /// Everything that `trunkline apply` reads: trunks (without passwords), numbers, routes, prompts, campaigns
    #[command(after_help = "Example:\n  trunkline export setup --out setup")]
    Setup(Setup),
}

#[derive(Debug, clap::Args)]
pub(super) struct AsCode {
    /// Name or id
    #[arg(value_name = "CAMPAIGN")]
    campaign: String,
    #[command(flatten)]
    out: Out,
}

#[derive(Debug, clap::Args)]
pub(super) struct Setup {
    #[command(flatten)]
    out: Out,
}

#[derive(Debug, clap::Args)]
struct Out {
    /// Write into this folder, recordings too
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    configured: Configured,
}

#[derive(Debug, clap::Args)]
pub(super) struct Span {
    /// From this time on: RFC 3339, or a date (UTC)
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<i64>,
    /// Before this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<i64>,
    /// How lines look
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    #[command(flatten)]
    configured: Configured,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// RFC 4180, with a header
    Csv,
    /// One JSON object a line
    Jsonl,
}

impl Export {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Export::Cdrs(span) => all_cdrs(&span.open().await?, &span).await,
            Export::Calls(span) => all_calls(&span.open().await?, &span).await,
            Export::Campaign(of) => of.run().await,
            Export::Setup(of) => of.run().await,
        }
    }
}

impl AsCode {
    async fn run(self) -> anyhow::Result<()> {
        let config = self.out.configured.load()?;
        let db = Db::open(&config.database.url).await?;
        let row = campaign(&db, &self.campaign).await?;
        let exported = as_code::one(&db, &row.name)
            .await?
            .with_context(|| format!("the campaign {:?} was deleted at this moment", row.name))?;
        db.close().await;
        self.out.write(&config, "campaign.toml", &exported).await
    }
}

impl Setup {
    async fn run(self) -> anyhow::Result<()> {
        let config = self.out.configured.load()?;
        let db = Db::open(&config.database.url).await?;
        let exported = as_code::all(&db).await?;
        db.close().await;
        self.out.write(&config, "setup.toml", &exported).await
    }
}

impl Out {
    async fn write(&self, config: &Config, name: &str, exported: &Exported) -> anyhow::Result<()> {
        let Some(folder) = &self.out else {
            return match exported.recordings.len() {
                0 => output::write(&exported.text),
                some => anyhow::bail!("{some} recordings belong to it: give a folder for them with --out"),
            };
        };
        let audio = AudioStore::open(config)?;
        for recording in &exported.recordings {
            let bytes = audio.get(&recording.hash).await.with_context(|| {
                format!(
                    "the recording {} is not in the data folder of this node",
                    recording.path
                )
            })?;
            let path = folder.join(&recording.path);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(path, bytes)?;
        }
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join(name), &exported.text)
            .with_context(|| format!("{} cannot be written", folder.join(name).display()))
    }
}

impl Span {
    async fn open(&self) -> anyhow::Result<Db> {
        Ok(Db::open(&self.configured.load()?.database.url).await?)
    }
}

async fn all_cdrs(db: &Db, span: &Span) -> anyhow::Result<()> {
    header(span.format, CDR_COLUMNS)?;
    let filter = cdrs::Filter {
        since: span.since,
        until: span.until,
        ..cdrs::Filter::default()
    };
    let mut after = None;
    loop {
        let page = cdrs::oldest_first(db, &filter, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some((last.created_at, last.id.to_string()));
        let mut text = String::new();
        for cdr in &page {
            match span.format {
                Format::Csv => text.push_str(&cdr_csv(cdr)?),
                Format::Jsonl => text.push_str(&json_line(&CdrLine::from(cdr))?),
            }
        }
        output::write(&text)?;
    }
}

async fn all_calls(db: &Db, span: &Span) -> anyhow::Result<()> {
    header(span.format, CALL_COLUMNS)?;
    let filter = calls::Filter {
        since: span.since,
        until: span.until,
        ..calls::Filter::default()
    };
    let mut after = None;
    loop {
        let page = calls::oldest_first(db, &filter, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some((last.started_at, last.id.clone()));
        let mut text = String::new();
        for call in &page {
            match span.format {
                Format::Csv => text.push_str(&call_csv(call)?),
                Format::Jsonl => text.push_str(&json_line(&CallLine::from(call))?),
            }
        }
        output::write(&text)?;
    }
}

fn header(format: Format, columns: &str) -> anyhow::Result<()> {
    match format {
        Format::Csv => output::write(&format!("{columns}\r\n")),
        Format::Jsonl => Ok(()),
    }
}

fn json_line(line: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string(line)? + "\n")
}

fn time(text: &str) -> Result<i64, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at.as_millisecond());
    }
    let midnight = text.parse::<Date>().and_then(|date| date.to_zoned(TimeZone::UTC));
    midnight
        .map(|at| at.timestamp().as_millisecond())
        .map_err(|_| "a time like 2026-11-21T04:05:00Z or a date like 2026-11-21".to_owned())
}
