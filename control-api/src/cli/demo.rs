//! `trunkline demo`: a whole campaign call on this machine, to see and to hear.

use std::path::PathBuf;

use super::output;
use crate::demo;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  trunkline demo --out demo-out --keep\n\nNeeds no trunk, no account and no database server. \
                        Afterwards caller.wav in the folder holds all that the caller heard."
)]
pub(super) struct Demo {
    /// Folder for the database, the recordings and the records; what an earlier demo left there is replaced
    #[arg(long, value_name = "DIR", default_value = "demo-out")]
    out: PathBuf,
    /// Go on serving afterwards, and print the address and an API key
    #[arg(long)]
    keep: bool,
    /// Callers at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = calls)]
    calls: usize,
}

impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Demo { out, keep, calls } = self;
        demo::run(demo::Demo { out, keep, calls }, &mut |line| output::line(line)).await
    }
}

fn calls(text: &str) -> Result<usize, String> {
    let calls: usize = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    if (1..=demo::MAX_CALLS).contains(&calls) {
        Ok(calls)
    } else {
        Err(format!("1 to {}", demo::MAX_CALLS))
    }
}
