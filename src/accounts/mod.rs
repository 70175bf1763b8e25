//! The use cases: one verb a file, each with its own transaction and its event in it.
//!
//! The pages, the API and the command line all come through here, so what ends a login on one
//! ends it on all. A use case checks who may do it; a caller cannot forget to.

mod activate;
mod activity;
mod actor;
mod authority;
mod bulk;
mod change_email;
mod change_password;
mod count_everyones_logins;
mod count_hours;
mod create_user;
mod date_of_moment;
mod deactivate;
mod delete_own_account;
mod delete_user;
mod end_login;
mod end_logins;
mod error;
mod event;
mod export_events;
mod fold;
mod fold_all_due;
mod force_everyone_else_out;
mod force_everyone_out;
mod force_logout;
mod hashing;
mod index_events;
mod judge_login;
mod let_in;
mod list_logins;
mod list_site_sessions;
mod live_logins;
mod log_in;
mod log_out;
mod login_limit;
mod node;
mod note_activity;
mod open_login;
mod preview_force_logout;
mod prove_password;
mod prove_presence;
mod purge_events;
mod read_receipt;
mod recent;
mod refusal;
mod register;
mod set_password;
mod set_role;
mod set_up;
mod superusers;
mod throttle;
mod tidy_logins;
mod tokens;

use std::sync::Arc;

use rocket::tokio::sync::Notify;

use crate::{
    settings::Settings,
    store::{Store, shared_counters::SharedCounters},
};

pub use crate::domain::login_counts::LoginCounts;
pub use actor::{Actor, Client};
pub use bulk::{BeginBulk, Begun, BulkRun, PreviewedBulk};
pub use count_everyones_logins::{EveryonesEndedLogins, FEW_TOKENS};
pub use create_user::NewAccount;
pub use delete_user::DeletedAccount;
pub use end_login::LoginEnd;
pub use error::AccountsError;
pub use force_logout::{ForceLogoutMoment, ForceLogoutOutcome, Target};
pub use judge_login::JudgedLogin;
pub use list_logins::{ListedLogin, Which};
pub use list_site_sessions::SiteSessions;
pub use live_logins::AccountToActOn;
pub use log_in::Credentials;
pub use node::{LEASE_RENEWED_EVERY, Node};
pub use note_activity::ActivityOf;
pub use open_login::StartedSession;
pub use preview_force_logout::{EveryonesLogins, ForceLogoutPreview};
pub use read_receipt::{AppliedBy, AwaitedNode, Receipt};
pub use register::Registration;
pub use set_role::RoleChange;
pub use set_up::SETUP_CODE_CHARACTERS;
pub use tidy_logins::Tidied;
pub use tokens::{Family, RefreshClaim, StartedToken};

/// What a use case answers.
pub type Result<T> = std::result::Result<T, AccountsError>;

/// The use cases over one store. Cloning it shares the throttles, the hashing threads and
/// what was noted and waits to be written.
#[derive(Debug, Clone)]
pub struct Accounts {
    store: Store,
    settings: Arc<Settings>,
    hasher: hashing::Hasher,
    throttle: throttle::Throttle,
    activity: activity::Activity,
    recent: recent::Recent,
    ends_are_left: Arc<Notify>,
}

impl Accounts {
    /// The use cases over this store, by these settings.
    #[must_use]
    pub fn new(store: Store, settings: Arc<Settings>) -> Self {
        let hasher = hashing::Hasher::new(settings.bcrypt_cost);
        let (throttle, activity) = (throttle::Throttle::default(), activity::Activity::default());
        let (recent, ends_are_left) = (recent::Recent::default(), Arc::default());
        Self { store, settings, hasher, throttle, activity, recent, ends_are_left }
    }

    /// The same, with failed tries counted together with the other nodes.
    #[must_use]
    pub fn counting_with(self, others: Option<SharedCounters>) -> Self {
        Self { throttle: throttle::Throttle::new(others), ..self }
    }

    /// Does what would make the first unknown user at the login slower than the next.
    ///
    /// # Errors
    /// When passwords cannot be hashed.
    pub async fn warm_up(&self) -> Result<()> {
        self.hasher.warm_up().await
    }

    /// The store below, for pages that only read.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
