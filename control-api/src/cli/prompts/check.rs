//! `trunkline prompts check`: what is wrong with what callers hear, before a caller finds it out.

use super::super::{Configured, output};
use super::campaign;
use crate::audio_store::AudioStore;
use crate::config::Config;
use crate::lint::{self, Finding};
use crate::store::campaigns::{self, Campaign, CampaignStatus};
use crate::store::grants::Reach;
use crate::store::{self, Db, Page};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  trunkline prompts check --campaign \"save the library\"\n  trunkline prompts check --all\n\n\
                  Exit status: 0 when nothing is wrong; 1 when something is, with what to do. docs/PROMPTS.md explains each."
)]
pub(in crate::cli) struct Check {
    /// The campaign, by name or id
    #[arg(long, value_name = "NAME", required_unless_present = "all")]
    campaign: Option<String>,
    /// Every campaign that is not archived, and the installation's own versions
    #[arg(long, conflicts_with = "campaign")]
    all: bool,
    #[command(flatten)]
    configured: Configured,
}

/// What was looked at, and what was found.
type Checked = (String, Vec<Finding>);

impl Check {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let config = self.configured.load()?;
        let seen = store::inspect(&config.database.url).await?;
        anyhow::ensure!(
            seen.schema == Some(seen.newest),
            "the database has not this program's schema: start `trunkline serve` once"
        );
        let db = Db::open(&config.database.url).await?;
        let checked = self.check(&config, &db).await;
        db.close().await;
        let checked = checked?;
        let wrong: usize = checked.iter().map(|(_, findings)| findings.len()).sum();
        for line in lines(&checked) {
            output::line(&line)?;
        }
        anyhow::ensure!(wrong == 0, "{} to mend in what callers hear", things(wrong));
        Ok(())
    }

    async fn check(&self, config: &Config, db: &Db) -> anyhow::Result<Vec<Checked>> {
        let audio = AudioStore::existing(config);
        let mut checked = Vec::new();
        let rows = match &self.campaign {
            Some(name) => vec![campaign(db, name).await?],
            None => {
                let found = lint::defaults(db, audio.as_ref()).await?;
                checked.push(("every campaign".to_owned(), found));
                every(db).await?
            }
        };
        for row in rows {
            let name = row.name.clone();
            let loaded = lint::load(db, audio.as_ref(), config.geocoder.url.is_some(), row).await?;
            checked.push((name, lint::script(&loaded)));
        }
        Ok(checked)
    }
}

/// Every campaign that is not archived.
async fn every(db: &Db) -> store::Result<Vec<Campaign>> {
    let mut all = Vec::new();
    let mut page = Page::default();
    loop {
        let rows = campaigns::list(db, None, &Reach::Everything, &page).await?;
        let open = |campaign: &Campaign| campaign.status != CampaignStatus::Archived;
        all.extend(rows.items.into_iter().filter(open));
        match rows.next {
            None => return Ok(all),
            next => page.after = next,
        }
    }
}

fn lines(checked: &[Checked]) -> Vec<String> {
    let of = |(name, findings): &Checked| match findings.as_slice() {
        [] => vec![format!("{name}: nothing is wrong")],
        some => some.iter().map(|finding| format!("{name}: {finding}")).collect(),
    };
    checked.iter().flat_map(of).collect()
}

fn things(count: usize) -> String {
    match count {
        1 => "there is 1 thing".to_owned(),
        more => format!("there are {more} things"),
    }
}
