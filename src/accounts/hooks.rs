//! What a host does in the transaction that creates or deletes an account.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use super::{AccountsError, Result};
use crate::store::{HostValue, StoreError, Transaction, execute_for_host};

/// The account that a hook is about.
#[derive(Debug, Clone, Copy)]
pub struct HookUser<'h> {
    /// Its id: `curfew_users.id`.
    pub id: i64,
    /// Its username.
    pub username: &'h str,
}

/// The transaction that creates or deletes the account.
#[derive(Debug)]
pub struct InTransaction<'h>(&'h mut Transaction);

impl InTransaction<'_> {
    /// Executes one statement, with `$1`, `$2` and so on for the values.
    ///
    /// # Errors
    /// Returns an error if the database refuses the statement or does not respond. Return it from the hook.
    pub async fn execute(&mut self, sql: &str, values: &[HostValue]) -> std::result::Result<(), StoreError> {
        execute_for_host(self.0, sql, values).await
    }
}

/// What a hook returns: nothing, or the error that undoes the transaction.
pub type HookResult<'h> = Pin<Box<dyn Future<Output = std::result::Result<(), StoreError>> + Send + 'h>>;

type Hook = Arc<dyn for<'h> Fn(HookUser<'h>, InTransaction<'h>) -> HookResult<'h> + Send + Sync>;

/// The hooks of a host.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    registered: Vec<Hook>,
    deleted: Vec<Hook>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hooks({} + {})", self.registered.len(), self.deleted.len())
    }
}

impl Hooks {
    pub(crate) fn on_registered(
        &mut self,
        hook: impl for<'h> Fn(HookUser<'h>, InTransaction<'h>) -> HookResult<'h> + Send + Sync + 'static,
    ) {
        self.registered.push(Arc::new(hook));
    }

    pub(crate) fn on_deleted(
        &mut self,
        hook: impl for<'h> Fn(HookUser<'h>, InTransaction<'h>) -> HookResult<'h> + Send + Sync + 'static,
    ) {
        self.deleted.push(Arc::new(hook));
    }

    /// Calls the hooks for an account that was just created.
    pub(super) async fn call_registered(&self, tx: &mut Transaction, user: HookUser<'_>) -> Result<()> {
        call(&self.registered, tx, user).await
    }

    /// Calls the hooks for an account that is about to be deleted.
    pub(super) async fn call_deleted(&self, tx: &mut Transaction, user: HookUser<'_>) -> Result<()> {
        call(&self.deleted, tx, user).await
    }
}

async fn call(hooks: &[Hook], tx: &mut Transaction, user: HookUser<'_>) -> Result<()> {
    for hook in hooks {
        hook(user, InTransaction(tx)).await.map_err(AccountsError::Store)?;
    }
    Ok(())
}
