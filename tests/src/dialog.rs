//! The state of one dialog at one end (RFC 3261 section 12), enough to build its requests.

use crate::agent::Agent;
use crate::message::Message;

/// One end's view of a dialog.
#[derive(Clone, Debug)]
pub struct Dialog {
    /// Call-ID.
    pub call_id: String,
    /// This end's From value.
    pub local: String,
    /// The other end's To value.
    pub remote: String,
    /// Request URI of the next request.
    pub target: String,
    /// Route set, first hop first.
    pub routes: Vec<String>,
    /// CSeq number of the last request sent.
    pub cseq: u32,
}

impl Dialog {
    /// The caller's view, from the INVITE it sent and the reply that made the dialog.
    #[track_caller]
    pub fn caller(invite: &Message, reply: &Message) -> Self {
        let mut routes = reply.uris("Record-Route");
        routes.reverse();
        Self {
            call_id: invite.header("Call-ID").into(),
            local: invite.header("From").into(),
            remote: reply.header("To").into(),
            target: reply.contact_uri().into(),
            routes,
            cseq: 1,
        }
    }

    /// The callee's view, from the INVITE it received and the reply it sent.
    #[track_caller]
    pub fn callee(invite: &Message, reply: &Message) -> Self {
        Self {
            call_id: invite.header("Call-ID").into(),
            local: reply.header("To").into(),
            remote: invite.header("From").into(),
            target: invite.contact_uri().into(),
            routes: invite.uris("Record-Route"),
            cseq: 100,
        }
    }

    /// The next request of this end; an ACK takes the number of the last one.
    pub fn request(&mut self, agent: &mut Agent, method: &str) -> Message {
        if method != "ACK" {
            self.cseq += 1;
        }
        let mut request = Message::request(method, &self.target).add("Via", agent.via());
        for route in &self.routes {
            request = request.add("Route", route.as_str());
        }
        request
            .add("Max-Forwards", "70")
            .add("From", self.local.as_str())
            .add("To", self.remote.as_str())
            .add("Call-ID", self.call_id.as_str())
            .add("CSeq", format!("{} {method}", self.cseq))
            .add("Contact", agent.contact())
            .add("User-Agent", "kamjit-tests")
            .add("Content-Length", "0")
    }

    /// Builds and sends the next request.
    pub fn send(&mut self, agent: &mut Agent, method: &str) -> Message {
        let request = self.request(agent, method);
        agent.send(&request);
        request
    }
}
