//! A receipt, as the templates show it.

use std::time::Duration;

use serde::Serialize;

use crate::{
    accounts::{AwaitedNode, Receipt},
    domain::moment::Moment,
};

/// Which nodes have applied a force logout.
#[derive(Debug, Serialize)]
pub(in crate::site) struct ReceiptView {
    applied: usize,
    nodes: usize,
    is_complete: bool,
    slowest: Option<String>,
    awaited: Vec<AwaitedView>,
}

#[derive(Debug, Serialize)]
struct AwaitedView {
    name: String,
    heard_at: Moment,
}

impl ReceiptView {
    /// Returns `None` if no node is known yet.
    pub(in crate::site) fn of(receipt: Receipt) -> Option<Self> {
        let (applied, awaited) = (receipt.applied.len(), receipt.awaited.len());
        (applied + awaited > 0).then(|| Self {
            applied,
            nodes: applied + awaited,
            is_complete: awaited == 0,
            slowest: receipt.applied.iter().map(|by| by.after).max().map(in_words),
            awaited: receipt.awaited.into_iter().map(AwaitedView::from).collect(),
        })
    }
}

impl From<AwaitedNode> for AwaitedView {
    fn from(node: AwaitedNode) -> Self {
        Self { name: node.node, heard_at: node.heard_at }
    }
}

/// Formats a duration as "40 ms" or "1.2 s".
fn in_words(span: Duration) -> String {
    match span.as_millis() {
        0 => "less than 1 ms".to_owned(),
        ms @ 1..1_000 => format!("{ms} ms"),
        _ => format!("{:.1} s", span.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_in_milliseconds_below_one_second() {
        for (ms, words) in [(0, "less than 1 ms"), (1, "1 ms"), (999, "999 ms"), (1_000, "1.0 s"), (12_345, "12.3 s")] {
            assert_eq!(in_words(Duration::from_millis(ms)), words);
        }
    }
}
