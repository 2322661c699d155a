//! `trunkline serve`: everything in one process.

use super::{Configured, output};
use crate::{log, serve};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  trunkline serve --config /etc/trunkline/trunkline.toml")]
pub(super) struct Serve {
    #[command(flatten)]
    configured: Configured,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let config = self.configured.load()?;
        log::start(&config.log)?;
        serve::run(config, output::note).await
    }
}
