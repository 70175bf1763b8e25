//! `curfew demo`

use super::Result;

pub(super) async fn run() -> Result<()> {
    Ok(())
}
