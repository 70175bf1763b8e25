//! The use cases: one verb per file, each with its own transaction, which also records its event.
//!
//! The pages, the API and the command line all call these, so an action that ends a login in one place ends it
//! everywhere. A use case checks the actor's rights itself. Callers cannot forget to.

mod actor;
mod authority;
mod bulk;
mod ending;
mod error;
mod event;
mod hooks;
mod letters;
mod links;
mod lock;
mod locked;
mod login;
mod logins;
mod outbox;
mod people;
mod reads;
mod reasons;
mod refusal;
mod tokens;
mod upkeep;

use std::sync::{Arc, atomic::AtomicBool};

use rocket::tokio::sync::Notify;

use crate::{
    domain::people::reserved_names::ReservedNames,
    settings::{SecretKeys, Settings},
    store::{Store, fleet::shared_counters::SharedCounters},
};

pub use crate::domain::logins::counts::{EveryonesEndedLogins, FEW_TOKENS, LoginCounts, MOST_COUNTED};
pub use actor::{Actor, Client, KnownBrowser};
pub use bulk::{
    BeginBulk, Begun, BulkRun, FoundName, LOGINS_LISTED, LookedUp, PreviewedBulk, PreviewedLogins, USERS_LISTED,
};
pub use ending::end_login::LoginEnd;
pub use ending::force_logout::{ForceLogoutMoment, ForceLogoutOutcome, NotifyUser, Target};
pub use ending::preview_force_logout::{EveryonesLogins, ForceLogoutPreview};
pub use error::AccountsError;
pub(crate) use event::detail::{ChainStop, CookieFault, Detail, FormFault, NoRight, RefusedAction, TokenFault};
pub(crate) use hooks::Hooks;
pub use hooks::{HookResult, HookUser, InTransaction};
pub use letters::{CLAIM_EXTENDED_EVERY, LetterOutcome, LetterToSend};
pub use links::{LinkTarget, TakenBack, Verified};
pub use login::log_in::Credentials;
pub use login::open_login::StartedSession;
pub use login::open_token::{Family, StartedToken};
pub use login::register::Registration;
pub use login::set_up::SETUP_CODE_CHARACTERS;
pub use logins::judge_login::ClaimedLogin;
pub use logins::list_logins::{ListedLogin, LoginsPage, TokensPage, Which};
pub use logins::list_site_logins::{SiteListedLogin, SiteLogins};
pub use logins::live_logins::TargetAccount;
pub use logins::record_activity::ActivityOf;
pub use outbox::LetterComes;
pub use people::create_user::NewAccount;
pub use people::delete_user::DeletedAccount;
pub use people::set_role::RoleChange;
pub use reads::{EventInFull, Found, FoundLogin, FoundUser, Hours, LateLetters, Overview, UsersWithLogins};
pub use tokens::RefreshClaim;
pub use upkeep::chain::{ChainBreak, ChainFault, ChainKeys, ChainVerdict, LastLink, LateLinks, NotedLink, WholeChain};
pub use upkeep::node::{LEASE_RENEWED_EVERY, Node};
pub use upkeep::read_receipt::{AppliedBy, AwaitedNode, Receipt};
pub use upkeep::tidy_logins::Tidied;

/// The result of a use case.
pub type Result<T> = std::result::Result<T, AccountsError>;

/// The use cases over one store. Clones share the throttles, the hashing threads, the activity and counts that wait to be
/// written, and the last link of the chain that they have seen.
#[derive(Debug, Clone)]
pub struct Accounts {
    store: Store,
    settings: Arc<Settings>,
    hasher: login::hashing::Hasher,
    reserved_names: Arc<ReservedNames>,
    throttle: login::throttle::Throttle,
    connections: login::queue::connections::Connections,
    activity: logins::activity::Activity,
    recent: logins::recent::Recent,
    leftover_ends: Arc<Notify>,
    counted_acts: event::counted::CountedActs,
    known_end: upkeep::chain::KnownEnd,
    hooks: Hooks,
    is_set_up: Arc<AtomicBool>,
}

impl Accounts {
    /// Creates the use cases over a store.
    #[must_use]
    pub fn new(store: Store, settings: Arc<Settings>) -> Self {
        let connections = login::queue::connections::Connections::default();
        let hasher = login::hashing::Hasher::new(settings.bcrypt_cost, connections.clone());
        let reserved_names = Arc::new(ReservedNames::new(&settings.site_name, &settings.reserved_names));
        let (throttle, activity) = (login::throttle::Throttle::default(), logins::activity::Activity::default());
        let recent = logins::recent::Recent::default();
        let counted_acts = event::counted::CountedActs::default();
        let known_end = upkeep::chain::KnownEnd::default();
        Self {
            store,
            settings,
            hasher,
            reserved_names,
            throttle,
            connections,
            activity,
            recent,
            leftover_ends: Arc::default(),
            counted_acts,
            known_end,
            hooks: Hooks::default(),
            is_set_up: Arc::default(),
        }
    }

    /// Counts failed attempts together with the other nodes.
    #[must_use]
    pub fn counting_with(self, others: Option<SharedCounters>) -> Self {
        Self { throttle: login::throttle::Throttle::new(others), ..self }
    }

    /// Hashes and verifies passwords with these keys. Without them, no password can be set, and only hashes made
    /// without a key can be verified.
    #[must_use]
    pub fn hashing_with(self, keys: &SecretKeys) -> Self {
        Self { hasher: self.hasher.with_keys(keys), ..self }
    }

    /// Calls the hooks of the host.
    #[must_use]
    pub(crate) fn calling(self, hooks: Hooks) -> Self {
        Self { hooks, ..self }
    }

    /// Notices from now on when a client hangs up while its login waits, if this process serves on the port.
    pub async fn watch_connections(&self, port: u16) {
        self.connections.watch(port).await;
    }

    /// Keeps all hashing threads busy until the returned value is dropped. For tests of what waits then.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::Busy`] if the queue for the threads is full.
    #[cfg(feature = "internals")]
    pub async fn occupy_hashing_threads(&self) -> Result<impl Send + 'static> {
        self.hasher.occupy_threads().await
    }

    /// The store, for upkeep, health checks and the clock of the demo.
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
