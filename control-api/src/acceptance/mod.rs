//! The acceptance sheet of one trunk (`trunkline trunk test`): a gateway of its own with this trunk alone registers, asks, calls, presses
//! keys, holds and hangs up over it, and says what passed, what did not, and what to do.
//!
//! ```text
//! Bench (sockets, events) ── gathers ──► Facts ── judge ──► Sheet ── print ──► text or JSON
//! ```

mod bench;
mod call;
mod facts;
mod judge;
mod rate;
mod sheet;

#[cfg(test)]
mod tests;

use trunkline_gateway::phone::Phone;

use crate::config::Config;

pub(crate) use sheet::{Sheet, Verdict};

/// What is to be tried beyond registration and OPTIONS.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wishes {
    /// Call this number.
    pub(crate) call: Option<Phone>,
    /// Call it faster and faster, up to so many calls a second; each rings for a second.
    pub(crate) rate: Option<u32>,
}

/// Tests the trunk of this name; `tell` hears what is done now, for somebody who waits.
pub(crate) async fn test(
    config: &Config,
    name: &str,
    wishes: Wishes,
    tell: impl Fn(&str),
) -> anyhow::Result<Sheet> {
    let mut bench = bench::Bench::set_up(config, name, &wishes).await?;
    tell("asking the trunk (OPTIONS, REGISTER)");
    bench.ask().await;
    if let Some(number) = &wishes.call {
        tell("calling; whoever answers is asked to press keys: about half a minute");
        bench.call(number).await;
        if let Some(most) = wishes.rate {
            tell("calling faster and faster; each call rings for a second");
            bench.step_up(number, most).await;
        }
    }
    let facts = bench.take_down().await;
    Ok(judge::sheet(&facts))
}
