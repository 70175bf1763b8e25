//! What the searches of the lists share: their queries, their fields and their columns.

pub(super) mod bounds;
pub(super) mod choices;
pub(super) mod columns;
pub(super) mod fields;
pub(super) mod known;
pub(super) mod no_repeated_field;
pub(super) mod sent;
