//! `trunkline import`: public data into the database, all of a file or nothing of it, and one line that says what changed.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Configured, callpower, output};
use crate::clock::Clock;
use crate::daily::import_zones;
use crate::places::import;
use crate::privacy;
use crate::store::Db;
use crate::store::imports::Counts;

#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// US senators and representatives, their district offices, and which ZIP lies in which district
    #[command(
        after_help = "Example:\n  trunkline import us-congress --legislators legislators-current.yaml \\\n    \
                      --offices legislators-district-offices.yaml --districts zccd.csv"
    )]
    UsCongress(UsCongress),
    /// State legislators and governors, from a folder of openstates/people
    #[command(after_help = "Example:\n  trunkline import openstates people/data")]
    Openstates(File),
    /// Canadian representatives, as represent.opennorth.ca answers
    #[command(after_help = "Example:\n  trunkline import opennorth house-of-commons.json")]
    Opennorth(File),
    /// Divisions of any country, and their postal codes (CSV: id,name,lat,lon,postal_codes)
    #[command(after_help = "Example:\n  trunkline import divisions wahlkreise.csv")]
    Divisions(File),
    /// Officials of any country (CSV: key,division,role,name,chamber,title,party,district,location,phone,office_…)
    #[command(after_help = "Example:\n  trunkline import officials abgeordnete.csv")]
    Officials(File),
    /// Time zones of callers by the beginning of their number, before the built-in table (CSV: prefix,time_zone)
    #[command(after_help = "Example:\n  trunkline import zones zones.csv")]
    Zones(File),
    /// An installation of CallPower: campaigns, targets, numbers, prompts, daily callers, blocklist, users, history
    #[command(after_help = callpower::EXAMPLES)]
    Callpower(callpower::Callpower),
}

#[derive(Debug, clap::Args)]
pub(super) struct UsCongress {
    /// legislators-current.yaml of unitedstates/congress-legislators
    #[arg(long, value_name = "FILE")]
    legislators: PathBuf,
    /// legislators-district-offices.yaml of the same
    #[arg(long, value_name = "FILE")]
    offices: PathBuf,
    /// ZIPs and congressional districts (CSV: state_abbr,zcta,cd)
    #[arg(long, value_name = "FILE")]
    districts: PathBuf,
    #[command(flatten)]
    configured: Configured,
}

#[derive(Debug, clap::Args)]
pub(super) struct File {
    /// What to read
    #[arg(value_name = "PATH")]
    path: PathBuf,
    #[command(flatten)]
    configured: Configured,
}

impl Import {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let clock = Clock::system(privacy::random_seed()?);
        let (read, configured) = match self {
            Import::UsCongress(of) => (
                import::us_congress(&of.legislators, &of.offices, &of.districts, &clock)?,
                of.configured,
            ),
            Import::Openstates(of) => (import::openstates(&of.path, &clock)?, of.configured),
            Import::Opennorth(of) => (import::opennorth(&of.path, &clock)?, of.configured),
            Import::Divisions(of) => (import::divisions(&of.path)?, of.configured),
            Import::Officials(of) => (import::officials(&of.path, &clock)?, of.configured),
            Import::Zones(of) => return zones(of).await,
            Import::Callpower(of) => return of.run().await,
        };
        let db = Db::open(&configured.load()?.database.url).await?;
        let counts = read.store(&db, &clock).await?;
        db.close().await;
        for note in &read.notes {
            output::line(&format!("note: {note}"))?;
        }
        if read.passed_over > read.notes.len() {
            output::line(&format!("note: and {} more", read.passed_over - read.notes.len()))?;
        }
        output::line(&said(counts))
    }
}

async fn zones(file: File) -> anyhow::Result<()> {
    let db = Db::open(&file.configured.load()?.database.url).await?;
    let imported = import_zones(&db, &file.path)
        .await
        .map_err(|error| anyhow::anyhow!("{}: {error}", file.path.display()));
    db.close().await;
    output::line(&format!("imported: time zones of {} prefixes", imported?))
}

fn said(counts: Counts) -> String {
    let Counts {
        divisions,
        postal_codes,
        added,
        changed,
        same,
        gone,
        still_listed,
    } = counts;
    let mut said = format!(
        "imported: {} officials ({added} new, {changed} changed, {same} as before), {gone} gone, \
         {divisions} divisions, {postal_codes} postal codes",
        added + changed + same
    );
    if still_listed > 0 {
        said += &format!("; {still_listed} of the gone stay as targets, because campaigns list them");
    }
    said
}
