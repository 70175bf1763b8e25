//! Events: recorded, linked, kept, listed and erased.

mod counted_acts;
mod erased_events;
mod event_chain;
mod events_index;
mod events_kept;
mod events_list;
mod looking;
mod one_event;
mod refusals;
