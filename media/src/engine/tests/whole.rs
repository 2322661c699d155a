//! The life of ports, and whatever may come in whatever order.

use std::path::PathBuf;

use proptest::prelude::*;

use crate::clip::Clip;
use crate::codec::Codec;
use crate::command::{Command, Event, PlayId, RecordSide, StreamId, Swallow};
use crate::dtmf::Digit;
use crate::engine::rig::{Rig, media, rtp};
use crate::engine::{Channel, Input, Output, Slot};
use crate::sdp::Direction;

fn close(rig: &mut Rig, stream: u64) {
    rig.tell(Command::Close {
        stream: StreamId(stream),
    });
}

fn released(rig: &Rig) -> Vec<(u64, u16)> {
    let found = rig.events.iter().filter_map(|(ms, event)| {
        let Event::Released { port } = event else {
            return None;
        };
        Some((*ms, *port))
    });
    found.collect()
}

#[test]
fn a_port_comes_back_three_seconds_after_the_last_packet() {
    let mut rig = Rig::pair(Codec::Pcmu, Codec::Pcmu);
    close(&mut rig, 1);
    close(&mut rig, 2);
    rig.run(2_000);
    rig.hear(2, 1_234, vec![0]);
    rig.run(10_000);
    assert_eq!(released(&rig), [(3_000, 10_002), (5_001, 10_004)]);
    assert!(
        matches!(rig.table.poll_output(), Output::Timeout(None)),
        "nothing is left to do"
    );
    assert_eq!(rig.sockets[4..], ["unlock", "unlock", "unbind", "unbind"]);
}

#[test]
fn a_flood_keeps_a_port_for_thirty_seconds_at_most() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    close(&mut rig, 1);
    while released(&rig).is_empty() && rig.ms < 60_000 {
        rig.hear(1, 5_000, rtp(0, 1, 1, &[0; 160]));
        rig.run(100);
    }
    assert_eq!(released(&rig), [(30_000, 10_002)]);
}

#[test]
fn what_cannot_be_opened_is_told_with_its_port() {
    let mut rig = Rig::new();
    rig.open(1, false);
    rig.input(Input::BindFailed {
        slot: Slot(0),
        reason: "in use".into(),
    });
    rig.open(2, false);
    rig.open(2, false);
    assert_eq!(
        rig.told(),
        "0 OpenFailed { stream: StreamId(1), port: 10002, reason: \"in use\" }\n\
         0 OpenFailed { stream: StreamId(2), port: 10004, reason: \"a stream of this id is open\" }"
    );
    assert_eq!(rig.table.streams(), 1);
}

fn digit() -> impl Strategy<Value = Digit> {
    (0..16u8).prop_filter_map("a key", Digit::from_event)
}

fn negotiated() -> impl Strategy<Value = crate::sdp::Negotiated> {
    let direction = prop_oneof![
        4 => Just(Direction::SendRecv),
        1 => Just(Direction::SendOnly),
        1 => Just(Direction::RecvOnly),
        1 => Just(Direction::Inactive)
    ];
    let codec = prop_oneof![Just(Codec::Pcmu), Just(Codec::Pcma)];
    (
        codec,
        5_000..5_003u16,
        direction,
        any::<bool>(),
        any::<bool>(),
        0..200u64,
    )
        .prop_map(
            |(codec, port, direction, mux, events, ptime)| crate::sdp::Negotiated {
                direction,
                rtcp_mux: mux,
                telephone_event: events.then_some((101, 101)),
                ptime: std::time::Duration::from_millis(ptime),
                ..media(codec, port)
            },
        )
}

#[derive(Clone, Debug)]
enum Step {
    Tell(Command),
    Open(u64, bool),
    Hear(u64, Channel, u16, Vec<u8>),
    Run(u64),
    Stall(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let id = || (1..5u64).prop_map(StreamId);
    let clip = || (0..900usize).prop_map(|samples| Clip::from_pcm(&vec![3_000; samples]));
    let clips = || proptest::collection::vec(clip(), 0..3);
    let path = || Just(PathBuf::from("x.wav"));
    let command = prop_oneof![
        (id(), negotiated()).prop_map(|(stream, media)| Command::Connect { stream, media }),
        (id(), clips(), any::<bool>()).prop_map(|(stream, clips, repeat)| {
            Command::Play {
                stream,
                play: PlayId(1),
                clips,
                repeat,
            }
        }),
        id().prop_map(|stream| Command::StopPlay { stream }),
        (id(), id(), proptest::collection::vec(digit(), 0..3)).prop_map(|(a, b, swallow)| {
            Command::Bridge {
                a,
                b,
                swallow_from_a: Swallow(swallow),
            }
        }),
        id().prop_map(|stream| Command::Unbridge { stream }),
        (id(), proptest::collection::vec(digit(), 0..4))
            .prop_map(|(stream, digits)| Command::SendDigits { stream, digits }),
        (id(), any::<bool>(), path()).prop_map(|(stream, sent, path)| {
            let side = if sent {
                RecordSide::Sent
            } else {
                RecordSide::Received
            };
            Command::Record { stream, side, path }
        }),
        id().prop_map(|stream| Command::Close { stream }),
    ];
    let typed = (
        prop_oneof![Just(0u8), Just(8), Just(13), Just(101), 0..128u8],
        0..40u16,
        0..9_000u32,
    );
    let good = (typed, proptest::collection::vec(any::<u8>(), 0..400)).prop_map(
        |((payload_type, sequence, timestamp), payload)| rtp(payload_type, sequence, timestamp, &payload),
    );
    let datagram = prop_oneof![3 => good, 1 => proptest::collection::vec(any::<u8>(), 0..64)];
    let channel = prop_oneof![5 => Just(Channel::Rtp), 1 => Just(Channel::Rtcp)];
    prop_oneof![
        4 => command.prop_map(Step::Tell),
        1 => (1..5u64, any::<bool>()).prop_map(|(stream, learn)| Step::Open(stream, learn)),
        6 => (1..5u64, channel, 5_000..5_003u16, datagram)
            .prop_map(|(stream, channel, from, datagram)| Step::Hear(stream, channel, from, datagram)),
        3 => (0..60u64).prop_map(Step::Run),
        1 => (0..30_000u64).prop_map(Step::Stall),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is told and heard, in whatever order: nothing panics, and in the end every port has come back.
    #[test]
    fn every_stream_ends_and_every_port_returns(steps in proptest::collection::vec(step(), 0..120)) {
        let mut rig = Rig::new();
        (1..5).for_each(|stream| rig.open(stream, stream % 2 == 0));
        for step in steps {
            match step {
                Step::Tell(command) => rig.tell(command),
                Step::Open(stream, learn) => rig.open(stream, learn),
                Step::Hear(stream, channel, from, mut datagram) => rig.hear_on(stream, channel, from, &mut datagram),
                Step::Run(ms) => rig.run(ms),
                Step::Stall(ms) => rig.stall(ms),
            }
        }
        (1..5).for_each(|stream| close(&mut rig, stream));
        rig.run(3_100);
        let bound = rig.sockets.iter().filter(|line| line.starts_with("bind")).count();
        let unbound = rig.sockets.iter().filter(|&line| line == "unbind").count();
        prop_assert_eq!(bound, unbound);
        prop_assert_eq!(released(&rig).len(), bound);
        prop_assert!(matches!(rig.table.poll_output(), Output::Timeout(None)));
        let records = |wanted: fn(&crate::engine::Disk) -> bool| rig.disk.iter().filter(|job| wanted(job)).count();
        prop_assert_eq!(
            records(|job| matches!(job, crate::engine::Disk::Create { .. })),
            records(|job| matches!(job, crate::engine::Disk::Finish { .. }))
        );
    }
}
