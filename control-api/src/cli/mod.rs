//! The command line of CONTRACT.md 2: one file a command. Exit status 0 is done, 1 failed with one line on stderr, 2 wrong usage.

mod apply;
mod audited;
mod callpower;
mod check;
mod demo;
mod export;
mod import;
mod key;
mod output;
mod prompts;
mod serve;
mod trunk;
mod user;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::http;

pub(crate) use key::create_admin as create_admin_key;

/// A self-hosted SIP gateway for call campaigns.
#[derive(Debug, Parser)]
#[command(
    name = "trunkline",
    version,
    arg_required_else_help = true,
    propagate_version = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The gateway, media, control API and console in one process
    Serve(serve::Serve),
    /// Validate configuration, database, ports, speech and keys; changes nothing
    Check(check::Check),
    /// Show a whole campaign call on this machine; needs no trunk
    Demo(demo::Demo),
    /// Make trunks, routes, numbers and campaigns as a file says, after showing the difference
    Apply(apply::Apply),
    /// Trunks: the acceptance sheet of one
    #[command(subcommand)]
    Trunk(trunk::Trunk),
    /// The script: what plays, new versions, how a text sounds, what is wrong
    #[command(subcommand)]
    Prompts(prompts::Prompts),
    /// API keys
    #[command(subcommand)]
    Key(key::Key),
    /// People who log in
    #[command(subcommand)]
    User(user::User),
    /// Write records to stdout, as CSV or JSON lines
    #[command(subcommand)]
    Export(export::Export),
    /// Bring in public data about who holds office where, or a whole installation of CallPower
    #[command(subcommand)]
    Import(import::Import),
    /// Print the OpenAPI 3.1 document of the control API
    #[command(after_help = "Example:\n  trunkline openapi > openapi.json")]
    Openapi,
}

/// Which configuration a command works with.
#[derive(Debug, clap::Args)]
struct Configured {
    /// Configuration file [default: $TRUNKLINE_CONFIG, or trunkline.toml when it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Configured {
    fn load(&self) -> anyhow::Result<Config> {
        Ok(Config::load(self.config.as_deref())?)
    }
}

/// Runs the program with these arguments, the first of which is its own name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => return output::usage(&usage),
    };
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Serve(serve) => serve.run().await,
            Command::Check(check) => check.run().await,
            Command::Demo(demo) => demo.run().await,
            Command::Apply(apply) => apply.run().await,
            Command::Trunk(trunk) => trunk.run().await,
            Command::Prompts(prompts) => prompts.run().await,
            Command::Key(key) => key.run().await,
            Command::User(user) => user.run().await,
            Command::Export(export) => export.run().await,
            Command::Import(import) => import.run().await,
            Command::Openapi => output::line(&http::openapi()),
        }
    })
}
