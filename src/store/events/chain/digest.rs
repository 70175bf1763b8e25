//! The digests of events and the hashes of links. They are stored, so what they cover must never change.
//!
//! Each value is preceded by its length, so that no two lists of values run into the same bytes.

use sha2::{Digest as _, Sha256};

use super::{LinkRow, LinkedEvent};
use crate::domain::event_kind::EventKind;

/// The length of a digest and of a hash, in bytes.
pub const HASH_BYTES: usize = 32;

impl LinkedEvent {
    /// Whether the detail names a person: the event of a changed email has both emails.
    fn has_personal_detail(&self) -> bool {
        self.kind == EventKind::ProfileChanged.code()
    }

    /// Whether the personal parts have been erased.
    pub(super) fn is_erased(&self) -> bool {
        self.address.is_none() && self.user_agent.is_none() && (!self.has_personal_detail() || self.detail.is_none())
    }
}

/// The digest of what an event keeps when an account is deleted.
pub(super) fn event_digest(event: &LinkedEvent) -> [u8; HASH_BYTES] {
    let LinkedEvent { id, at, kind, actor_id, actor, subject_id, subject, session_id, .. } = event;
    let LinkedEvent { reason, staff_reason, user_reason, detail, times, bulk_id, names_key, .. } = event;
    let detail = detail.as_ref().filter(|_| !event.has_personal_detail());
    let mut hash = Values::new("curfew event");
    hash.number(Some(*id)).number(Some(at.timestamp_micros())).text(Some(kind));
    hash.number(*actor_id).text(actor.as_ref()).number(*subject_id).text(subject.as_ref()).text(session_id.as_ref());
    hash.text(reason.as_ref()).text(staff_reason.as_ref()).text(user_reason.as_ref());
    hash.text(detail).number(Some(*times)).text(bulk_id.as_ref()).text(names_key.as_ref());
    hash.finish()
}

/// The digest of the personal parts of an event.
pub(super) fn personal_digest(salt: &[u8], event: &LinkedEvent) -> [u8; HASH_BYTES] {
    let detail = event.detail.as_ref().filter(|_| event.has_personal_detail());
    let mut hash = Values::new("curfew event, personal parts");
    hash.bytes(Some(salt)).text(event.address.as_ref()).text(event.user_agent.as_ref()).text(detail);
    hash.finish()
}

/// The hash of a link.
pub(super) fn link_hash(link: &LinkRow) -> [u8; HASH_BYTES] {
    let LinkRow { number, event_id, event_at, linked_at, digest, personal_digest, previous, .. } = link;
    let mut hash = Values::new("curfew event link");
    hash.number(Some(*number)).number(Some(*event_id)).number(Some(event_at.timestamp_micros()));
    hash.number(Some(linked_at.timestamp_micros()));
    hash.bytes(Some(digest)).bytes(Some(personal_digest)).bytes(Some(previous));
    hash.finish()
}

/// A hash of a list of values.
struct Values(Sha256);

impl Values {
    fn new(purpose: &str) -> Self {
        let mut values = Self(Sha256::new());
        values.bytes(Some(purpose.as_bytes()));
        values
    }

    fn bytes(&mut self, bytes: Option<&[u8]>) -> &mut Self {
        match bytes {
            None => self.0.update([0]),
            Some(bytes) => {
                self.0.update([1]);
                self.0.update((bytes.len() as u64).to_be_bytes());
                self.0.update(bytes);
            }
        }
        self
    }

    fn text(&mut self, text: Option<&String>) -> &mut Self {
        self.bytes(text.map(String::as_bytes))
    }

    fn number(&mut self, number: Option<i64>) -> &mut Self {
        self.bytes(number.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice))
    }

    fn finish(self) -> [u8; HASH_BYTES] {
        self.0.finalize().into()
    }
}
