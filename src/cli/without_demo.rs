//! Stands in for `curfew demo` in a program without the feature `demo`.

use super::{CommandError, Result};

#[expect(clippy::unused_async, reason = "as the demo is")]
pub(super) async fn run() -> Result<()> {
    Err(CommandError::Demo("this program was built without it".to_owned()))
}
