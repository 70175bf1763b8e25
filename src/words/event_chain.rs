//! What a verification of the chain of events found.

use std::fmt;

use chrono::SecondsFormat;

use crate::{
    accounts::{ChainBreak, ChainFault, LateLinks, WholeChain},
    domain::moment::Moment,
};

impl fmt::Display for WholeChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.last {
            None => f.write_str("No event is linked yet.")?,
            Some(last) => write!(
                f,
                "The chain has no break: {}, the last one {} of {}.",
                events(self.linked),
                last.event_id,
                time(last.event_at)
            )?,
        }
        if let Some(up_to) = self.deleted_up_to {
            write!(f, " Retention has deleted events up to {}.", time(up_to))?;
        }
        if self.erased > 0 {
            write!(f, " Without the data of deleted accounts: {}.", events(self.erased))?;
        }
        match self.not_linked {
            0 => {}
            count => write!(f, " Not linked yet, so not verified: {}.", events(count.unsigned_abs()))?,
        }
        Ok(())
    }
}

impl fmt::Display for LateLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events: count, first_event_at, last_event_at, first_linked_at, last_linked_at } = *self;
        write!(
            f,
            "{} from {} to {} got a link over an hour late, from {} to {}. If no server was running in between, note \
             the last link, and give it to --since from now on. Otherwise somebody made the server link them again.",
            events(count),
            time(first_event_at),
            time(last_event_at),
            time(first_linked_at),
            time(last_linked_at)
        )
    }
}

fn time(at: Moment) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn events(count: u64) -> String {
    format!("{count} event{}", if count == 1 { "" } else { "s" })
}

impl fmt::Display for ChainBreak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (event, link) = (self.event_id.unwrap_or_default(), self.link.unwrap_or_default());
        match self.fault {
            ChainFault::EventChanged => write!(f, "Event {event} was changed."),
            ChainFault::EventDeleted => write!(f, "Event {event} was deleted before event_retention was over."),
            ChainFault::EventErased => write!(f, "Event {event} lost its address, but its account exists."),
            ChainFault::NotLinked => write!(f, "Event {event} has no link and is not waiting for one."),
            ChainFault::LinksMissing => write!(f, "The links before that of event {event} were deleted."),
            ChainFault::LinkChanged => write!(f, "The link of event {event}, or the one before it, was changed."),
            ChainFault::NotSealed => write!(
                f,
                "Link {link}, of event {event}, was not sealed with this site's secret key. If the key was changed, put \
                 the old one into previous_secret_keys, or run `curfew event continue`."
            ),
            ChainFault::WaitsTooLong => write!(
                f,
                "Event {event} has waited too long for its link. If no server was running, start one. Otherwise read \
                 the log and the events of the kind chain-stopped."
            ),
            ChainFault::NotedLinkChanged => {
                write!(f, "Link {link}, of event {event}, has another hash than the link that you noted.")
            }
            ChainFault::NotedLinkMissing => {
                write!(f, "The chain does not have link {link} any more: it was cut off, or retention has deleted it.")
            }
        }
    }
}
