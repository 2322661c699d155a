//! `trunkline trunk test`: the acceptance sheet of one trunk.

use std::io::Write as _;

use clap::Subcommand;
use trunkline_gateway::phone::Phone;

use super::{Configured, output};
use crate::acceptance::{self, Verdict, Wishes};

/// Calls a second that are tried at most.
const MOST: i64 = 200;

#[derive(Debug, Subcommand)]
pub(super) enum Trunk {
    /// Try a trunk before callers do: registration, OPTIONS and, with a number, a call
    #[command(
        after_help = "Examples:\n  trunkline trunk test \"carrier one\"\n  trunkline trunk test \"carrier one\" --call +12025550123\n  \
                      trunkline trunk test \"carrier one\" --call +12025550123 --rate 10 --json > sheet.json\n\n\
                      A call to a number of yours that comes in on the same trunk shows most: both its ends are seen. It needs our\n\
                      SIP port, so stop `trunkline serve` on this machine for it. Whoever answers another number is asked to\n\
                      press keys.\n\n\
                      Exit status: 0 when nothing failed; 1 when something did; what to do stands beneath it."
    )]
    Test(Test),
}

#[derive(Debug, clap::Args)]
pub(super) struct Test {
    /// The trunk's name
    #[arg(value_name = "NAME")]
    name: String,
    /// Call this number, and let it ring until it is answered
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    call: Option<Phone>,
    /// Call it 1, 2, 5 … and so many times a second, each for one second; ask the carrier first
    #[arg(long, value_name = "CALLS", requires = "call", value_parser = clap::value_parser!(u32).range(1..=MOST))]
    rate: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configured: Configured,
}

fn number(text: &str) -> Result<Phone, String> {
    Phone::new(text).map_err(|_| "expected a number as +12025550123, or a short code".to_owned())
}

impl Trunk {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Trunk::Test(test) = self;
        let config = test.configured.load()?;
        let wishes = Wishes {
            call: test.call,
            rate: test.rate,
        };
        // For who waits; the sheet alone goes to stdout.
        let tell = |what: &str| drop(writeln!(std::io::stderr(), "{what} …"));
        let sheet = acceptance::test(&config, &test.name, wishes, tell).await?;
        if test.json {
            output::line(&serde_json::to_string_pretty(&sheet)?)?;
        } else {
            output::line(&sheet.to_string())?;
        }
        match sheet.count(Verdict::Fail) {
            0 => Ok(()),
            failed => anyhow::bail!(
                "trunk {:?} failed {failed} of its items; what to do stands beneath each",
                sheet.trunk
            ),
        }
    }
}
