//! A zone in a few lines, a wish, and where its requests go.

use std::time::Duration;

use super::*;

const SPOKEN: [Transport; 2] = [Transport::Udp, Transport::Tcp];

/// `name TYPE value …` a line; a type of `?` is a name server that says nothing to that name. A time to live of 60 s for all but the name
/// `brief`, which has 5.
struct Zone {
    lines: &'static str,
    now: Instant,
}

impl Zone {
    fn ask<T>(&self, name: &str, kind: &str, read: impl Fn(&[&str]) -> T) -> Result<Answer<T>, Unknown> {
        let mut records = Vec::new();
        for line in self.lines.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [of, "?"] if *of == name => return Err(Unknown),
                [of, what, rest @ ..] if *of == name && *what == kind => records.push(read(rest)),
                _ => {}
            }
        }
        let ttl = Duration::from_secs(if name == "brief" { 5 } else { 60 });
        let until = Some(self.now + ttl);
        Ok(Answer { records, until })
    }
}

fn number(word: &str) -> u16 {
    word.parse().expect("a number")
}

fn ip(word: &str) -> IpAddr {
    word.parse().expect("an address")
}

impl Names for Zone {
    async fn naptr(&self, name: &str) -> Result<Answer<Naptr>, Unknown> {
        self.ask(name, "NAPTR", |words| Naptr {
            order: number(words[0]),
            preference: number(words[1]),
            service: words[2].into(),
            replacement: words[3].into(),
        })
    }

    async fn srv(&self, name: &str) -> Result<Answer<Srv>, Unknown> {
        self.ask(name, "SRV", |words| Srv {
            priority: number(words[0]),
            weight: number(words[1]),
            port: number(words[2]),
            target: words[3].into(),
        })
    }

    async fn addresses(&self, name: &str) -> Result<Answer<IpAddr>, Unknown> {
        let mut both: Answer<IpAddr> = self.ask(name, "A", |words| ip(words[0]))?;
        let v6: Answer<IpAddr> = self.ask(name, "AAAA", |words| ip(words[0]))?;
        both.records.extend(v6.records);
        Ok(both)
    }
}

/// `Udp 10/5 192.0.2.1:5060 [2001:db8::1]:5060, …`
fn told(found: &Found) -> String {
    let server = |s: &Server| {
        let addresses: Vec<String> = s.addresses.iter().map(SocketAddr::to_string).collect();
        format!("{}/{} {}", s.priority, s.weight, addresses.join(" "))
    };
    let servers: Vec<String> = found.servers.iter().map(server).collect();
    let doubt = if found.doubtful { " (doubtful)" } else { "" };
    format!("{:?} {}{doubt}", found.transport, servers.join(", "))
}

async fn find(zone: &Zone, (host, port, transport): (&str, Option<u16>, Option<Transport>)) -> Found {
    let wish = Wish {
        host,
        port,
        transport,
        spoken: &SPOKEN,
    };
    locate(zone, &wish).await
}

#[expect(clippy::disallowed_methods, reason = "any instant will do as the origin")]
fn zone(lines: &'static str) -> Zone {
    Zone {
        lines,
        now: Instant::now(),
    }
}

async fn check(lines: &'static str, wish: (&str, Option<u16>, Option<Transport>), expected: &str) {
    let found = find(&zone(lines), wish).await;
    assert_eq!(told(&found), expected, "{wish:?} in\n{lines}");
}

/// A carrier with everything.
const CARRIER: &str = "
    carrier NAPTR 20 10 SIP+D2U _sip._udp.carrier
    carrier NAPTR 10 20 SIP+D2T _sip._tcp.carrier
    carrier NAPTR 10 10 SIPS+D2T _sips._tcp.carrier
    _sip._udp.carrier SRV 20 5 5070 two
    _sip._udp.carrier SRV 10 5 5080 one
    _sip._tcp.carrier SRV 10 1 5090 one
    carrier A 192.0.2.9
    one A 192.0.2.2
    one A 192.0.2.1
    one AAAA 2001:db8::1
    two A 192.0.2.3";

#[tokio::test]
async fn naptr_chooses_the_transport_that_we_speak() {
    check(
        CARRIER,
        ("carrier", None, None),
        "Tcp 10/1 192.0.2.1:5090 192.0.2.2:5090 [2001:db8::1]:5090",
    )
    .await;
}

#[tokio::test]
async fn who_names_the_transport_is_asked_for_srv_alone() {
    let udp = "Udp 10/5 192.0.2.1:5080 192.0.2.2:5080 [2001:db8::1]:5080, 20/5 192.0.2.3:5070";
    check(CARRIER, ("carrier", None, Some(Transport::Udp)), udp).await;
    // Without SRV: the host and the usual port.
    let tls = "Tls 0/0 192.0.2.9:5061";
    check(CARRIER, ("carrier", None, Some(Transport::Tls)), tls).await;
}

#[tokio::test]
async fn who_names_the_port_is_asked_for_addresses_alone() {
    let tcp = Some(Transport::Tcp);
    check(CARRIER, ("carrier", Some(5066), tcp), "Tcp 0/0 192.0.2.9:5066").await;
    check(CARRIER, ("carrier", Some(5066), None), "Udp 0/0 192.0.2.9:5066").await;
}

#[tokio::test]
async fn an_address_is_looked_up_nowhere() {
    let silent = "192.0.2.7 ?";
    check(silent, ("192.0.2.7", None, None), "Udp 0/0 192.0.2.7:5060").await;
    let tls = Some(Transport::Tls);
    check(silent, ("[2001:db8::7]", None, tls), "Tls 0/0 [2001:db8::7]:5061").await;
    check(silent, ("2001:db8::7", Some(1), None), "Udp 0/0 [2001:db8::7]:1").await;
}

#[tokio::test]
async fn without_naptr_every_transport_is_looked_for() {
    let tcp = "_sip._tcp.host SRV 1 2 5062 one\n one A 192.0.2.1\n host A 192.0.2.2";
    check(tcp, ("host", None, None), "Tcp 1/2 192.0.2.1:5062").await;
    check("host A 192.0.2.2", ("host", None, None), "Udp 0/0 192.0.2.2:5060").await;
    check("", ("host", None, None), "Udp ").await;
}

#[tokio::test]
async fn a_point_says_that_there_is_no_such_service() {
    let none = "_sip._udp.host SRV 0 0 0 .\n host A 192.0.2.2";
    check(none, ("host", None, Some(Transport::Udp)), "Udp ").await;
}

#[tokio::test]
async fn a_name_server_that_is_silent_leaves_a_doubt() {
    let udp = Some(Transport::Udp);
    check(
        "_sip._udp.host ?\n host A 192.0.2.2",
        ("host", None, udp),
        "Udp 0/0 192.0.2.2:5060 (doubtful)",
    )
    .await;
    check("host ?", ("host", Some(5060), udp), "Udp  (doubtful)").await;
}

#[tokio::test]
async fn more_than_enough_is_cut() {
    let mut lines = String::new();
    for n in 0..40 {
        lines += &format!("_sip._udp.host SRV {n} 0 5060 h{n}\nh{n} A 192.0.2.{n}\nh{n} A 198.51.100.{n}\n");
    }
    let found = find(&zone(lines.leak()), ("host", None, Some(Transport::Udp))).await;
    let addresses = found.servers.iter().flat_map(|s| &s.addresses).count();
    assert_eq!((found.servers.len(), addresses), (8, MAX_ADDRESSES));
}

#[tokio::test]
async fn the_shortest_time_to_live_counts() {
    let zone = zone("_sip._udp.host SRV 1 1 5060 brief\nbrief A 192.0.2.1");
    let found = find(&zone, ("host", None, Some(Transport::Udp))).await;
    assert_eq!(found.until, Some(zone.now + Duration::from_secs(5)));
}
