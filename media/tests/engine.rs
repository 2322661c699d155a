//! The whole engine over real sockets on loopback: what one far end plays is found in what the other hears.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use trunkline_media::clip::Clip;
use trunkline_media::codec::Codec;
use trunkline_media::command::{Command, Event, Open, PlayId, RecordSide, StreamId, Swallow};
use trunkline_media::dtmf::Digit;
use trunkline_media::io::{Engine, EngineConfig, EventReceiver};
use trunkline_media::rtp::Packet;
use trunkline_media::sdp::{Direction, Negotiated};
use trunkline_media::stats::StreamStats;
use trunkline_media::tone;

/// No step of these tests takes longer, unless it failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// An engine, and its events one at a time.
struct Rig {
    engine: Engine,
    events: EventReceiver,
    woken: Arc<(Mutex<bool>, Condvar)>,
}

impl Rig {
    fn start(threads: usize) -> Rig {
        let woken = Arc::new((Mutex::new(false), Condvar::new()));
        let bell = woken.clone();
        let wake = Arc::new(move || {
            *bell.0.lock().unwrap() = true;
            bell.1.notify_all();
        });
        let (engine, events) = Engine::start(EngineConfig {
            threads,
            seed: 5,
            wake,
        })
        .unwrap();
        Rig {
            engine,
            events,
            woken,
        }
    }

    fn send(&self, command: Command) {
        self.engine.send(0, command);
    }

    fn next(&self) -> Event {
        loop {
            if let Some(event) = self.events.try_recv() {
                return event;
            }
            let guard = self.woken.0.lock().unwrap();
            let (mut woken, waited) = self
                .woken
                .1
                .wait_timeout_while(guard, PATIENCE, |woken| !*woken)
                .unwrap();
            assert!(!waited.timed_out(), "no event");
            *woken = false;
        }
    }

    /// The first event that `wanted` accepts; those before it are passed over.
    fn wait<T>(&self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(&self.next()) {
                return found;
            }
        }
    }

    fn open(&self, stream: u64, port: u16, learn_source: bool) {
        self.send(Command::Open(Open {
            stream: StreamId(stream),
            shard: 0,
            local: [127, 0, 0, 1].into(),
            port,
            timeout: Some(Duration::from_secs(10)),
            learn_source,
            keys_in_signalling: false,
        }));
    }
}

fn media(remote_rtp: SocketAddr, codec: Codec) -> Negotiated {
    Negotiated {
        remote_rtp,
        remote_rtcp: (remote_rtp.ip(), remote_rtp.port() + 1).into(),
        rtcp_mux: false,
        codec,
        payload_type: codec.static_payload_type(),
        receive_payload_type: codec.static_payload_type(),
        telephone_event: Some((101, 101)),
        ptime: Duration::from_millis(20),
        direction: Direction::SendRecv,
        srtp: None,
    }
}

/// A pair of even and odd ports that is free now.
fn free_port() -> u16 {
    loop {
        let even = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = even.local_addr().unwrap().port();
        if port.is_multiple_of(2) && UdpSocket::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}

fn far_end() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn samples(path: &Path) -> Vec<i16> {
    hound::WavReader::open(path)
        .unwrap()
        .into_samples()
        .map(Result::unwrap)
        .collect()
}

/// A call over one engine: streams 1 and 2 are its legs, 3 and 4 the far ends of them.
fn bridged_call(rig: &Rig) -> Vec<u16> {
    let ports: Vec<u16> = (0..4).map(|_| free_port()).collect();
    for (stream, &port) in (1..).zip(&ports) {
        rig.open(stream, port, stream % 2 == 1);
    }
    let links = [
        (1, 2, Codec::Pcmu),
        (2, 3, Codec::Pcma),
        (3, 0, Codec::Pcmu),
        (4, 1, Codec::Pcma),
    ];
    for (stream, far, codec) in links {
        let media = media(([127, 0, 0, 1], ports[far]).into(), codec);
        rig.send(Command::Connect {
            stream: StreamId(stream),
            media,
        });
    }
    let swallow_from_a = Swallow(vec![Digit::STAR]);
    rig.send(Command::Bridge {
        a: StreamId(1),
        b: StreamId(2),
        swallow_from_a,
    });
    ports
}

/// Plays half a second of a high tone behind a second of a low one, and waits for its end.
fn play_tones(rig: &Rig, stream: u64) {
    let (low, high) = (
        tone::sine(523.0, 8_000.0, 8_000),
        tone::sine(659.0, 8_000.0, 4_000),
    );
    let clips = vec![Clip::from_pcm(&low), Clip::from_pcm(&high)];
    rig.send(Command::Play {
        stream: StreamId(stream),
        play: PlayId(7),
        clips,
        repeat: false,
    });
    let done = rig.wait(|event| {
        let Event::PlayDone { play, finished, .. } = event else {
            return None;
        };
        Some((*play, *finished))
    });
    assert_eq!(done, (PlayId(7), true));
}

fn close(rig: &Rig, stream: u64) -> StreamStats {
    rig.send(Command::Close {
        stream: StreamId(stream),
    });
    rig.wait(|event| {
        let Event::Closed {
            stream: closed,
            stats,
        } = event
        else {
            return None;
        };
        (closed.0 == stream).then_some(*stats)
    })
}

#[test]
fn a_clip_is_heard_across_the_bridge_and_in_both_recordings() {
    let folder = tempfile::tempdir().unwrap();
    let (sent, heard) = (folder.path().join("sent.wav"), folder.path().join("heard.wav"));
    let rig = Rig::start(1);
    let mut ports = bridged_call(&rig);
    rig.send(Command::Record {
        stream: StreamId(3),
        side: RecordSide::Sent,
        path: sent.clone(),
    });
    rig.send(Command::Record {
        stream: StreamId(4),
        side: RecordSide::Received,
        path: heard.clone(),
    });
    play_tones(&rig, 3);
    for stream in 1..=4 {
        let stats = close(&rig, stream);
        assert!(stats.rx_packets > 0 && stats.tx_packets > 0, "{stats:?}");
        assert_eq!(
            (stats.lost, stats.foreign_packets, stats.bad_packets),
            (0, 0, 0),
            "stream {stream}"
        );
    }
    for file in [&sent, &heard] {
        let pcm = samples(file);
        let (low, high) = (
            tone::heard_ms(&pcm, 523.0, 4_000.0),
            tone::heard_ms(&pcm, 659.0, 4_000.0),
        );
        assert!(
            (960..=1_000).contains(&low) && (460..=500).contains(&high),
            "{file:?}: {low} and {high} ms"
        );
    }
    // All ports come back, and then they are free for anybody.
    let released = |event: &Event| {
        let Event::Released { port } = event else {
            return None;
        };
        Some(*port)
    };
    let mut free: Vec<u16> = (0..4).map(|_| rig.wait(released)).collect();
    free.sort_unstable();
    ports.sort_unstable();
    assert_eq!(free, ports);
    assert!(
        ports
            .iter()
            .all(|&port| UdpSocket::bind(("127.0.0.1", port)).is_ok())
    );
}

#[test]
fn keys_are_told_and_cross_the_bridge_but_for_those_swallowed() {
    let rig = Rig::start(1);
    bridged_call(&rig);
    play_tones(&rig, 3);
    rig.send(Command::SendDigits {
        stream: StreamId(3),
        digits: vec![Digit::STAR, Digit::POUND],
    });
    let mut told: Vec<(u64, char)> = (0..3)
        .map(|_| {
            rig.wait(|event| {
                let Event::Digit { stream, digit } = event else {
                    return None;
                };
                Some((stream.0, digit.as_char()))
            })
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [(1, '#'), (1, '*'), (4, '#')]);
}

#[test]
fn a_stranger_is_not_heard_and_is_counted() {
    let rig = Rig::start(2);
    let (port, far, stranger) = (free_port(), far_end(), far_end());
    rig.open(1, port, false);
    rig.send(Command::Connect {
        stream: StreamId(1),
        media: media(far.local_addr().unwrap(), Codec::Pcmu),
    });
    let mut buffer = [0; 2_048];
    let (length, from) = far.recv_from(&mut buffer).unwrap();
    assert_eq!(from.port(), port);
    let packet = Packet::parse(&buffer[..length]).unwrap();
    assert!(packet.header.marker && packet.payload == [0xFF; 160]);

    let spoken = [&[0x80, 0x00, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4][..], &[0xFF; 160]].concat();
    for _ in 0..5 {
        stranger.send_to(&spoken, ("127.0.0.1", port)).unwrap();
    }
    far.send_to(&[1, 2, 3], ("127.0.0.1", port)).unwrap();
    far.send_to(&spoken, ("127.0.0.1", port)).unwrap();
    let from = rig.wait(|event| {
        let Event::FirstPacket { from, .. } = event else {
            return None;
        };
        Some(*from)
    });
    assert_eq!(from, far.local_addr().unwrap());
    let stats = close(&rig, 1);
    // The stranger's five were sent before the far end's packet, but are read one a tick: at least one is.
    assert!((1..=5).contains(&stats.foreign_packets), "{stats:?}");
    assert_eq!((stats.rx_packets, stats.bad_packets), (1, 1));
}

#[test]
fn a_learnt_source_is_locked_and_spoken_to() {
    let rig = Rig::start(1);
    let (port, described, behind_nat) = (free_port(), far_end(), far_end());
    rig.open(1, port, true);
    rig.send(Command::Connect {
        stream: StreamId(1),
        media: media(described.local_addr().unwrap(), Codec::Pcma),
    });
    let mut buffer = [0; 2_048];
    described.recv_from(&mut buffer).unwrap();
    let spoken = [&[0x80, 0x08, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4][..], &[0xD5; 160]].concat();
    behind_nat.send_to(&spoken, ("127.0.0.1", port)).unwrap();
    let (length, _) = behind_nat.recv_from(&mut buffer).unwrap();
    assert!(Packet::parse(&buffer[..length]).is_some());
}

#[test]
fn a_port_in_use_fails_to_open_and_comes_back_at_once() {
    let rig = Rig::start(1);
    let port = free_port();
    let _taken = UdpSocket::bind(("127.0.0.1", port + 1)).unwrap();
    rig.open(1, port, false);
    let failed = rig.wait(|event| {
        let Event::OpenFailed { stream, port, reason } = event else {
            return None;
        };
        Some((*stream, *port, reason.clone()))
    });
    assert_eq!((failed.0, failed.1), (StreamId(1), port));
    assert!(!failed.2.is_empty());
    assert!(UdpSocket::bind(("127.0.0.1", port)).is_ok());
}

#[test]
fn a_recording_that_cannot_be_written_is_told_and_the_call_goes_on() {
    let rig = Rig::start(1);
    let far = far_end();
    rig.open(1, free_port(), false);
    rig.send(Command::Connect {
        stream: StreamId(1),
        media: media(far.local_addr().unwrap(), Codec::Pcmu),
    });
    rig.send(Command::Record {
        stream: StreamId(1),
        side: RecordSide::Sent,
        path: "/nonexistent/folder/a.wav".into(),
    });
    rig.wait(|event| {
        let Event::RecordFailed { stream, .. } = event else {
            return None;
        };
        Some(*stream)
    });
    let clips = vec![Clip::from_pcm(&tone::sine(440.0, 8_000.0, 800))];
    rig.send(Command::Play {
        stream: StreamId(1),
        play: PlayId(1),
        clips,
        repeat: false,
    });
    rig.wait(|event| matches!(event, Event::PlayDone { finished: true, .. }).then_some(()));
    close(&rig, 1);
}
