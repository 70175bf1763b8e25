//! The database, and what the site does with it by itself while it serves: it writes who was seen,
//! tidies the sessions, notes what comes due, indexes and forgets events, counts what the overview draws,
//! and keeps its node in the count.
//!
//! One fairing for all of it, because Rocket runs what belongs to a shutdown all at once.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rocket::{
    Build, Orbit, Rocket,
    fairing::{self, Fairing, Info, Kind},
    tokio::{
        self, select,
        task::AbortHandle,
        time::{sleep, timeout},
    },
};
use rocket_db_pools::{Database as _, Initializer};

use crate::{
    accounts::{Accounts, LEASE_RENEWED_EVERY, Node, Tidied},
    domain::logins::user_agent::Device,
    store::Db,
};

/// From one tidying to the next.
const BETWEEN_TIDYINGS: Duration = Duration::from_mins(10);
/// At a start the first one waits for at most so long, so that nodes that start together do not all
/// do the same work.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// What has come due puts logins out in the same instant, whoever notes it; so soon it is noted.
const DUE_INTERVAL: Duration = Duration::from_secs(5);
/// So long the events of an act on many wait, at most, to be indexed.
const LEFTOVERS_INTERVAL: Duration = Duration::from_secs(5);
/// So soon a node that cannot write tries again whether it can.
const BETWEEN_PROOFS: Duration = Duration::from_millis(500);
/// How long the first request is kept waiting for the node to be in the count; it is tried again.
const FIRST_LEASE: Duration = Duration::from_secs(2);
/// How long the last write may take, at a shutdown whose database is silent.
const LAST_WRITE: Duration = Duration::from_secs(5);

/// The work that goes on by itself; Rocket manages it.
#[derive(Debug, Clone, Default)]
pub struct Upkeep(Arc<Mutex<Vec<AbortHandle>>>);

impl Upkeep {
    /// Stops it, for a test that wants nothing to happen but what it does itself.
    pub fn stop(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).for_each(|task| task.abort());
    }

    fn begin(&self, accounts: &Accounts, node: Node) {
        let [flushing, tidying, leasing, ending, folding, indexing] = std::array::from_fn(|_| accounts.clone());
        let tasks = [
            tokio::spawn(async move { flushing.keep_flushing_activity().await }).abort_handle(),
            tokio::spawn(async move { keep_tidying(&tidying).await }).abort_handle(),
            tokio::spawn(async move { ending.keep_writing_ends().await }).abort_handle(),
            tokio::spawn(async move { keep_applying_due(&folding).await }).abort_handle(),
            tokio::spawn(async move { keep_indexing(&indexing).await }).abort_handle(),
            tokio::spawn(async move { keep_lease(&leasing, &node).await }).abort_handle(),
        ];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(tasks);
        // The patterns of browsers take a while to be compiled, which the first page would wait for.
        tokio::task::spawn_blocking(|| Device::of(""));
    }
}

async fn keep_tidying(accounts: &Accounts) {
    sleep(FIRST_WAIT.mul_f64(rand::random())).await;
    loop {
        match accounts.tidy_logins().await {
            Ok(Tidied { ended: 0, deleted: 0 }) => {}
            Ok(Tidied { ended, deleted }) => {
                log::info!("sessions that had run out: {ended}; ended ones that were deleted: {deleted}");
            }
            Err(error) => log::error!("the sessions could not be tidied, and will be tried again: {error}"),
        }
        match accounts.purge_events().await {
            Ok(0) => {}
            Ok(purged) => log::info!("events that were kept for long enough, and are deleted: {purged}"),
            Err(error) => log::error!("old events could not be deleted, and will be tried again: {error}"),
        }
        if let Err(error) = accounts.store().forget_statistics().await {
            log::warn!("SQLite's statistics could not be forgotten, and will be: {error}");
        }
        for counted in [accounts.sample_live_sessions().await, accounts.count_past_logins().await] {
            if let Err(error) = counted {
                log::warn!("what the overview draws could not be counted, and will be tried again: {error}");
            }
        }
        sleep(BETWEEN_TIDYINGS).await;
    }
}

async fn keep_applying_due(accounts: &Accounts) {
    loop {
        if let Err(error) = accounts.apply_all_due().await {
            log::warn!("what has come due could not be noted, and will be: {error}");
        }
        sleep(DUE_INTERVAL).await;
    }
}

async fn keep_indexing(accounts: &Accounts) {
    loop {
        sleep(LEFTOVERS_INTERVAL).await;
        if let Err(error) = accounts.index_events().await {
            log::warn!("the names in events could not be indexed, and will be: {error}");
        }
    }
}

async fn keep_lease(accounts: &Accounts, node: &Node) {
    loop {
        let trust = accounts.store().trust();
        if trust.is_held() {
            select! {
                () = sleep(LEASE_RENEWED_EVERY) => {}
                () = trust.lost() => {}
            }
        } else {
            sleep(BETWEEN_PROOFS).await;
        }
        renew_lease(accounts, node).await;
    }
}

async fn renew_lease(accounts: &Accounts, node: &Node) {
    let was_held = accounts.store().trust().is_held();
    if let Err(error) = accounts.renew_lease(node).await
        && was_held
    {
        log::warn!("this node could not renew its lease, and tries again: {error}");
    }
}

/// Opens the database at the start, and keeps it tidy; [`close`] is the end.
pub fn database() -> impl Fairing {
    DatabaseWithUpkeep { database: Db::init(), upkeep: Upkeep::default() }
}

struct DatabaseWithUpkeep {
    database: Initializer<Db>,
    upkeep: Upkeep,
}

#[rocket::async_trait]
impl Fairing for DatabaseWithUpkeep {
    fn info(&self) -> Info {
        Info { name: "Database", kind: Kind::Ignite | Kind::Liftoff | Kind::Shutdown }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        Ok(self.database.on_ignite(rocket).await?.manage(self.upkeep.clone()))
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        if let (Some(accounts), Some(node)) = (rocket.state::<Accounts>(), rocket.state::<Node>()) {
            // Before it answers, so that an act right after that waits for it.
            if timeout(FIRST_LEASE, renew_lease(accounts, node)).await.is_err() {
                log::warn!("this node could not get its lease in time, and tries again");
                accounts.store().trust().disproven(None);
            }
            self.upkeep.begin(accounts, node.clone());
        }
    }

    /// Short, because Rocket takes connections until it is over. The database stays open for the
    /// requests that are on their way.
    async fn on_shutdown(&self, rocket: &Rocket<Orbit>) {
        self.upkeep.stop();
        if let (Some(accounts), Some(node)) = (rocket.state::<Accounts>(), rocket.state::<Node>()) {
            flush(accounts).await;
            // Where it cannot, its lease runs out.
            let _ = timeout(LAST_WRITE, accounts.leave(node)).await;
        }
    }
}

/// Writes what the last requests have noted, and closes the database.
pub(super) async fn close(accounts: Option<&Accounts>) {
    if let Some(accounts) = accounts {
        flush(accounts).await;
        if timeout(LAST_WRITE, accounts.store().close()).await.is_err() {
            log::warn!("the database could not be closed in time");
        }
    }
}

async fn flush(accounts: &Accounts) {
    match timeout(LAST_WRITE, accounts.flush_activity()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::warn!("who was seen last could not be written: {error}"),
        Err(_) => log::warn!("who was seen last could not be written in time"),
    }
}
