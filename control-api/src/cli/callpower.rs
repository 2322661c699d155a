//! `trunkline import callpower`: moves an installation of CallPower in, and says what came and what did not.

use std::path::PathBuf;

use super::{Configured, output};
use crate::audio_store::AudioStore;
use crate::callpower::{self, Options, Tools};
use crate::clock::Clock;
use crate::config::Config;
use crate::privacy::{self, KEY_BYTES, Keys};
use crate::store::Db;
use crate::store::callpower::Source;

pub(super) const EXAMPLES: &str = "Examples:\n  trunkline import callpower postgres://reader@db/callpower --dry-run\n  \
    trunkline import callpower postgres://reader@db/callpower --media callpower-audio --trunk carrier\n  \
    trunkline import callpower postgres://reader@db/callpower --media callpower-audio --daily-calls\n\n\
    A second run adds what is new and changes nothing else. docs/MIGRATING.md goes through it step by step.";

#[derive(Debug, clap::Args)]
pub(super) struct Callpower {
    /// CallPower's PostgreSQL; it is only read
    #[arg(
        value_name = "DATABASE_URL",
        env = "CALLPOWER_DATABASE_URL",
        hide_env_values = true
    )]
    url: String,
    /// Folder with CallPower's audio files
    #[arg(long, value_name = "DIR")]
    media: Option<PathBuf>,
    /// Trunk that CallPower's numbers come in on from now on [default: the only one there is]
    #[arg(long, value_name = "NAME")]
    trunk: Option<String>,
    /// Call the daily callers from now on; CallPower must not call them any more
    #[arg(long)]
    daily_calls: bool,
    /// A name of this CallPower, when more than one is brought in
    #[arg(long, value_name = "NAME", default_value = "callpower")]
    source: String,
    /// Say what would come, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// The report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configured: Configured,
}

impl Callpower {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let config = self.configured.load()?;
        let mut source = Source::open(&self.url).await?;
        let db = Db::open(&config.database.url).await?;
        let imported = self.import(&config, &mut source, &db).await;
        source.close().await;
        db.close().await;
        let report = imported?;
        if self.json {
            return output::line(&serde_json::to_string_pretty(&report)?);
        }
        output::write(&report.text())
    }

    async fn import(
        &self,
        config: &Config,
        source: &mut Source,
        db: &Db,
    ) -> anyhow::Result<callpower::Report> {
        let clock = Clock::system(privacy::random_seed()?);
        let options = Options {
            source: self.source.clone(),
            media: self.media.clone(),
            trunk: self.trunk.clone(),
            daily_calls: self.daily_calls,
            dry_run: self.dry_run,
            has_geocoder: config.geocoder.url.is_some(),
        };
        let (keys, files) = match self.dry_run {
            // Only to look things up with; no file is made.
            true => {
                let thrown_away = |_| Keys::new([0; KEY_BYTES], [0; KEY_BYTES]);
                let keys = privacy::load(&config.privacy.key_file).unwrap_or_else(thrown_away);
                (keys, None)
            }
            false => (
                privacy::load_or_create(&config.privacy.key_file)?,
                Some(AudioStore::open(config)?),
            ),
        };
        let tools = Tools {
            db,
            keys: &keys,
            clock: &clock,
            files: files.as_ref(),
        };
        Ok(callpower::import(source, &tools, &options).await?)
    }
}
