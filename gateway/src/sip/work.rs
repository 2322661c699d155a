//! Counts the bytes that the readers walk over, in tests only: that reading takes linear time is proved by counting, not by a clock.

use std::cell::Cell;

thread_local! {
    static WALKED: Cell<usize> = const { Cell::new(0) };
}

/// A reader has looked at so many bytes. Outside of tests this is nothing.
pub(crate) fn walked(bytes: usize) {
    if cfg!(test) {
        WALKED.with(|walked| walked.set(walked.get() + bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::{MAX_MESSAGE, Message};
    use super::*;
    use crate::sip::framing::Framer;
    use crate::sip::header::Name;

    /// So many times each byte is looked at, at most.
    const LOOKS: usize = 40;

    fn work(run: impl FnOnce()) -> usize {
        WALKED.with(|walked| walked.set(0));
        run();
        WALKED.with(Cell::get)
    }

    /// A request of about `size` bytes with `piece` over and over: in one header after the other, each as long as it may be.
    fn request(size: usize, name: &str, (open, piece): (&str, &str)) -> String {
        let mut text = String::from(
            "INVITE sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n",
        );
        while text.len() < size {
            let value = piece.repeat((size - text.len()).min(8000) / piece.len() + 1);
            text.push_str(&format!("{name}: {open}{value}\r\n"));
        }
        text.truncate(MAX_MESSAGE - 4);
        text + "\r\n\r\n"
    }

    /// Reads the message and all that is in it.
    fn read(text: String) {
        let Ok(message) = Message::parse(text) else {
            return;
        };
        for name in [Name::Contact, Name::Route, Name::RecordRoute] {
            message.addresses(&name).for_each(drop);
        }
        let _ = (
            message.content("application/sdp"),
            message.q850_cause(),
            message.unsupported(&[]),
        );
        message
            .vias()
            .iter()
            .for_each(|via| drop(via.with_source("192.0.2.1:1".parse().expect("an address"))));
        let _ = Message::parse(message.to_bytes());
    }

    #[test]
    fn reading_takes_linear_time() {
        for name in [
            "Via",
            "Contact",
            "Route",
            "Reason",
            "Require",
            "Content-Type",
            "X-Unknown",
        ] {
            for value in [
                ("", "<sip:a@h>,"),
                ("", "SIP/2.0/UDP h;branch=z9hG4bK1,"),
                ("<sip:a@h>", ";a=b"),
                ("<sip:a@h>", ";a=\"b;,\""),
                ("SIP/2.0/UDP h;branch=z", ";a=b"),
                ("Q.850", ";a=b"),
                ("", ","),
                ("", ";"),
                ("", "\""),
                ("\"", "\\\""),
                ("", "\"\\"),
                ("", "<"),
                ("", "<>"),
                ("", "\"<"),
                ("", "a,\""),
                ("", "\r\n "),
                ("", "a\r\n\t,"),
                ("", "a=b,Digest c"),
            ] {
                let small = work(|| read(request(8_000, name, value)));
                let large = work(|| read(request(64_000, name, value)));
                assert!(large <= LOOKS * 64_000, "{name} {value:?}: {large} looks");
                assert!(
                    large <= small.max(8_000) * 8 * 2,
                    "{name} {value:?}: {small}, eight times the size: {large}"
                );
            }
        }
    }

    #[test]
    fn a_stream_that_drips_takes_linear_time() {
        let drip = |size: usize| {
            work(|| {
                let mut framer = Framer::default();
                for byte in request(size, "X", ("", "y")).bytes() {
                    framer.push(&[byte]);
                    let _ = framer.next();
                }
            })
        };
        let (small, large) = (drip(4_000), drip(32_000));
        assert!(large <= small * 8 * 2, "{small}, eight times the size: {large}");
    }
}
