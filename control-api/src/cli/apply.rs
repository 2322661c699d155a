//! `trunkline apply`: trunks, routes, numbers and campaigns as a file says, after showing the difference.

use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;

use super::{Configured, output};
use crate::as_code::{self, Compared, Prune, Ready};
use crate::audio_store::AudioStore;
use crate::config::Config;
use crate::lint;
use crate::privacy;
use crate::runtime::{App, NoGateway};
use crate::store::{self, Db, campaigns};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  trunkline apply campaign.toml --plan\n  trunkline apply campaign.toml\n  \
                  trunkline apply lines.yaml --prune routes\n\nWhat the file does not name stays as it is. A server that runs on the same \
                  database sees\ntrunks, routes and numbers within 15 seconds, and the rest with the next session; no running\ncall is dropped."
)]
pub(super) struct Apply {
    /// TOML, or YAML when it ends in .yaml or .yml
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only show the difference; change nothing
    #[arg(long)]
    plan: bool,
    /// Delete things of this kind that the file does not name; can be given several times
    #[arg(long, value_name = "KIND")]
    prune: Vec<Kind>,
    #[command(flatten)]
    configured: Configured,
}

/// Kinds of things that can be pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Carriers
    Trunks,
    /// The choice of a trunk
    Routes,
    /// Our own numbers
    Numbers,
}

impl Kind {
    fn prune(self) -> Prune {
        match self {
            Kind::Trunks => Prune::Trunks,
            Kind::Routes => Prune::Routes,
            Kind::Numbers => Prune::Numbers,
        }
    }
}

impl Apply {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let config = self.configured.load()?;
        let prune: Vec<Prune> = self.prune.iter().map(|kind| kind.prune()).collect();
        let ready = as_code::read(&self.file, &|name| std::env::var(name).ok(), &prune)?;
        match self.plan {
            true => show(&config, &ready).await,
            false => apply(config, &ready).await,
        }
    }
}

/// Shows the difference; nothing is made, not even a database.
async fn show(config: &Config, ready: &Ready) -> anyhow::Result<()> {
    let seen = store::inspect(&config.database.url).await?;
    let db = match seen.schema {
        None => None,
        Some(schema) if schema == seen.newest => Some(Db::open(&config.database.url).await?),
        Some(schema) => anyhow::bail!(
            "the database has schema {schema}, this program {}: start `trunkline serve` once, or apply without --plan",
            seen.newest
        ),
    };
    // Without the key file there are no passwords to compare with.
    let keys = privacy::load(&config.privacy.key_file).ok();
    let compared = as_code::compare(db.as_ref(), keys.as_ref(), ready).await?;
    output::write(&compared.plan.text())?;
    if let Some(db) = db {
        if compared.plan.is_empty() {
            findings(&db, AudioStore::existing(config).as_ref(), config, ready).await?;
        }
        db.close().await;
    }
    Ok(())
}

async fn apply(config: Config, ready: &Ready) -> anyhow::Result<()> {
    let app = App::open(config, Arc::new(NoGateway)).await?;
    let compared = as_code::compare(Some(app.db()), Some(app.keys()), ready).await?;
    let applied = make_so(&app, &compared, ready).await;
    app.db().close().await;
    applied
}

async fn make_so(app: &App, compared: &Compared, ready: &Ready) -> anyhow::Result<()> {
    output::write(&compared.plan.text())?;
    let made = as_code::carry_out(app, compared).await?;
    if made > 0 {
        output::line("Done.")?;
    }
    findings(app.db(), Some(app.script().audio()), app.config(), ready).await
}

/// What is wrong with the campaigns of the file as they are now.
async fn findings(db: &Db, audio: Option<&AudioStore>, config: &Config, ready: &Ready) -> anyhow::Result<()> {
    for name in ready.campaigns() {
        let campaign = campaigns::find(db, name).await?;
        let loaded = lint::load(db, audio, config.geocoder.url.is_some(), campaign).await?;
        for finding in lint::lint(&loaded) {
            output::line(&format!("{name}: {finding}"))?;
        }
    }
    Ok(())
}
