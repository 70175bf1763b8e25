//! What a confirmation page promised. Its form carries the promise in a hidden field.

use crate::{
    accounts::BeginBulk,
    domain::{bulk::BulkCounts, logins::public_id::PublicId, reason_text::Reasons},
};

/// A promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::site::admin) struct Promise {
    /// The id of the bulk action, so that posting the form twice runs it once.
    pub id: PublicId,
    /// The highest user id when the page was shown, or the time of the page in microseconds for an action on logins.
    /// Later users and logins are not included.
    pub up_to: i64,
    pub counts: BulkCounts,
}

impl Promise {
    /// A new promise, for a bulk action that has not started.
    pub fn new(up_to: Option<i64>, counts: BulkCounts) -> Self {
        Self { id: PublicId::from_random(rand::random()), up_to: up_to.unwrap_or_default(), counts }
    }

    /// Formats the promise as colon-separated fields.
    pub fn to_text(&self) -> String {
        format!("{}:{}:{}", self.id.as_str(), self.up_to, texts_of(&self.counts).join(":"))
    }

    /// Parses the text that [`Self::to_text`] returns.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, rest) = text.split_once(':')?;
        let (up_to, rest) = rest.split_once(':')?;
        Some(Self { id: PublicId::parse(id)?, up_to: up_to.parse().ok()?, counts: counts_of(rest.split(':'))? })
    }

    /// The bulk action as it was promised. `choice` is bounded by `up_to`.
    pub fn keep<C>(self, choice: C, reasons: Reasons) -> BeginBulk<C> {
        BeginBulk { id: self.id, choice, reasons, promised: self.counts }
    }
}

/// Converts the counts into texts and back, in the same order.
macro_rules! texts {
    ($($count:ident),+) => {
        fn texts_of(counts: &BulkCounts) -> Vec<String> {
            vec![$(counts.$count.to_string()),+]
        }

        fn counts_of<'t>(mut texts: impl Iterator<Item = &'t str>) -> Option<BulkCounts> {
            let counts = BulkCounts { $($count: texts.next()?.parse().ok()?),+ };
            texts.next().is_none().then_some(counts)
        }
    };
}

texts!(users, whom, staff, includes_actor, sessions, tokens, out_of_reach, own_account, already, missing);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_survives_the_round_trip_through_text() {
        let counts = BulkCounts {
            users: 3,
            whom: u64::MAX,
            staff: 2,
            includes_actor: true,
            sessions: 5,
            tokens: 4,
            out_of_reach: 7,
            own_account: 1,
            already: 9,
            missing: 2,
        };
        let promise = Promise { id: PublicId::from_random([7; 10]), up_to: 1_000, counts };
        assert_eq!(Promise::parse(&promise.to_text()), Some(promise.clone()));
        let text = promise.to_text();
        for wrong in ["", "x", &text[1..], &text[..text.len() - 2], &format!("{text}:1"), &text.replace(":3:", ":-3:")]
        {
            assert_eq!(Promise::parse(wrong), None, "{wrong}");
        }
    }
}
