//! sipp scenarios, said in the verbs of a leg and written out as sipp's XML.
//!
//! ```
//! use trunkline_tests::scenario::Scenario;
//! let target = Scenario::answering("target talks").ringing().answer().pause(2_000).bye_out();
//! assert!(target.xml().contains("INVITE"));
//! ```

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;
use trunkline_media::dtmf::Digit;

use crate::capture;

mod within;

/// A scenario under construction; each verb adds a step.
#[derive(Clone, Debug)]
pub struct Scenario {
    name: String,
    body: String,
    keys: Vec<Digit>,
    mute: bool,
    /// CSeq number of the last request in the dialog.
    cseq: u32,
    /// PRACKs sent.
    pracks: u32,
}

const SDP: &str = "\
v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
";

/// A moment of silence, as RTP.
const BREATH: &str = "breath.pcap";
const CONTACT: &str = "Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>\n";
/// Who talks in a dialog whose INVITE sipp has sent.
const OURS: &str = "[last_From:]\n[last_To:]\n";
/// Who talks in a dialog whose INVITE sipp has answered.
const THEIRS: &str = "From:[$local];tag=[pid]T[call_number]\nTo:[$remote]\n";
/// CSeq number of a BYE: greater than that of any request before.
const LAST_CSEQ: u32 = 99;

/// A description of its session's next version: where its media is, and what it is.
pub fn described(version: u32, connection: &str, media: &str) -> String {
    format!(
        "v=0\no=- 1 {version} IN IP[local_ip_type] [local_ip]\ns=-\nc=IN IP4 {connection}\nt=0 0\n{media}"
    )
}

/// The audio of [`Scenario::answer`], with a direction.
pub fn audio(direction: &str) -> String {
    format!(
        "m=audio [auto_media_port] RTP/AVP 0 101\na=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na={direction}\n"
    )
}

const ECHOED: &str = "[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n";
const TAGGED: &str = "\
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:];tag=[pid]T[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>
";

impl Scenario {
    /// Waits for our INVITE.
    pub fn answering(name: &str) -> Scenario {
        Scenario::empty(name).step(concat!(
            "<recv request=\"INVITE\" rrs=\"true\"><action>",
            "<ereg regexp=\".*\" search_in=\"hdr\" header=\"From:\" assign_to=\"remote\"/>",
            "<ereg regexp=\".*\" search_in=\"hdr\" header=\"To:\" assign_to=\"local\"/>",
            "<ereg regexp=\".*\" search_in=\"hdr\" header=\"Via:\" assign_to=\"via\"/>",
            "<log message=\"[$remote][$local][$via]\"/>",
            "</action></recv>\n"
        ))
    }

    /// Waits for nothing: a verb that sends comes first.
    pub fn empty(name: &str) -> Scenario {
        Scenario {
            name: name.to_owned(),
            body: String::new(),
            keys: Vec::new(),
            mute: false,
            cseq: 1,
            pracks: 0,
        }
    }

    /// Calls `number` at the remote address with an offer, as `from`; waits for 100.
    pub fn calling(name: &str, number: &str, from: &str) -> Scenario {
        Scenario::calling_with(name, number, from, "")
    }

    /// The same with these further header lines.
    pub fn calling_with(name: &str, number: &str, from: &str, headers: &str) -> Scenario {
        Scenario::empty(name).invite((number, number, from), headers)
    }

    /// Calls a registered `account` about `number`: To names the number, the Request-URI the account.
    pub fn calling_account(name: &str, account: &str, number: &str, from: &str) -> Scenario {
        Scenario::empty(name).invite((account, number, from), "")
    }

    /// Calls `number`, is challenged by 401, and calls again with a proof of this account (sipp knows MD5).
    pub fn calling_proved(name: &str, number: &str, from: &str, account: (&str, &str)) -> Scenario {
        let (user, password) = account;
        let proof = format!("[authentication username={user} password={password}]\n");
        let mut refused = Scenario::empty(name)
            .invite((number, number, from), "")
            .step("<recv response=\"401\" auth=\"true\"/>\n")
            .ack_refused(number, from);
        refused.cseq += 1;
        refused.invite((number, number, from), &proof)
    }

    /// INVITE with an offer; waits for 100.
    fn invite(self, (user, number, from): (&str, &str, &str), headers: &str) -> Scenario {
        let cseq = self.cseq;
        let invite = format!(
            "INVITE sip:{user}@[remote_ip]:[remote_port] SIP/2.0\n\
             Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n\
             From: <sip:{from}@[local_ip]>;tag=[pid]F[call_number]\n\
             To: <sip:{number}@[remote_ip]>\n\
             Call-ID: [call_id]\n\
             CSeq: {cseq} INVITE\n\
             Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>\n\
             Max-Forwards: 70\n{headers}"
        );
        self.send(" retrans=\"500\"", &invite, Some(SDP))
            .step("<recv response=\"100\" optional=\"true\"/>\n")
    }

    /// ACK to a refusal: of its transaction (RFC 3261 17.1.1.3).
    fn ack_refused(self, number: &str, from: &str) -> Scenario {
        let cseq = self.cseq;
        let ack = format!(
            "ACK sip:{number}@[remote_ip]:[remote_port] SIP/2.0\n\
             [last_Via:]\n\
             From: <sip:{from}@[local_ip]>;tag=[pid]F[call_number]\n\
             [last_To:]\n\
             Call-ID: [call_id]\n\
             CSeq: {cseq} ACK\n\
             Max-Forwards: 70\n"
        );
        self.send("", &ack, None)
    }

    /// 100: our INVITE has come.
    pub fn trying(self) -> Scenario {
        self.respond("100 Trying", "", None, "")
    }

    /// 180 without SDP.
    pub fn ringing(self) -> Scenario {
        self.respond("180 Ringing", "", None, "")
    }

    /// 183 with SDP: early media may follow.
    pub fn progress(self) -> Scenario {
        self.respond("183 Session Progress", "", Some(SDP), "")
    }

    /// Never sends RTP by itself: what [`Scenario::answer`] does otherwise, as nobody who answers a telephone is quite silent.
    pub fn mute(mut self) -> Scenario {
        self.mute = true;
        self
    }

    /// 200 with SDP, repeated until the ACK comes; then a moment of silence.
    pub fn answer(self) -> Scenario {
        let up = self
            .respond("200 OK", "", Some(SDP), " retrans=\"500\"")
            .step("<recv request=\"ACK\"/>\n");
        if up.mute { up } else { up.play(BREATH) }
    }

    /// The same where datagrams are lost: the INVITE may come again after the 200, which sipp takes for an error by itself. It knows a
    /// repeated INVITE before that only when one provisional response has been sent, not when there were two.
    pub fn answer_under_loss(self) -> Scenario {
        self.respond("200 OK", "", Some(SDP), " retrans=\"500\"")
            .step("<recv request=\"INVITE\" optional=\"true\"/>\n<recv request=\"ACK\"/>\n")
            .play(BREATH)
    }

    /// 200 with SDP and these further lines of it, repeated until the ACK comes.
    pub fn answer_with(self, lines: &str) -> Scenario {
        self.respond("200 OK", "", Some(&format!("{SDP}{lines}")), " retrans=\"500\"")
            .step("<recv request=\"ACK\"/>\n")
    }

    /// 200 with SDP that says SRTP by this `a=crypto` line, repeated until the ACK comes.
    pub fn answer_encrypted(self, crypto: &str) -> Scenario {
        let sdp = format!("{}a=crypto:{crypto}\n", SDP.replace("RTP/AVP", "RTP/SAVP"));
        self.respond("200 OK", "", Some(&sdp), " retrans=\"500\"")
            .step("<recv request=\"ACK\"/>\n")
    }

    /// 200 with SDP; whether an ACK comes is for the next steps to say.
    pub fn answer_only(self) -> Scenario {
        self.respond("200 OK", "", Some(SDP), "")
    }

    /// Waits for a request.
    pub fn expect(self, method: &str) -> Scenario {
        self.step(&format!("<recv request=\"{method}\"/>\n"))
    }

    /// Waits for a response; `also` are those that may come before it.
    pub fn expect_response(mut self, status: u16, also: &[u16]) -> Scenario {
        for one in also {
            let _written = writeln!(self.body, "<recv response=\"{one}\" optional=\"true\"/>");
        }
        self.step(&format!("<recv response=\"{status}\" rrs=\"true\"/>\n"))
    }

    /// A final response without a body, and no ACK to it: not to an INVITE.
    pub fn says(self, status: &str, headers: &str) -> Scenario {
        self.respond(status, headers, None, "")
    }

    /// A final response of 300 to 699 with these further header lines, and its ACK.
    pub fn reject(self, status: &str, headers: &str) -> Scenario {
        self.respond(status, headers, None, " retrans=\"500\"")
            .step("<recv request=\"ACK\"/>\n")
    }

    /// Challenges the INVITE, and waits for the one with credentials; sipp checks them.
    pub fn challenge(self, status: &str, header: &str, user: &str, password: &str) -> Scenario {
        let again = format!(
            "<recv request=\"INVITE\" rrs=\"true\"><action>\
             <verifyauth assign_to=\"ok\" username=\"{user}\" password=\"{password}\"/>\
             </action></recv>\n\
             <nop hide=\"true\" test=\"ok\" next=\"1\"/>\n"
        );
        // Wrong credentials end in a 403 that no test expects.
        let wrong = Scenario::empty("")
            .reject("403 Forbidden", "")
            .step("<recv request=\"INFO\"/>\n<label id=\"1\"/>\n")
            .body;
        self.reject(status, header).step(&again).step(&wrong)
    }

    /// Answers a CANCEL: 200 to it, 487 to the INVITE, and the ACK.
    pub fn cancelled(self) -> Scenario {
        // The 487 belongs to the INVITE's transaction, whose Via has the same branch as the CANCEL's.
        self.step("<recv request=\"CANCEL\"/>\n")
            .send("", &format!("SIP/2.0 200 OK\n{ECHOED}"), None)
            .send(
                "",
                &format!(
                    "SIP/2.0 487 Request Terminated\n{}",
                    TAGGED.replace("[last_CSeq:]", "CSeq: [cseq] INVITE")
                ),
                None,
            )
            .step("<recv request=\"ACK\"/>\n")
    }

    /// Answers a CANCEL 200, and the INVITE 200 as well: the two have crossed. Then waits for ACK and BYE.
    pub fn crosses_cancel(self) -> Scenario {
        let invite = TAGGED.replace("[last_CSeq:]", "CSeq: [cseq] INVITE");
        self.step("<recv request=\"CANCEL\"/>\n")
            .send("", &format!("SIP/2.0 200 OK\n{ECHOED}"), None)
            .send("", &format!("SIP/2.0 200 OK\n{invite}"), Some(SDP))
            .step("<recv request=\"ACK\"/>\n")
            .bye_in()
    }

    /// Waits, milliseconds.
    pub fn pause(self, ms: u32) -> Scenario {
        self.step(&format!("<pause milliseconds=\"{ms}\"/>\n"))
    }

    /// Sends one key as RFC 4733 events, with the payload type of our SDP (sipp's own keys have another).
    pub fn keys(mut self, digit: &str) -> Scenario {
        let file = format!("{}_key{}.pcap", self.name.replace(' ', "_"), self.keys.len());
        self.keys
            .extend(digit.chars().filter_map(Digit::from_char).take(1));
        self.play(&file)
    }

    /// Sends a key as INFO in the dialog of an INVITE that we answered, and waits for its 200. `number` counts the keys of a call.
    pub fn info(self, key: Digit, number: usize) -> Scenario {
        let info = format!(
            "INFO [next_url] SIP/2.0\n\
             Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n\
             From:[$local];tag=[pid]T[call_number]\n\
             To:[$remote]\n\
             [routes]\n\
             Call-ID: [call_id]\n\
             CSeq: {} INFO\n\
             Max-Forwards: 70\n\
             Content-Type: application/dtmf-relay\n\
             Content-Length: [len]\n\n\
             Signal={key}\nDuration=160\n",
            number + 2
        );
        self.step(&format!(
            "<send retrans=\"500\"><![CDATA[\n{info}\n]]></send>\n<recv response=\"200\"/>\n"
        ))
    }

    /// Waits for a key as INFO and answers 200.
    pub fn info_in(self) -> Scenario {
        self.step("<recv request=\"INFO\"/>\n")
            .send("", &format!("SIP/2.0 200 OK\n{ECHOED}"), None)
    }

    /// Plays a pcap file of RTP; goes on at once. sipp breaks off what it still plays: a key needs a pause before the next thing.
    pub fn play(self, file: &str) -> Scenario {
        self.step(&format!(
            "<nop><action><exec play_pcap_audio=\"{file}\"/></action></nop>\n"
        ))
    }

    /// Waits for BYE and answers 200.
    pub fn bye_in(self) -> Scenario {
        self.step("<recv request=\"BYE\"/>\n")
            .send("", &format!("SIP/2.0 200 OK\n{ECHOED}"), None)
    }

    /// Waits for BYE and says nothing.
    pub fn bye_lost(self) -> Scenario {
        self.step("<recv request=\"BYE\"/>\n")
    }

    /// Sends BYE in the dialog of an INVITE that we answered, and waits for its 200.
    pub fn bye_out(self) -> Scenario {
        let bye = in_dialog("BYE", LAST_CSEQ, THEIRS);
        self.send(" retrans=\"500\"", &bye, None)
            .step("<recv response=\"200\"/>\n")
    }

    /// The next request in the dialog of an INVITE that we answered.
    pub fn request(&mut self, method: &str, headers: &str) -> String {
        self.cseq += 1;
        in_dialog(method, self.cseq, THEIRS) + headers
    }

    /// Sends OPTIONS, and waits for this answer.
    pub fn options(self, status: u16) -> Scenario {
        let options = "OPTIONS sip:[remote_ip]:[remote_port] SIP/2.0\n\
            Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n\
            From: <sip:sipp@[local_ip]>;tag=[pid]F[call_number]\n\
            To: <sip:[remote_ip]>\n\
            Call-ID: [call_id]\n\
            CSeq: 1 OPTIONS\n\
            Max-Forwards: 70\n";
        self.send("", options, None).expect_response(status, &[])
    }

    /// Acknowledges the 200 to an INVITE that we sent.
    pub fn ack_out(self) -> Scenario {
        let ack = in_dialog("ACK", self.cseq, OURS);
        self.send("", &ack, None)
    }

    /// Sends BYE in the dialog of an INVITE that we sent.
    pub fn hang_up(self) -> Scenario {
        let bye = in_dialog("BYE", self.cseq + self.pracks + 1, OURS);
        self.send(" retrans=\"500\"", &bye, None)
            .step("<recv response=\"200\"/>\n")
    }

    /// A step in sipp's own words.
    pub fn step(mut self, xml: &str) -> Scenario {
        self.body.push_str(xml);
        self
    }

    fn respond(self, status: &str, headers: &str, sdp: Option<&str>, attributes: &str) -> Scenario {
        self.send(attributes, &format!("SIP/2.0 {status}\n{TAGGED}{headers}"), sdp)
    }

    fn send(self, attributes: &str, head: &str, sdp: Option<&str>) -> Scenario {
        let tail = match sdp {
            Some(sdp) => format!("Content-Type: application/sdp\nContent-Length: [len]\n\n{sdp}"),
            None => "Content-Length: 0\n\n".to_owned(),
        };
        self.step(&format!(
            "<send{attributes}><![CDATA[\n{head}{tail}\n]]></send>\n"
        ))
    }

    /// The whole scenario in sipp's XML.
    pub fn xml(&self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE scenario SYSTEM \"sipp.dtd\">\n<scenario name=\"{}\">\n{}</scenario>\n",
            self.name, self.body
        )
    }

    /// Writes it into `folder` as NAME.xml (spaces as `_`) and returns the file's name.
    pub fn write(&self, folder: &Path) -> Result<String> {
        let file = format!("{}.xml", self.name.replace(' ', "_"));
        for (number, digit) in self.keys.iter().enumerate() {
            let name = format!("{}_key{number}.pcap", self.name.replace(' ', "_"));
            capture::write_key(&folder.join(name), *digit, number as u32)?;
        }
        if self.body.contains(BREATH) {
            capture::write_breath(&folder.join(BREATH))?;
        }
        fs::write(folder.join(&file), self.xml())?;
        Ok(file)
    }
}

/// A request in a dialog, of one whose INVITE was [`OURS`] or [`THEIRS`].
fn in_dialog(method: &str, cseq: u32, parties: &str) -> String {
    format!(
        "{method} [next_url] SIP/2.0\n\
         Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n\
         {parties}\
         [routes]\n\
         Call-ID: [call_id]\n\
         CSeq: {cseq} {method}\n\
         Max-Forwards: 70\n"
    )
}
