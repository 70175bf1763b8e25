//! Reads the templates for reasons.

use crate::{
    accounts::{Accounts, Result},
    store::reason_templates::{ReasonTemplate, find_reason_template, list_reason_templates},
};

impl Accounts {
    /// All templates, by title: at most twenty.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn list_reason_templates(&self) -> Result<Vec<ReasonTemplate>> {
        Ok(list_reason_templates(&mut self.store.read().await?).await?)
    }

    /// A template, if it exists.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn find_reason_template(&self, id: i64) -> Result<Option<ReasonTemplate>> {
        Ok(find_reason_template(&mut self.store.read().await?, id).await?)
    }
}
