//! Reads the site's row and the current time.

use crate::{
    accounts::{Accounts, Result},
    domain::moment::Moment,
    store::site::{Site, get_site},
};

impl Accounts {
    /// Reads the site's row. Also returns the time of the read.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn read_site(&self) -> Result<(Site, Moment)> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        Ok((get_site(&mut on).await?, now))
    }

    /// The current time by the site's clock, which this node estimates without a query.
    #[must_use]
    pub fn estimated_now(&self) -> Moment {
        self.store.clock().estimate()
    }
}
