//! A dialog (RFC 3261 section 12): the two tags, the CSeq numbers, the remote target and the route set, and what a request
//! within it looks like.

use std::net::{IpAddr, SocketAddr};

use crate::sip::api::{DialogSnapshot, Path};
use crate::sip::header::{CallId, Name, NameAddr, Via};
use crate::sip::message::{Head, Message};
use crate::sip::method::Method;
use crate::sip::uri::Uri;

/// A dialog, seen from our side.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    /// Call-ID.
    pub(crate) call_id: CallId,
    /// From of our requests, with our tag.
    pub(crate) local: NameAddr,
    /// To of our requests, with the far end's tag, unless it is one of RFC 2543 (RFC 3261 12.1.1).
    pub(crate) remote: NameAddr,
    /// CSeq number of our last request.
    pub(crate) local_cseq: u32,
    /// CSeq number of the far end's last request.
    pub(crate) remote_cseq: Option<u32>,
    /// URI of the far end's Contact.
    pub(crate) remote_target: Uri,
    /// Route set, in the order in which we send it.
    pub(crate) route_set: Vec<NameAddr>,
    /// Where the INVITE went or came from: our requests go there when the next hop is no address that can be reached.
    pub(crate) path: Path,
    /// RSeq of the last reliable 18x (RFC 3262 4).
    pub(crate) rseq: Option<u32>,
    /// The far end has said that it takes UPDATE (RFC 3311 4).
    pub(crate) takes_update: bool,
}

/// A CSeq lower than one that was there before (RFC 3261 12.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LowerCseq;

/// What a reliable 18x is to its dialog (RFC 3262 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reliable {
    /// The next one: PRACK it and hand it on.
    Next,
    /// One that was there before, or one too early: do nothing, it is repeated until PRACK comes.
    Ignore,
}

impl Dialog {
    /// The next CSeq number of ours.
    pub(crate) fn next_cseq(&mut self) -> u32 {
        self.local_cseq = self.local_cseq.saturating_add(1);
        self.local_cseq
    }

    /// Takes the CSeq number of a request: a gap is legal, a lower one is not (RFC 3261 12.2.2).
    pub(crate) fn take_cseq(&mut self, cseq: u32) -> Result<(), LowerCseq> {
        match self.remote_cseq {
            Some(last) if cseq < last => Err(LowerCseq),
            Some(_) | None => {
                self.remote_cseq = Some(cseq);
                Ok(())
            }
        }
    }

    /// Takes the RSeq of a reliable 18x.
    pub(crate) fn take_rseq(&mut self, rseq: u32) -> Reliable {
        match self.rseq {
            Some(last) if rseq != last.wrapping_add(1) => Reliable::Ignore,
            Some(_) | None => {
                self.rseq = Some(rseq);
                Reliable::Next
            }
        }
    }

    /// A request within the dialog (RFC 3261 12.2.1.1). A first route without `lr` is a strict router: it wants to be the
    /// Request-URI, and the remote target goes to the end.
    pub(crate) fn request(&self, method: Method, via: Via, cseq: u32) -> Message {
        let head = Head {
            via,
            from: self.local.clone(),
            to: self.remote.clone(),
            call_id: self.call_id.clone(),
            cseq,
        };
        let strict = self.route_set.split_first().filter(|(first, _)| !is_loose(first));
        let (uri, routes) = match strict {
            Some((first, rest)) => (first.uri(), rest),
            None => (&self.remote_target, &self.route_set[..]),
        };
        let mut request = Message::request(method, uri.clone(), head);
        for route in routes {
            request.push(Name::Route, route.clone());
        }
        if strict.is_some() {
            request.push(Name::Route, NameAddr::new(&self.remote_target));
        }
        request
    }

    /// Where the next request goes (RFC 3261 8.1.2): to the first route or the remote target, when that is an address.
    /// Nothing here waits for DNS, and an address from behind a NAT leads nowhere: then it goes where the INVITE went.
    pub(crate) fn next_path(&self) -> Path {
        let next_hop = self.route_set.first().map_or(&self.remote_target, NameAddr::uri);
        let reachable = next_hop
            .host_addr()
            .filter(|ip| is_reachable(*ip, self.path.remote.ip()));
        let Some(ip) = reachable else { return self.path };
        let remote = SocketAddr::new(
            ip,
            next_hop
                .port()
                .unwrap_or_else(|| self.path.transport.default_port()),
        );
        let connection = self.path.connection.filter(|_| remote == self.path.remote);
        Path {
            remote,
            connection,
            ..self.path
        }
    }

    /// In plain data.
    pub(crate) fn snapshot(&self) -> DialogSnapshot {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        DialogSnapshot {
            call_id: text(self.call_id.as_bytes()),
            local: text(self.local.as_bytes()),
            remote: text(self.remote.as_bytes()),
            remote_target: text(self.remote_target.as_bytes()),
            route_set: self
                .route_set
                .iter()
                .map(|route| text(route.as_bytes()))
                .collect(),
            local_cseq: self.local_cseq,
            transport: self.path.transport,
            next_hop: self.next_path().remote,
        }
    }

    /// From plain data; `None` when it is no dialog.
    pub(crate) fn from_snapshot(local: SocketAddr, snapshot: &DialogSnapshot) -> Option<Dialog> {
        let address = |text: &String| NameAddr::parse(text.clone()).ok();
        Some(Dialog {
            call_id: CallId::parse(snapshot.call_id.clone()).ok()?,
            local: address(&snapshot.local)?,
            remote: address(&snapshot.remote)?,
            local_cseq: snapshot.local_cseq,
            remote_cseq: None,
            remote_target: Uri::parse(snapshot.remote_target.clone()).ok()?,
            route_set: snapshot.route_set.iter().map(address).collect::<Option<_>>()?,
            path: Path {
                transport: snapshot.transport,
                local,
                remote: snapshot.next_hop,
                connection: None,
            },
            rseq: None,
            takes_update: false,
        })
    }
}

/// RFC 3261 19.1.1.
fn is_loose(route: &NameAddr) -> bool {
    route.uri().params().get("lr").is_some()
}

/// Whether `ip`, as the far end calls itself, can be where its messages came from `seen`.
fn is_reachable(ip: IpAddr, seen: IpAddr) -> bool {
    if ip == seen {
        return true;
    }
    let inside = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
    };
    ip.is_ipv4() == seen.is_ipv4()
        && !ip.is_unspecified()
        && !ip.is_multicast()
        && ip.is_loopback() == seen.is_loopback()
        && (!inside(ip) || inside(seen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trunk::snapshot::Transport;

    fn dialog(routes: &[&'static str], target: &'static str) -> Dialog {
        Dialog {
            call_id: CallId::parse("c").expect("legal"),
            local: NameAddr::parse("<sip:us@a>;tag=1").expect("legal"),
            remote: NameAddr::parse("<sip:them@b>;tag=2").expect("legal"),
            local_cseq: 1,
            remote_cseq: None,
            remote_target: Uri::parse(target).expect("legal"),
            route_set: routes
                .iter()
                .map(|route| NameAddr::parse(*route).expect("legal"))
                .collect(),
            path: Path {
                transport: Transport::Udp,
                local: "198.51.100.1:5060".parse().expect("address"),
                remote: "192.0.2.2:5060".parse().expect("address"),
                connection: None,
            },
            rseq: None,
            takes_update: false,
        }
    }

    /// `Request-URI | Route, Route | address`
    #[track_caller]
    fn check(routes: &[&'static str], target: &'static str, expected: &str) {
        let dialog = dialog(routes, target);
        let via = Via::new("UDP", dialog.path.local, "b").expect("legal");
        let request = dialog.request(Method::Bye, via, 2);
        let routes: Vec<String> = request.headers(&Name::Route).map(|value| value.text()).collect();
        let uri = request.request_uri().expect("a request").as_bytes().clone();
        let to = dialog.next_path().remote;
        let found = format!("{} | {} | {to}", String::from_utf8_lossy(&uri), routes.join(", "));
        assert_eq!(found, expected);
    }

    #[test]
    fn the_route_set_is_loose_or_strict() {
        check(&[], "sip:t@192.0.2.3", "sip:t@192.0.2.3 |  | 192.0.2.3:5060");
        check(
            &["<sip:192.0.2.9:5070;lr>", "<sip:p2>"],
            "sip:t@h",
            "sip:t@h | <sip:192.0.2.9:5070;lr>, <sip:p2> | 192.0.2.9:5070",
        );
        check(
            &["<sip:p1>", "<sip:p2;lr>"],
            "sip:t@192.0.2.3",
            "sip:p1 | <sip:p2;lr>, <sip:t@192.0.2.3> | 192.0.2.2:5060",
        );
    }

    #[test]
    fn names_and_addresses_behind_a_nat_lead_to_where_the_invite_went() {
        for target in [
            "sip:t@h.example.com",
            "sip:t@10.0.0.1:5080",
            "sip:t@127.0.0.1",
            "sip:t@0.0.0.0",
            "tel:+1",
        ] {
            assert_eq!(
                dialog(&[], target).next_path().remote.to_string(),
                "192.0.2.2:5060",
                "{target}"
            );
        }
    }

    #[test]
    fn a_cseq_gap_is_legal_and_a_lower_one_is_not() {
        let mut dialog = dialog(&[], "sip:t");
        assert_eq!(dialog.take_cseq(5), Ok(()));
        assert_eq!(dialog.take_cseq(2_000_000_000), Ok(()));
        assert_eq!(dialog.take_cseq(2_000_000_000), Ok(()));
        assert_eq!(dialog.take_cseq(6), Err(LowerCseq));
    }

    #[test]
    fn reliable_responses_are_taken_in_order() {
        let mut dialog = dialog(&[], "sip:t");
        let taken = [7, 7, 9, 8, 7, 9].map(|rseq| dialog.take_rseq(rseq) == Reliable::Next);
        assert_eq!(taken, [true, false, false, true, false, true]);
    }

    #[test]
    fn a_snapshot_makes_the_same_dialog() {
        let dialog = dialog(&["<sip:192.0.2.9;lr>"], "sip:t@h;x=y");
        let snapshot = dialog.snapshot();
        let again = Dialog::from_snapshot(dialog.path.local, &snapshot).expect("a dialog");
        assert_eq!(again.snapshot(), snapshot);
    }
}
