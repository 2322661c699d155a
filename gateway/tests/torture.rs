//! The torture messages of RFC 4475 and RFC 5118, byte for byte as the RFCs have them. Every file has its verdict: what a legal message
//! is read into, or which response a broken one gets. The files lie beside the checkout, in `../shared/data`.

#![cfg(test)]

use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use trunkline_gateway::sip::header::Name;
use trunkline_gateway::sip::message::Message;
use trunkline_gateway::sip::method::Method;

fn folder(rfc: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data")
        .join(rfc);
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

fn load(rfc: &str, name: &str) -> Option<Bytes> {
    let path = folder(rfc)?.join(format!("{name}.dat"));
    Some(Bytes::from(fs::read(path).expect("a torture message")))
}

/// One line that says all that matters of a message, or how it is refused.
fn verdict(bytes: Bytes) -> String {
    match Message::parse(bytes) {
        Ok(message) => {
            assert_eq!(
                Message::parse(message.to_bytes()).as_ref(),
                Ok(&message),
                "print and parse"
            );
            let start = match message.request_uri() {
                Some(uri) => format!("{} {uri}", message.method()),
                None => format!("{} {}", message.status().expect("a response"), message.reason()),
            };
            let tag = |tag: Option<&[u8]>| tag.map_or("-".into(), String::from_utf8_lossy).into_owned();
            format!(
                "{start} | {} | {} {} | {} {} | {} | {}+{}",
                message.vias().len(),
                message.from().uri(),
                tag(message.from().tag()),
                message.to().uri(),
                tag(message.to().tag()),
                message.cseq().number,
                message.all_headers().count(),
                message.body().len(),
            )
        }
        Err(error) => {
            let source = "192.0.2.99:5060".parse().expect("an address");
            match error.answer(source, "t") {
                Some(_) => format!("{}: {}", error.fault.status(), error.fault),
                None => format!("dropped: {}", error.fault),
            }
        }
    }
}

/// Each file of the folder has its verdict, but for those that have a test of their own.
fn check(rfc: &str, verdicts: &[(&str, &str)], own_test: &[&str]) {
    let Some(folder) = folder(rfc) else {
        return;
    };
    let mut unjudged: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .path()
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| !own_test.contains(&name.as_str()))
        .collect();
    for (name, expected) in verdicts {
        let bytes = load(rfc, name).expect("the folder is there");
        assert_eq!(verdict(bytes), *expected, "{name}");
        unjudged.retain(|left| left != name);
    }
    assert!(unjudged.is_empty(), "without verdict: {unjudged:?}");
}

/// start line | Vias | From, tag | To, tag | CSeq | other headers + bytes of the body
#[rustfmt::skip]
const RFC_4475: &[(&str, &str)] = &[
    ("badaspec", "400: bad To"),
    ("badbranch", "OPTIONS sip:user@example.com | 1 | sip:caller@example.org 33242 | sip:user@example.com - | 8 | 2+0"),
    ("baddate", "INVITE sip:user@example.com | 1 | sip:caller@example.net 2234923 | sip:user@example.com - | 1392934 | 4+150"),
    ("baddn", "400: bad From"),
    ("badinv01", "400: bad Via"),
    ("badvers", "505: SIP version not supported"),
    ("bcast", "200 OK | 2 | sip:user@example.com 11141343 | sip:user@example.edu 2229 | 35 | 2+154"),
    ("bext01", "OPTIONS sip:user@example.com | 1 | sip:caller@example.net 242etr | sip:j_user@example.com - | 8 | 3+0"),
    ("bigcode", "dropped: bad start line"),
    ("clerr", "400: body shorter than Content-Length"),
    ("cparam01", "REGISTER sip:example.com | 1 | sip:watson@example.com DkfVgjkrtMwaerKKpe | sip:watson@example.com - | 2 | 2+0"),
    ("cparam02", "REGISTER sip:example.com | 1 | sip:watson@example.com 838293 | sip:watson@example.com - | 3 | 2+0"),
    ("dblreq", "REGISTER sip:example.com | 1 | sip:j.user@example.com 43251j3j324 | sip:j.user@example.com - | 8 | 2+0"),
    ("esc01", "INVITE sip:sips%3Auser%40example.com@example.net | 1 | sip:I%20have%20spaces@example.net 938 | sip:%75se%72@example.com - | 234234 | 3+150"),
    ("esc02", "RE%47IST%45R sip:registrar.example.com | 1 | sip:resource@example.com f232jadfj23 | sip:resource@example.com - | 29344 | 4+0"),
    ("escnull", "REGISTER sip:example.com | 1 | sip:null-%00-null@example.com 839923423 | sip:null-%00-null@example.com - | 14398234 | 3+0"),
    ("escruri", "400: bad URI"),
    ("insuf", "400: missing From"),
    ("intmeth", "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com | 1 | sip:mundane@example.com _token~1'+`*%!-. | sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com - | 139122385 | 2+0"),
    ("inv2543", "INVITE sip:UserB@example.com | 1 | sip:+13035551111@ift.client.example.net;user=phone - | sip:+16505552222@ss1.example.net - | 56 | 2+105"),
    ("invut", "INVITE sip:user@example.com | 1 | sip:caller@example.net 8392034 | sip:j.user@example.com - | 235448 | 3+40"),
    ("ltgtruri", "400: bad URI"),
    ("lwsdisp", "OPTIONS sip:user@example.com | 1 | sip:caller@example.com 323 | sip:user@example.com - | 60 | 1+0"),
    ("lwsruri", "400: bad start line"),
    ("lwsstart", "400: bad start line"),
    ("mcl01", "400: more than one Content-Length"),
    ("mismatch01", "400: CSeq does not match the method"),
    ("mismatch02", "400: CSeq does not match the method"),
    ("mpart01", "MESSAGE sip:kumiko@example.org | 1 | sip:fluffy@example.com 2fb0dcc9 | sip:kumiko@example.org - | 1 | 8+553"),
    ("multi01", "400: more than one CSeq"),
    ("ncl", "400: bad Content-Length"),
    ("noreason", "100  | 1 | sip:user@example.com 39ansfi3 | sip:user@example.edu 902jndnke3 | 35 | 1+0"),
    ("novelsc", "416: unsupported URI scheme"),
    ("quotbal", "400: bad To"),
    ("regaut01", "REGISTER sip:example.com | 1 | sip:j.user@example.com 87321hj23128 | sip:j.user@example.com - | 9338 | 2+0"),
    ("regbadct", "400: bad Contact"),
    ("regescrt", "REGISTER sip:example.com | 1 | sip:user@example.com 8 | sip:user@example.com - | 14398234 | 2+0"),
    ("scalar02", "400: bad CSeq"),
    ("scalarlg", "dropped: bad CSeq"),
    ("sdp01", "INVITE sip:user@example.com | 1 | sip:caller@example.net 234 | sip:j_user@example.com - | 8 | 4+150"),
    ("semiuri", "OPTIONS sip:user;par=u%40example.net@example.com | 1 | sip:caller@example.org 33242 | sip:j_user@example.com - | 8 | 2+0"),
    ("transports", "OPTIONS sip:user@example.com | 5 | sip:caller@example.com 323 | sip:user@example.com - | 60 | 2+0"),
    ("trws", "400: bad start line"),
    ("unkscm", "416: unsupported URI scheme"),
    ("unksm2", "REGISTER sip:example.com | 1 | http://www.example.com 3234233 | isbn:2983792873 - | 234902 | 2+0"),
    ("unreason", "200 = 2**3 * 5**2 но сто девяносто девять - простое | 1 | sip:user@example.com 11141343 | sip:user@example.edu 2229 | 35 | 2+154"),
    ("wsinv", "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam | 3 | sip:jdrosen@example.com 98asjd8 | sip:vivekg@chair-dnrc.example.com 1918181833n | 9 | 7+150"),
    ("zeromf", "OPTIONS sip:user@example.com | 1 | sip:caller@example.net 3ghsd41 | sip:user@example.com - | 39234321 | 1+0"),
];

#[rustfmt::skip]
const RFC_5118: &[(&str, &str)] = &[
    ("ipv4-mapped-ipv6", "INVITE sip:user@example.com | 2 | sip:user@east.example.com 81x2 | sip:user@example.com - | 612 | 3+236"),
    ("ipv6-bad", "400: bad URI"),
    ("ipv6-bug-abnf-3-colons", "OPTIONS sip:user@[2001:db8:::192.0.2.1] | 1 | sip:user@example.com 810x2 | sip:user@[2001:db8:::192.0.2.1] - | 689 | 1+0"),
    ("ipv6-correct-abnf-2-colons", "OPTIONS sip:user@[2001:db8::192.0.2.1] | 1 | sip:user@example.com 810x2 | sip:user@[2001:db8::192.0.2.1] - | 689 | 1+0"),
    ("ipv6-good", "REGISTER sip:[2001:db8::10] | 1 | sip:user@example.com 81x2 | sip:user@example.com - | 98176 | 2+0"),
    ("ipv6-in-sdp", "INVITE sip:user@[2001:db8::10] | 1 | sip:user@example.com 81x2 | sip:user@[2001:db8::10] - | 8612 | 3+241"),
    ("mult-ip-in-header", "BYE sip:user@host.example.net | 3 | sip:user@example.com 81x2 | sip:user@example.net 9817--94 | 89187 | 1+0"),
    ("mult-ip-in-sdp", "INVITE sip:user@[2001:db8::10] | 1 | sip:user@example.com 81x2 | sip:user@[2001:db8::10] - | 8912 | 3+181"),
    ("port-ambiguous", "REGISTER sip:[2001:db8::10:5070] | 1 | sip:user@example.com 81x2 | sip:user@example.com - | 98176 | 2+0"),
    ("port-unambiguous", "REGISTER sip:[2001:db8::10]:5070 | 1 | sip:user@example.com 81x2 | sip:user@example.com - | 98176 | 2+0"),
    ("via-received-param-no-delim", "OPTIONS sip:[2001:db8::10] | 1 | sip:user@example.com 81x2 | sip:user@example.com - | 921 | 2+0"),
    ("via-received-param-with-delim", "BYE sip:[2001:db8::10] | 1 | sip:user@example.com 81x2 | sip:user@example.com bd76ya | 321 | 1+0"),
];

#[test]
fn every_message_of_rfc_4475_has_its_verdict() {
    check("rfc4475", RFC_4475, &["longreq"]);
}

#[test]
fn every_message_of_rfc_5118_has_its_verdict() {
    check("rfc5118", RFC_5118, &[]);
}

fn parse(name: &str) -> Option<Message> {
    load("rfc4475", name).map(|bytes| Message::parse(bytes).expect("legal"))
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(bytes.as_ref()).into_owned()
}

#[test]
fn longreq_keeps_its_34_vias_in_order() {
    let Some(message) = parse("longreq") else {
        return;
    };
    let hosts: Vec<String> = message.vias().iter().map(|via| text(via.host())).collect();
    let expected: Vec<String> = (1..=33)
        .rev()
        .map(|n| format!("sip{n}.example.com"))
        .chain(["host.example.com".into()])
        .collect();
    assert_eq!(hosts, expected);
    assert_eq!(message.from().tag().map(<[u8]>::len), Some(155));
    assert_eq!(message.to().uri().port(), Some(6000));
    assert_eq!((message.cseq().number, message.body().len()), (3_882_340, 150));
}

#[test]
fn wsinv_is_read_through_all_its_white_space() {
    let Some(message) = parse("wsinv") else {
        return;
    };
    let vias: Vec<String> = message
        .vias()
        .iter()
        .map(|via| {
            format!(
                "{} {} {}",
                text(via.transport()),
                text(via.host()),
                text(via.branch().expect("one"))
            )
        })
        .collect();
    assert_eq!(
        vias,
        [
            "UDP 192.0.2.2 390skdjuw",
            "TCP spindle.example.com z9hG4bK9ikj8",
            "UDP 192.168.255.111 z9hG4bK30239"
        ]
    );
    assert_eq!(message.max_forwards(), Some(68));
    assert_eq!(message.from().display().as_deref(), Some("J Rosenberg \\\""));
    let contact = message.contact().expect("one");
    assert_eq!(contact.display().as_deref(), Some("Quoted string \"\""));
    assert_eq!(
        contact.params().value("NEWPARAM").map(text).as_deref(),
        Some("newvalue")
    );
    assert_eq!(contact.params().value("q").map(text).as_deref(), Some("0.33"));
    let folded = message.header(&Name::parse("NewFangledHeader").expect("a name"));
    assert_eq!(
        folded.map(|value| value.text()).as_deref(),
        Some("newfangled value continued newfangled value")
    );
    let routes: Vec<String> = message
        .addresses(&Name::Route)
        .map(|route| route.uri().to_string())
        .collect();
    assert_eq!(
        routes,
        ["sip:services.example.com;lr;unknownwith=value;unknown-no-value"]
    );
    assert_eq!(
        message
            .header(&Name::Subject)
            .map(|value| value.text())
            .as_deref(),
        Some("")
    );
}

#[test]
fn escapes_are_left_as_they_are() {
    let (Some(esc01), Some(esc02), Some(escnull)) = (parse("esc01"), parse("esc02"), parse("escnull")) else {
        return;
    };
    assert_eq!(
        esc01.contact().expect("one").uri().to_string(),
        "sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31"
    );
    assert_eq!(
        esc01.request_uri().and_then(|uri| uri.user_text()).as_deref(),
        Some("sips:user@example.com")
    );
    assert_ne!(*esc02.method(), Method::Register, "a method is never unescaped");
    assert_eq!(
        esc02.addresses(&Name::Contact).count(),
        2,
        "C%6Fntact is another header"
    );
    assert_eq!(esc02.to().display().as_deref(), Some("%Z%45"));
    assert_eq!(escnull.addresses(&Name::Contact).count(), 2);
    assert_eq!(escnull.from().uri().user_text().as_deref(), Some("null-%00-null"));
}

#[test]
fn parameters_belong_where_the_brackets_say() {
    let (Some(without), Some(with)) = (parse("cparam01"), parse("cparam02")) else {
        return;
    };
    let (without, with) = (without.contact().expect("one"), with.contact().expect("one"));
    assert!(
        without.params().get("unknownparam").is_some()
            && without.uri().params().get("unknownparam").is_none()
    );
    assert!(with.params().get("unknownparam").is_none() && with.uri().params().get("unknownparam").is_some());
}

#[test]
fn what_follows_content_length_is_dropped() {
    let Some(message) = parse("dblreq") else {
        return;
    };
    assert_eq!(*message.method(), Method::Register);
    assert!(message.body().is_empty());
}

#[test]
fn bodies_are_bytes() {
    let Some(message) = parse("mpart01") else {
        return;
    };
    assert_eq!(message.content("text/plain").as_deref(), Some(&b"Hello"[..]));
    let signature = message
        .content("application/octet-stream")
        .expect("the other part");
    assert_eq!(
        (signature.len(), signature[0]),
        (342, 0x30),
        "DER, with CR, LF and NUL in it"
    );
}

#[test]
fn control_characters_in_quotes_are_borne_and_never_shown() {
    let Some(message) = parse("intmeth") else {
        return;
    };
    assert_eq!(
        message.to().display().as_deref(),
        Some("BEL:\u{fffd} NUL:\u{fffd} DEL:\u{fffd}")
    );
    let printed = message.response(200, "t").to_bytes();
    assert_eq!(
        Message::parse(printed).expect("sound").to().tag(),
        Some(&b"t"[..])
    );
}

#[test]
fn required_extensions_are_named_in_unsupported() {
    let Some(message) = parse("bext01") else {
        return;
    };
    let unsupported = message.unsupported(&["100rel"]).map(|value| value.text());
    assert_eq!(
        unsupported.as_deref(),
        Some("nothingSupportsThis, nothingSupportsThisEither")
    );
}

#[test]
fn received_is_read_with_and_without_brackets() {
    for name in ["via-received-param-no-delim", "via-received-param-with-delim"] {
        let Some(bytes) = load("rfc5118", name) else {
            return;
        };
        let message = Message::parse(bytes).expect("legal");
        assert_eq!(message.via().received(), "2001:db8::9:255".parse().ok(), "{name}");
    }
}
