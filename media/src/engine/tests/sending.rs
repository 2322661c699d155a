//! What a stream sends on its own: silence, clips, keys, reports.

use std::time::Duration;

use crate::clip::Clip;
use crate::codec::Codec;
use crate::command::{Command, PlayId, StreamId};
use crate::dtmf::Digit;
use crate::engine::rig::{Rig, far, media, rtp};
use crate::engine::{Channel, Input};
use crate::rtcp::{self, Report};
use crate::sdp::Direction;
use crate::tone;

fn clip(ms: usize) -> Clip {
    Clip::from_pcm(&tone::sine(440.0, 8_000.0, ms * 8))
}

fn play(play: u64, clips: Vec<Clip>) -> Command {
    Command::Play {
        stream: StreamId(1),
        play: PlayId(play),
        clips,
        repeat: false,
    }
}

#[test]
fn nothing_is_sent_before_connect() {
    let mut rig = Rig::new();
    rig.open(1, false);
    rig.tell(play(1, vec![clip(100)]));
    rig.run(5_000);
    assert_eq!(
        (rig.lines(1).as_str(), rig.told().as_str(), rig.rtcp.len()),
        ("", "", 0)
    );
}

#[test]
fn silence_opens_the_way_and_then_keeps_it_open() {
    let mut rig = Rig::connected(media(Codec::Pcma, 5_000));
    rig.run(2_300);
    let sent = rig.sent.clone();
    assert!(
        sent.iter()
            .all(|packet| packet.payload == [0xD5; 160] && packet.to == far(5_000))
    );
    let lines = rig.lines(1);
    let mut lines = lines.lines();
    let opening: Vec<&str> = lines.by_ref().take(10).collect();
    assert_eq!(
        (opening[0], opening[1], opening[9]),
        ("20 8 M 0 0 160", "40 8 . 1 160 160", "200 8 . 9 1440 160")
    );
    let rest: Vec<&str> = lines.collect();
    assert_eq!(rest, ["1200 8 M 10 9440 160", "2200 8 M 11 17440 160"]);
}

#[test]
fn a_clip_goes_out_every_20_ms_and_is_done_when_it_was_heard() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    rig.tell(play(1, vec![clip(50), clip(30)]));
    rig.run(110);
    assert_eq!(rig.sent[4].payload, [0xFF; 160], "silence goes on behind it");
    assert_eq!(
        rig.lines(1),
        "20 0 M 0 0 160\n40 0 . 1 160 160\n60 0 . 2 320 160\n80 0 . 3 480 160\n100 0 . 4 640 160"
    );
    assert_eq!(
        rig.told(),
        "100 PlayDone { stream: StreamId(1), play: PlayId(1), finished: true }"
    );
}

#[test]
fn a_new_play_takes_the_place_of_the_old_and_an_empty_one_is_done_at_once() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    rig.tell(play(1, vec![clip(5_000)]));
    rig.run(50);
    rig.tell(play(2, vec![]));
    rig.run(20);
    rig.tell(Command::Play {
        stream: StreamId(1),
        play: PlayId(3),
        clips: vec![clip(10)],
        repeat: true,
    });
    rig.run(10_000);
    rig.tell(Command::StopPlay { stream: StreamId(1) });
    rig.tell(Command::StopPlay { stream: StreamId(1) });
    assert_eq!(
        rig.told(),
        "50 PlayDone { stream: StreamId(1), play: PlayId(1), finished: false }\n\
         60 PlayDone { stream: StreamId(1), play: PlayId(2), finished: true }\n\
         10070 PlayDone { stream: StreamId(1), play: PlayId(3), finished: false }"
    );
}

/// Packets of a second of audio at some packet time: how many, how long, and the last one's time.
fn with_ptime(ms: u64) -> (usize, usize, i32) {
    let mut negotiated = media(Codec::Pcmu, 5_000);
    negotiated.ptime = Duration::from_millis(ms);
    let mut rig = Rig::connected(negotiated);
    rig.tell(play(1, vec![clip(1_200)]));
    rig.run(1_190);
    let (first, last) = (&rig.sent[0], &rig.sent[rig.sent.len() - 1]);
    let span = last.header.timestamp.since(first.header.timestamp);
    (rig.sent.len(), first.payload.len(), span)
}

#[test]
fn other_packet_times_send_as_much_audio() {
    assert_eq!(with_ptime(10), (118, 80, 117 * 80));
    assert_eq!(with_ptime(20), (59, 160, 58 * 160));
    assert_eq!(with_ptime(30), (39, 240, 38 * 240));
    assert_eq!(with_ptime(60), (20, 480, 19 * 480));
    assert_eq!(with_ptime(0), with_ptime(10), "held to what is usual");
    assert_eq!(with_ptime(5_000), with_ptime(100));
}

#[test]
fn a_far_end_that_does_not_listen_is_not_sent_to_and_time_goes_on() {
    let mut negotiated = media(Codec::Pcmu, 5_000);
    negotiated.direction = Direction::RecvOnly;
    let mut rig = Rig::connected(negotiated);
    rig.tell(play(1, vec![clip(100)]));
    rig.run(200);
    assert_eq!(rig.lines(1), "");
    assert_eq!(
        rig.told(),
        "120 PlayDone { stream: StreamId(1), play: PlayId(1), finished: true }"
    );
}

#[test]
fn an_unspecified_address_holds_the_call() {
    let mut negotiated = media(Codec::Pcmu, 5_000);
    negotiated.remote_rtp = ([0, 0, 0, 0], 5_000).into();
    negotiated.remote_rtcp = ([0, 0, 0, 0], 5_001).into();
    let mut rig = Rig::connected(negotiated);
    rig.run(10_000);
    assert_eq!((rig.lines(1).as_str(), rig.rtcp.len()), ("", 0));
    assert_eq!(rig.sockets, ["bind 10002", "unlock"]);
}

#[test]
fn keys_are_sent_as_events_and_the_clip_waits() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    rig.tell(play(1, vec![clip(60)]));
    rig.run(30);
    rig.tell(Command::SendDigits {
        stream: StreamId(1),
        digits: vec![Digit::STAR],
    });
    rig.run(260);
    assert_eq!(
        rig.lines(1),
        "20 0 M 0 0 160\n\
         40 101 M 1 160 4\n60 101 . 2 160 4\n80 101 . 3 160 4\n100 101 . 4 160 4\n\
         120 101 . 5 160 4\n140 101 . 6 160 4\n160 101 . 7 160 4\n\
         240 0 M 8 1760 160\n260 0 . 9 1920 160\n280 0 . 10 2080 160"
    );
    assert_eq!(
        rig.told(),
        "220 DigitsSent { stream: StreamId(1) }\n280 PlayDone { stream: StreamId(1), play: PlayId(1), finished: true }"
    );
}

#[test]
fn keys_are_tones_where_events_were_not_agreed() {
    let mut negotiated = media(Codec::Pcmu, 5_000);
    negotiated.telephone_event = None;
    let mut rig = Rig::connected(negotiated.clone());
    check_tones(&mut rig);
    // Asked for before it was known.
    let mut rig = Rig::new();
    rig.open(1, false);
    let (stream, digits) = (StreamId(1), vec![Digit::POUND]);
    rig.tell(Command::SendDigits { stream, digits });
    rig.tell(Command::Connect {
        stream,
        media: negotiated,
    });
    rig.run(210);
    assert_eq!(rig.told(), "200 DigitsSent { stream: StreamId(1) }");
}

fn check_tones(rig: &mut Rig) {
    rig.tell(Command::SendDigits {
        stream: StreamId(1),
        digits: vec![Digit::POUND],
    });
    rig.run(210);
    let mut pcm = Vec::new();
    for packet in &rig.sent {
        Codec::Pcmu.decode(&packet.payload, &mut pcm);
    }
    assert_eq!((tone::share(&pcm[..800], 941.0) * 10.0).round(), 5.0);
    assert_eq!((tone::share(&pcm[..800], 1477.0) * 10.0).round(), 5.0);
    assert!(tone::power(&pcm[800..]) < 100.0);
    assert_eq!(rig.told(), "200 DigitsSent { stream: StreamId(1) }");
}

fn reports(datagram: &[u8]) -> Vec<Report> {
    let mut reports = Vec::new();
    assert!(rtcp::read(datagram, |report| reports.push(report)));
    reports
}

#[test]
fn reports_go_out_every_five_seconds_or_so_and_measure_the_round_trip() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    rig.run(60_000);
    assert!((8..=24).contains(&rig.rtcp.len()), "{}", rig.rtcp.len());
    let (sent_ms, to, datagram) = rig.rtcp[rig.rtcp.len() - 1].clone();
    assert_eq!(to, far(5_001));
    let [Report::Sender { ssrc, info }] = reports(&datagram)[..] else {
        panic!("{datagram:?}")
    };
    assert_eq!(ssrc, rig.sent[0].header.ssrc);
    // The far end answers after its own delay of half a second; the rest of the time is the way there and back.
    let block = rtcp::ReportBlock {
        ssrc,
        fraction_lost: 64,
        last_sr: info.ntp.middle(),
        delay_since_sr: 0x8000,
        ..Default::default()
    };
    let mut answer = Vec::new();
    let compound = rtcp::Compound {
        ssrc: 9,
        sender: None,
        block: Some(block),
        cname: "x",
        bye: rtcp::Bye::No,
    };
    rtcp::write(&compound, &mut answer);
    rig.ms = sent_ms + 580;
    rig.hear_on(1, Channel::Rtcp, 5_001, &mut answer);
    rig.tell(Command::Close { stream: StreamId(1) });
    let told = rig.told();
    assert!(told.contains("remote_loss: Some(0.25)"), "{told}");
    let trip = told
        .split("round_trip_ms: Some(")
        .nth(1)
        .and_then(|rest| rest.split(')').next())
        .unwrap();
    assert!((79.0..81.0).contains(&trip.parse::<f64>().unwrap()), "{trip}");
    let (_, _, last) = &rig.rtcp[rig.rtcp.len() - 1];
    assert!(reports(last).contains(&Report::Bye { ssrc }));
}

#[test]
fn reports_tell_what_was_lost() {
    let mut rig = Rig::connected(media(Codec::Pcmu, 5_000));
    for packet in (0..400u16).filter(|packet| packet % 4 != 1) {
        rig.hear(1, 5_000, rtp(0, packet, u32::from(packet) * 160, &[0xFF; 160]));
    }
    rig.run(8_000);
    let block = rig
        .rtcp
        .iter()
        .flat_map(|(_, _, datagram)| reports(datagram))
        .find_map(|report| match report {
            Report::Block(block) => Some(block),
            Report::Sender { .. } | Report::Bye { .. } => None,
        });
    let block = block.unwrap();
    assert_eq!(
        (
            block.ssrc,
            block.fraction_lost,
            block.cumulative_lost,
            block.highest_sequence
        ),
        (77, 64, 100, 399)
    );
}

#[test]
fn thousands_of_prompts_are_spread_over_the_milliseconds() {
    let mut rig = Rig::new();
    for stream in 1..=1_000 {
        rig.open(stream, false);
        rig.tell(Command::Connect {
            stream: StreamId(stream),
            media: media(Codec::Pcmu, 5_000),
        });
        let clips = vec![clip(1_000)];
        rig.tell(Command::Play {
            stream: StreamId(stream),
            play: PlayId(1),
            clips,
            repeat: true,
        });
    }
    rig.run(20);
    for _ in 0..100 {
        rig.sent.clear();
        rig.run(1);
        assert_eq!(rig.sent.len(), 50);
    }
    // A thread that was not run for half a second gives every stream one turn, not twenty-five.
    rig.sent.clear();
    rig.stall(500);
    rig.input(Input::Tick);
    assert_eq!(rig.sent.len(), 1_000);
}
