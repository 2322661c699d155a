//! The bench: a gateway of its own with one trunk, on our SIP port where that is free, and the call that it makes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::mpsc;
use trunkline_gateway::command::{Command, SessionOrder};
use trunkline_gateway::event::{Event, EventKind, LegState};
use trunkline_gateway::flow::{BoxedFlow, ClipBook};
use trunkline_gateway::ids::{CampaignId, RouteId, SessionId};
use trunkline_gateway::io::{self, IoConfig, StartError};
use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::registration::Standing;
use trunkline_gateway::trunk::snapshot::{Number, Route, RouteTrunk, Snapshot, Trunk};
use trunkline_media::clip::Clip;
use trunkline_prompts::tone::default_tone;

use super::Wishes;
use super::call::{ASK, Answerer, Ringer, Tester};
use super::facts::{Back, Facts, Side, Step};
use super::rate;
use crate::campaign::encode;
use crate::config::Config;
use crate::privacy;
use crate::runtime::{App, snapshot};
use crate::serve;
use crate::store::{nodes, numbers, trunks};

/// What is said to who answers.
const REQUEST: &str = "This is a test of a telephone line. Please press one, two and three now, and stay on the line until we hang up.";
/// How long the answers to OPTIONS and REGISTER are waited for: as long as either is repeated for, in two tries.
const ANSWERS: Duration = Duration::from_secs(12);
/// How long a call may take, from the first digit to the last record: it rings, it talks, it ends.
const CALL: Duration = Duration::from_secs(90);
/// How long calls that only ring may take to end.
const BRIEF: Duration = Duration::from_secs(12);
/// How often the trunk is asked meanwhile, whatever it is set to.
const OPTIONS_EVERY_MS: i64 = 5_000;
/// How often the gateway's status is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How long it may take to take our contact back.
const STOP: Duration = Duration::from_secs(6);

/// Whose call a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Ours,
    Back,
    Step,
}

/// A gateway, and what has been seen.
pub(super) struct Bench {
    app: App,
    events: mpsc::Receiver<Event>,
    folder: PathBuf,
    facts: Facts,
    campaign: CampaignId,
    clips: ClipBook,
    sessions: HashMap<SessionId, Whose>,
    step: Step,
}

impl Bench {
    /// Starts the gateway with this trunk alone.
    pub(super) async fn set_up(config: &Config, name: &str, wishes: &Wishes) -> anyhow::Result<Bench> {
        let keys = privacy::load_or_create(&config.privacy.key_file)?;
        let folder = std::env::temp_dir().join(format!("trunkline-test-{}", privacy::new_secret()?));
        let mut io = serve::io_config(config, &keys);
        io.journal = folder.join("journal");
        let (gateway, events, listens) = start(io).await?;
        let app = App::open(config.clone(), Arc::new(gateway)).await?;
        let row = row(&app, name).await?;
        let campaign = CampaignId(app.clock().new_id());
        let alone = listens && !others_live(&app).await?;
        let (lines, own) = lines(&app, &row, wishes, campaign, alone).await?;
        let trunk = lines.trunks.first().cloned().with_context(|| {
            format!("trunk {name:?} cannot be used as it is set: `trunkline check` says why")
        })?;
        let shown = trunk.caller_id.clone().or_else(|| own.first().cloned());
        let facts = Facts {
            // As it is set; the lines have it enabled.
            trunk: Arc::new(Trunk {
                enabled: row.enabled,
                register: row.register,
                max_cps: u32::try_from(row.max_cps).unwrap_or(0),
                ..(*trunk).clone()
            }),
            listens,
            standing: Standing::Off,
            round_trip: None,
            comes_back: wishes.call.as_ref().is_some_and(|number| own.contains(number)),
            number: wishes.call.clone(),
            shown,
            call: Side::default(),
            back: None,
            steps: Vec::new(),
        };
        app.gateway().send(Command::Swap(Arc::new(lines)))?;
        Ok(Bench {
            clips: HashMap::from([(Arc::from(ASK), request(&app).await)]),
            app,
            events,
            folder,
            facts,
            campaign,
            sessions: HashMap::new(),
            step: Step::default(),
        })
    }

    /// Waits for the answers to OPTIONS and REGISTER.
    pub(super) async fn ask(&mut self) {
        let looks = ANSWERS.as_millis() / LOOK.as_millis();
        for _ in 0..looks {
            self.listen(LOOK, |_| false).await;
            self.look();
            let registered = matches!(self.facts.standing, Standing::Off | Standing::Held);
            if registered && self.facts.round_trip.is_some() {
                break;
            }
        }
    }

    fn look(&mut self) {
        let status = self.app.gateway().status();
        if let Some(trunk) = status.trunks.first() {
            self.facts.standing = trunk.registration;
            self.facts.round_trip = trunk.round_trip();
        }
    }

    /// Calls, and waits until the last leg has its record.
    pub(super) async fn call(&mut self, number: &Phone) {
        self.dial(number, Whose::Ours, Box::new(Tester::new()));
        self.listen(CALL, |bench| bench.sessions.is_empty()).await;
        self.look();
    }

    /// Calls faster and faster, until it is too fast or fast enough.
    pub(super) async fn step_up(&mut self, number: &Phone, most: u32) {
        for rate in rate::steps(most) {
            self.step = Step {
                rate,
                ..Step::default()
            };
            let pause = Duration::from_secs(1) / rate;
            for _ in 0..rate {
                self.dial(number, Whose::Step, Box::new(Ringer));
                self.listen(pause, |_| false).await;
            }
            self.listen(BRIEF, |bench| bench.sessions.is_empty()).await;
            let step = std::mem::take(&mut self.step);
            let refused = step.refusal.is_some();
            self.facts.steps.push(step);
            if refused {
                break;
            }
        }
    }

    /// Takes our contact back, and tells what was seen.
    pub(super) async fn take_down(mut self) -> Facts {
        // A gateway that has ended already needs not be told.
        let _told = self.app.gateway().send(Command::Stop);
        let ends = async { while self.events.recv().await.is_some() {} };
        let _in_time = tokio::time::timeout(STOP, ends).await;
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "the test's journal was left behind");
        }
        self.facts
    }

    fn dial(&mut self, number: &Phone, whose: Whose, flow: BoxedFlow) {
        let Some(shown) = self.facts.shown.clone() else {
            return;
        };
        let order = self.order(number.clone(), shown, flow);
        self.sessions.insert(order.session, whose);
        self.send(Command::Dial(Box::new(order)));
    }

    fn order(&self, caller: Phone, shown: Phone, flow: BoxedFlow) -> SessionOrder {
        SessionOrder {
            session: SessionId(self.app.clock().new_id()),
            campaign: self.campaign,
            caller,
            caller_ref: String::new(),
            caller_id: shown,
            caller_id_ref: String::new(),
            target_refs_plain: false,
            flow,
            clips: self.clips.clone(),
            max_duration: CALL,
            max_per_number: 1,
            retry_one_way: false,
            record_to: None,
        }
    }

    fn send(&self, command: Command) {
        if let Err(error) = self.app.gateway().send(command) {
            tracing::warn!(%error, "the test's gateway did not take an order");
        }
    }

    /// Takes what happens until `done`, or until the time is over.
    async fn listen(&mut self, limit: Duration, done: impl Fn(&Bench) -> bool) {
        let heard = async {
            while !done(self) {
                match self.events.recv().await {
                    Some(event) => self.take(event.kind),
                    None => break,
                }
            }
        };
        let _in_time = tokio::time::timeout(limit, heard).await;
    }

    fn take(&mut self, event: EventKind) {
        match event {
            EventKind::Incoming { leg, to, from, .. } => {
                let ours = self.facts.comes_back && self.facts.number.as_ref() == Some(&to);
                let first = self.facts.back.is_none() && ours;
                let (true, Some(shown)) = (first, self.facts.shown.clone()) else {
                    return self.send(Command::Refuse {
                        leg,
                        status: 486,
                        retry_after: None,
                    });
                };
                let order =
                    Box::new(self.order(from.clone().unwrap_or(shown), to, Box::<Answerer>::default()));
                self.sessions.insert(order.session, Whose::Back);
                self.facts.back = Some(Back {
                    from,
                    side: Side::default(),
                });
                self.send(Command::Accept { leg, order });
            }
            EventKind::Leg { session, state, .. } => {
                if let Some(side) = self.side(session) {
                    side.came_to(&state);
                }
            }
            EventKind::Cdr(cdr) => {
                self.send(Command::CdrStored { leg: cdr.id });
                match self.side(cdr.session_id) {
                    Some(side) => side.cdr = Some(*cdr),
                    None => self.step.count(&cdr),
                }
            }
            EventKind::SessionEnded { session, .. } => {
                self.sessions.remove(&session);
            }
            EventKind::SessionStep { .. }
            | EventKind::CallStarted { .. }
            | EventKind::CallEnded { .. }
            | EventKind::TargetSkipped { .. }
            | EventKind::Digit { .. }
            | EventKind::Playing { .. }
            | EventKind::Locate { .. }
            | EventKind::Subscribe { .. }
            | EventKind::Trace(_)
            | EventKind::Trunk { .. }
            | EventKind::Drained => {}
        }
    }

    fn side(&mut self, session: SessionId) -> Option<&mut Side> {
        match self.sessions.get(&session)? {
            Whose::Ours => Some(&mut self.facts.call),
            Whose::Back => self.facts.back.as_mut().map(|back| &mut back.side),
            Whose::Step => None,
        }
    }
}

impl Side {
    fn came_to(&mut self, state: &LegState) {
        match state {
            LegState::Ringing { status, early_media } => {
                self.ringing.get_or_insert((*status, *early_media)).1 |= *early_media;
            }
            LegState::Offered { hold: true, refused } => self.held = Some(*refused),
            LegState::Offered { hold: false, refused } => self.resumed = Some(*refused),
            LegState::Dialling { .. } | LegState::Answered | LegState::Ended { .. } => {}
        }
    }
}

/// On our SIP port, or on any other when another program has it.
async fn start(mut config: IoConfig) -> Result<(io::Handle, mpsc::Receiver<Event>, bool), StartError> {
    match io::start(config.clone(), Arc::default()).await {
        Ok((gateway, events)) => Ok((gateway, events, true)),
        Err(StartError::Listen { .. }) => {
            for (_, address) in &mut config.sip_listen {
                address.set_port(0);
            }
            let (gateway, events) = io::start(config, Arc::default()).await?;
            Ok((gateway, events, false))
        }
        Err(error) => Err(error),
    }
}

async fn row(app: &App, name: &str) -> anyhow::Result<trunks::Trunk> {
    let all = trunks::all(app.db()).await?;
    let names: Vec<String> = all.iter().map(|t| t.name.clone()).collect();
    all.into_iter().find(|t| t.name == name).with_context(|| {
        if names.is_empty() {
            format!(
                "there is no trunk {name:?}, and no other: make one with `trunkline apply` or POST /v1/trunks"
            )
        } else {
            format!("there is no trunk {name:?}; there are: {}", names.join(", "))
        }
    })
}

/// Another node serves from this database: it is the one that is registered.
async fn others_live(app: &App) -> anyhow::Result<bool> {
    let first = nodes::first(app.db()).await?;
    Ok(first.is_some_and(|first| first != app.node()))
}

/// The trunk alone, without limits of ours, a route for the number to it, and its own numbers, which come first.
async fn lines(
    app: &App,
    row: &trunks::Trunk,
    wishes: &Wishes,
    campaign: CampaignId,
    alone: bool,
) -> anyhow::Result<(Snapshot, Vec<Phone>)> {
    let mut row = trunks::Trunk {
        enabled: true,
        max_cps: 0,
        max_channels: 0,
        // A contact of ours would take the calls of the program that serves.
        register: row.register && alone,
        ..row.clone()
    };
    row.dialling.options_interval_ms = OPTIONS_EVERY_MS;
    let mut lines = snapshot::of_trunk(app, &row).await;
    let Some(trunk) = lines.trunks.first().map(|t| t.id) else {
        return Ok((lines, Vec::new()));
    };
    let of_trunk = numbers::all(app.db())
        .await?
        .into_iter()
        .filter(|n| n.trunk_id == row.id);
    let own: Vec<Phone> = of_trunk.filter_map(|n| Phone::new(&n.e164).ok()).collect();
    lines.numbers = own
        .iter()
        .map(|phone| Number {
            phone: phone.clone(),
            trunk,
            campaign: Some(campaign),
        })
        .collect();
    let code = wishes.call.iter().filter(|number| number.is_short_code());
    lines.routes = vec![Route {
        id: RouteId(app.clock().new_id()),
        name: "test".to_owned(),
        prefixes: std::iter::once("+".to_owned())
            .chain(code.map(|code| code.as_str().to_owned()))
            .collect(),
        campaign: None,
        countries: Vec::new(),
        windows: Vec::new(),
        trunks: vec![RouteTrunk {
            trunk,
            priority: 0,
            cost: 0,
            weight: 1,
        }],
        stop_codes: Vec::new(),
    }];
    Ok((lines, own))
}

/// The request as speech; a tone where no speech engine is there.
async fn request(app: &App) -> Clip {
    let pcm = match app
        .script()
        .say(REQUEST.to_owned(), "en".to_owned(), String::new())
        .await
    {
        Ok(pcm) => pcm,
        Err(error) => {
            tracing::warn!(%error, "who answers hears a tone: nothing can be spoken");
            default_tone()
        }
    };
    encode(&pcm)
}
