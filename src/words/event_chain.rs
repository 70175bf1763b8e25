//! What a verification of the chain of events found.

use std::fmt;

use chrono::SecondsFormat;

use crate::accounts::{ChainBreak, ChainFault, WholeChain};

impl fmt::Display for WholeChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.last {
            None => f.write_str("No event is linked yet.")?,
            Some(last) => write!(
                f,
                "The chain has no break: {}, the last one {} of {}.",
                events(self.linked),
                last.event_id,
                last.event_at.to_rfc3339_opts(SecondsFormat::Micros, true)
            )?,
        }
        if let Some(up_to) = self.deleted_up_to {
            write!(f, " Retention has deleted events up to {}.", up_to.to_rfc3339_opts(SecondsFormat::Micros, true))?;
        }
        if self.erased > 0 {
            write!(f, " Without the data of deleted accounts: {}.", events(self.erased))?;
        }
        match self.not_linked {
            0 => Ok(()),
            count => write!(f, " Not linked yet, so not verified: {}.", events(count.unsigned_abs())),
        }
    }
}

fn events(count: u64) -> String {
    format!("{count} event{}", if count == 1 { "" } else { "s" })
}

impl fmt::Display for ChainBreak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = self.event_id;
        match self.fault {
            ChainFault::EventChanged => write!(f, "Event {event} was changed."),
            ChainFault::EventDeleted => write!(f, "Event {event} was deleted before event_retention was over."),
            ChainFault::EventErased => write!(f, "Event {event} lost its address, but its account exists."),
            ChainFault::NotLinked => write!(f, "Event {event} has no link and is not waiting for one."),
            ChainFault::LinksMissing => write!(f, "The links before that of event {event} were deleted."),
            ChainFault::LinkChanged => write!(f, "The link of event {event}, or the one before it, was changed."),
            ChainFault::NotSealed => write!(
                f,
                "The last link, of event {event}, was not sealed with this site's secret key. If the key was changed, put \
                 the old one into previous_secret_keys, or wait for the next event."
            ),
        }
    }
}
