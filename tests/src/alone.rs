//! The gateway alone, without database and HTTP: a flow of the test's own, a trunk to callers and one to targets, real media.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::ports;
use anyhow::{Context, Result, bail};
use tokio::sync::mpsc;
use tokio::time::timeout;
use trunkline_gateway::command::{Command, SessionOrder};
use trunkline_gateway::core::GatewayConfig;
use trunkline_gateway::event::{Event, EventKind};
use trunkline_gateway::flow::{Action, CallStatus, Flow, FlowEvent, FlowOffice};
use trunkline_gateway::ids::{CallId, CampaignId, RouteId, SessionId, TrunkId};
use trunkline_gateway::io::{self, Handle, IoConfig};
use trunkline_gateway::journal::seal::Plain;
use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::snapshot::{Route, RouteTrunk, Server, Snapshot, Transport, Trunk};
use uuid::Uuid;

/// The shortest flow that bridges: ring the caller, dial one target, end when either does.
struct Straight {
    call: CallId,
    target: Phone,
}

impl Flow for Straight {
    fn on(&mut self, event: FlowEvent) -> Vec<Action> {
        match event {
            FlowEvent::Start => vec![Action::RingCaller {
                ring: Duration::from_secs(20),
            }],
            FlowEvent::CallerAnswered => vec![Action::DialTarget {
                call: self.call,
                index: 0,
                key: "custom:test".into(),
                office: FlowOffice {
                    uid: String::new(),
                    phone: self.target.clone(),
                    extension: String::new(),
                },
                caller_proved: false,
                ring: Duration::from_secs(20),
            }],
            FlowEvent::TargetAnswered(call) => vec![Action::Bridge(call)],
            FlowEvent::TargetEnded(..) | FlowEvent::OfficeFull(_) | FlowEvent::CallerHungUp => {
                vec![Action::HangUp(CallStatus::Completed)]
            }
            FlowEvent::CallerFailed(_) => vec![Action::HangUp(CallStatus::Failed)],
            FlowEvent::Digit(_)
            | FlowEvent::PlayDone
            | FlowEvent::TimerFired(_)
            | FlowEvent::TargetRinging(_)
            | FlowEvent::TargetRetried(_)
            | FlowEvent::Located(_) => Vec::new(),
        }
    }

    fn step(&self) -> String {
        "straight".into()
    }
}

fn trunk(number: u128, port: u16) -> Arc<Trunk> {
    Arc::new(Trunk {
        port: Some(port),
        servers: vec![Server::alone(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))])],
        ..Trunk::new(
            TrunkId(Uuid::from_u128(number)),
            &format!("trunk {number}"),
            "127.0.0.1",
        )
    })
}

fn route(number: u128, prefix: &str) -> Route {
    let id = Uuid::from_u128(number);
    Route {
        id: RouteId(id),
        name: prefix.into(),
        prefixes: vec![prefix.into()],
        campaign: None,
        trunks: vec![RouteTrunk {
            trunk: TrunkId(id),
            priority: 1,
            cost: 0,
            weight: 1,
        }],
        countries: Vec::new(),
        windows: Vec::new(),
        stop_codes: Vec::new(),
    }
}

/// A running gateway with a trunk to callers (+1202) and one to targets (+1303).
#[derive(Debug)]
pub struct Running {
    handle: Handle,
    events: mpsc::Receiver<Event>,
}

impl Running {
    /// Starts it with these RTP ports, its journal below `folder`.
    pub async fn start(
        folder: &Path,
        callers: u16,
        targets: u16,
        rtp: RangeInclusive<u16>,
    ) -> Result<Running> {
        Running::with_room(folder, callers, targets, rtp, io::MAX_EVENTS).await
    }

    /// The same, with room for so many events that nobody has taken.
    pub async fn with_room(
        folder: &Path,
        callers: u16,
        targets: u16,
        rtp: RangeInclusive<u16>,
        max_events: usize,
    ) -> Result<Running> {
        let snapshot = Snapshot {
            trunks: vec![trunk(1, callers), trunk(2, targets)],
            routes: vec![route(1, "+1202"), route(2, "+1303")],
            numbers: Vec::new(),
        };
        let config = IoConfig {
            gateway: GatewayConfig {
                rtp_bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
                rtp_ports: rtp,
                ..GatewayConfig::default()
            },
            sip_listen: vec![(
                Transport::Udp,
                SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free(2))),
            )],
            tls: None,
            media_threads: 1,
            max_events,
            journal: folder.join("journal"),
            seal: Arc::new(Plain),
        };
        let (handle, events) = io::start(config, Arc::new(snapshot)).await?;
        Ok(Running { handle, events })
    }

    /// It takes no calls at the moment.
    pub fn is_holding(&self) -> bool {
        self.handle.status().holding
    }

    /// Starts a session; `number` names it.
    pub fn dial(&self, number: u128) -> Result<()> {
        let order = SessionOrder {
            session: SessionId(Uuid::from_u128(number)),
            campaign: CampaignId(Uuid::from_u128(7)),
            caller: Phone::new("+12025550123")?,
            caller_ref: "caller".into(),
            caller_id: Phone::new("+12025550100")?,
            caller_id_ref: "ours".into(),
            target_refs_plain: true,
            flow: Box::new(Straight {
                call: CallId(Uuid::from_u128(number)),
                target: Phone::new("+13035550110")?,
            }),
            clips: HashMap::new(),
            max_duration: Duration::from_secs(60),
            max_per_number: u32::MAX,
            retry_one_way: true,
            record_to: None,
        };
        Ok(self.handle.send(Command::Dial(Box::new(order)))?)
    }

    /// The next event. What nobody takes is lost once too many wait.
    pub async fn event(&mut self) -> Result<EventKind> {
        let kind = self.events.recv().await.context("the gateway has stopped")?.kind;
        if let EventKind::Cdr(cdr) = &kind {
            self.handle.send(Command::CdrStored { leg: cdr.id })?;
        }
        Ok(kind)
    }

    /// Waits until `sessions` have ended, the limit between two events; returns every event.
    pub async fn ended(&mut self, sessions: usize, limit: Duration) -> Result<Vec<EventKind>> {
        let mut kinds = Vec::new();
        let mut ended = 0;
        while ended < sessions {
            let Ok(kind) = timeout(limit, self.event()).await else {
                bail!(
                    "{ended} of {sessions} sessions ended; the last events were {:#?}",
                    kinds.iter().rev().take(8).collect::<Vec<_>>()
                );
            };
            let kind = kind?;
            ended += usize::from(matches!(kind, EventKind::SessionEnded { .. }));
            kinds.push(kind);
        }
        Ok(kinds)
    }
}
