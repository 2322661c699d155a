//! Requests within a call and what is said to them, judged by their headers; answers that come after other requests.

use super::{CONTACT, ECHOED, OURS, SDP, Scenario, THEIRS, in_dialog};

impl Scenario {
    /// Waits for a request with headers like these (regular expressions).
    pub fn takes(self, method: &str, headers: &[(&str, &str)]) -> Scenario {
        self.step(&format!(
            "<recv request=\"{method}\">{}</recv>\n",
            checks(headers)
        ))
    }

    /// Waits for a response with headers like these; what each was is known by its name from here on.
    pub fn hears(self, status: u16, headers: &[(&str, &str)]) -> Scenario {
        self.step(&format!(
            "<recv response=\"{status}\" rrs=\"true\">{}</recv>\n",
            checks(headers)
        ))
    }

    /// Answers the last request in the dialog so, with these further header lines.
    pub fn replies(self, status: &str, headers: &str) -> Scenario {
        self.send("", &format!("SIP/2.0 {status}\n{ECHOED}{CONTACT}{headers}"), None)
    }

    /// 200 to the INVITE with SDP and these further header lines, repeated until the ACK comes.
    pub fn answer_saying(self, headers: &str) -> Scenario {
        self.respond("200 OK", headers, Some(SDP), " retrans=\"500\"")
            .step("<recv request=\"ACK\"/>\n")
    }

    /// The same to an INVITE within the dialog.
    pub fn accepts(self, headers: &str) -> Scenario {
        let head = format!("SIP/2.0 200 OK\n{ECHOED}{CONTACT}{headers}");
        self.send(" retrans=\"500\"", &head, Some(SDP))
            .step("<recv request=\"ACK\"/>\n")
    }

    /// A reliable 18x (RFC 3262) to the INVITE that we answer, its number, and the PRACK of it.
    pub fn reliable(self, status: &str, rseq: u32, sdp: Option<&str>) -> Scenario {
        let headers = format!("Require: 100rel\nRSeq: {rseq}\n");
        self.respond_late(status, &headers, sdp)
            .takes("PRACK", &[("RAck", &format!("^ *{rseq} 1 INVITE"))])
            .replies("200 OK", "")
    }

    /// 200 to the INVITE after other requests have come, without SDP: an 18x has carried it. Then its ACK.
    pub fn answer_late(self) -> Scenario {
        self.respond_late("200 OK", "", None)
            .step("<recv request=\"ACK\"/>\n")
    }

    fn respond_late(self, status: &str, headers: &str, sdp: Option<&str>) -> Scenario {
        let head = format!(
            "SIP/2.0 {status}\nVia:[$via]\nFrom:[$remote]\nTo:[$local];tag=[pid]T[call_number]\n\
             Call-ID: [call_id]\nCSeq: 1 INVITE\n{CONTACT}{headers}"
        );
        self.send("", &head, sdp)
    }

    /// Waits for a reliable 180 to the INVITE that we sent.
    pub fn rings_reliably(self) -> Scenario {
        self.hears(180, &[("Require", "100rel"), ("RSeq", "[0-9]+")])
    }

    /// Sends PRACK of that 180 (`[$RSeq]`) or of another.
    pub fn prack(mut self, rseq: &str) -> Scenario {
        self.pracks += 1;
        let prack = in_dialog("PRACK", self.cseq + self.pracks, OURS)
            + &format!("RAck: {rseq} {} INVITE\n", self.cseq);
        self.send(" retrans=\"500\"", &prack, None)
    }

    /// Waits for an offer in the dialog, and answers it 200 with SDP.
    pub fn takes_offer(self) -> Scenario {
        self.takes("INVITE", &[]).accepts("")
    }

    /// Offers these media in the dialog of an INVITE that we answered, by INVITE or UPDATE, and waits for the 200.
    pub fn offers(mut self, method: &str, sdp: &str) -> Scenario {
        let offer = self.request(method, CONTACT);
        let answered = self
            .send(" retrans=\"500\"", &offer, Some(sdp))
            .step("<recv response=\"100\" optional=\"true\"/>\n<recv response=\"200\" rrs=\"true\"/>\n");
        if method != "INVITE" {
            return answered;
        }
        let ack = in_dialog("ACK", answered.cseq, THEIRS);
        answered.send("", &ack, None)
    }

    /// Waits for an offer in the dialog of an INVITE that we answered, and offers before it answers: each refuses the other's by 491.
    pub fn crosses_offer(mut self, sdp: &str) -> Scenario {
        let offer = self.request("INVITE", CONTACT);
        let ack = in_dialog("ACK", self.cseq, THEIRS);
        let refusal = "SIP/2.0 491 Request Pending\nVia:[$Via]\nFrom:[$From]\nTo:[$To]\nCall-ID: [call_id]\nCSeq:[$CSeq]\n";
        self.takes(
            "INVITE",
            &[("Via", ".*"), ("From", ".*"), ("To", ".*"), ("CSeq", ".*")],
        )
        .send(" retrans=\"500\"", &offer, Some(sdp))
        .step("<recv response=\"491\"/>\n")
        .send("", &ack, None)
        .send("", refusal, None)
        .step("<recv request=\"ACK\"/>\n")
    }

    /// Sends a request in the dialog of an INVITE that we answered, and waits for this answer.
    pub fn asks(mut self, method: &str, headers: &str, status: u16) -> Scenario {
        let request = self.request(method, headers);
        self.send(" retrans=\"500\"", &request, None)
            .step(&format!("<recv response=\"{status}\"/>\n"))
    }
}

/// Each header is there, and is like that.
fn checks(headers: &[(&str, &str)]) -> String {
    let check = |(name, like): &(&str, &str)| {
        let variable = name.replace('-', "");
        format!(
            "<ereg regexp=\"{like}\" search_in=\"hdr\" header=\"{name}:\" check_it=\"true\" assign_to=\"{variable}\"/>\
             <log message=\"[${variable}]\"/>"
        )
    };
    let all: String = headers.iter().map(check).collect();
    if all.is_empty() {
        all
    } else {
        format!("<action>{all}</action>")
    }
}
