//! Opens the database and runs the background tasks: write last-seen times and counts of acts, tidy logins, apply due
//! schedules, link, index, erase and purge events, count for the overview's charts, send letters, and renew the node's
//! lease.
//!
//! One fairing does all of this, because Rocket runs the shutdown fairings concurrently.

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

use crate::{
    accounts::{Accounts, ChainKeys, LEASE_RENEWED_EVERY, Node, Tidied},
    domain::logins::user_agent::Device,
    settings::SecretKeys,
};

use super::letters::Letters;

const TIDY_INTERVAL: Duration = Duration::from_mins(10);
/// The upper limit of the random delay before the first tidying, so that nodes that start together do not all do the
/// same work.
const MAX_FIRST_DELAY: Duration = Duration::from_secs(30);
/// How often due schedules are recorded. Their logins are refused from the due time on, before this runs.
const DUE_INTERVAL: Duration = Duration::from_secs(5);
/// How often to index the events of bulk actions, fill in the traits of logins that were inserted with SQL, and erase
/// deleted accounts from the events.
const INDEX_INTERVAL: Duration = Duration::from_secs(5);
/// How often a node without a lease tries to renew it.
const LEASE_RETRY_INTERVAL: Duration = Duration::from_millis(500);
/// How long startup waits for the first lease before it serves without one.
const FIRST_LEASE_TIMEOUT: Duration = Duration::from_secs(2);
/// The deadline of each last write at shutdown, in case the database does not respond.
const LAST_WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait at shutdown for the letter that is being sent.
const LAST_LETTER_TIMEOUT: Duration = Duration::from_secs(5);

/// How often to check whether the requests in progress at shutdown have been answered.
const ANSWERED_CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// The background tasks, in Rocket's managed state.
#[derive(Debug, Clone, Default)]
pub struct Upkeep(Arc<Mutex<Tasks>>);

#[derive(Debug, Default)]
struct Tasks {
    running: Vec<AbortHandle>,
    letters: Option<Letters>,
}

impl Upkeep {
    /// Stops the background tasks. Tests use this to rule out side effects.
    pub fn stop(&self) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.running.drain(..).for_each(|task| task.abort());
        if let Some(letters) = tasks.letters.take() {
            letters.stop();
        }
    }

    fn is_running(&self) -> bool {
        !self.0.lock().unwrap_or_else(PoisonError::into_inner).running.is_empty()
    }

    /// Apart from the others: it must not be cut off in the middle of a letter.
    fn start_sending(&self, letters: Letters, accounts: Accounts, node: Node) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).letters = Some(letters.clone());
        drop(tokio::spawn(async move { letters.keep_sending(&accounts, &node).await }));
    }

    fn start(&self, accounts: &Accounts, node: Node, keys: ChainKeys) {
        let [flushing, tidying, leasing, ending, applying, indexing, counting, linking] =
            std::array::from_fn(|_| accounts.clone());
        let tasks = [
            tokio::spawn(async move { flushing.keep_flushing_activity().await }).abort_handle(),
            tokio::spawn(async move { keep_tidying(&tidying).await }).abort_handle(),
            tokio::spawn(async move { ending.keep_writing_login_ends().await }).abort_handle(),
            tokio::spawn(async move { keep_applying_due(&applying).await }).abort_handle(),
            tokio::spawn(async move { keep_indexing(&indexing).await }).abort_handle(),
            tokio::spawn(async move { counting.keep_writing_counted_acts().await }).abort_handle(),
            tokio::spawn(async move { linking.keep_linking_events(&keys).await }).abort_handle(),
            tokio::spawn(async move { keep_lease(&leasing, &node).await }).abort_handle(),
        ];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).running.extend(tasks);
        // Compiles the user agent patterns now, so that the first page does not wait for it.
        tokio::task::spawn_blocking(|| Device::parse(""));
    }
}

async fn keep_tidying(accounts: &Accounts) {
    sleep(MAX_FIRST_DELAY.mul_f64(rand::random())).await;
    loop {
        tidy(accounts).await;
        sleep(TIDY_INTERVAL).await;
    }
}

/// One round of tidying. A part that fails is logged, and does not keep the others from running.
pub async fn tidy(accounts: &Accounts) {
    match accounts.tidy_logins().await {
        Ok(Tidied { ended: 0, deleted: 0 }) => {}
        Ok(Tidied { ended, deleted }) => {
            log::info!("ended {ended} expired logins, deleted {deleted} old ended logins");
        }
        Err(error) => log::error!("could not tidy the logins, will retry: {error}"),
    }
    match accounts.purge_events().await {
        Ok(0) => {}
        Ok(purged) => log::info!("deleted {purged} events past their retention"),
        Err(error) => log::error!("could not delete old events, will retry: {error}"),
    }
    match accounts.purge_letters().await {
        Ok(0) => {}
        Ok(purged) => log::info!("deleted {purged} old letters and links"),
        Err(error) => log::error!("could not delete old letters and links, will retry: {error}"),
    }
    if let Err(error) = accounts.store().drop_statistics().await {
        log::warn!("could not clear SQLite's statistics, will retry: {error}");
    }
    for counted in [accounts.sample_live_sessions().await, accounts.count_past_logins().await] {
        if let Err(error) = counted {
            log::warn!("could not update the counts for the overview, will retry: {error}");
        }
    }
}

async fn keep_applying_due(accounts: &Accounts) {
    loop {
        if let Err(error) = accounts.apply_all_due().await {
            log::warn!("could not record due schedules, will retry: {error}");
        }
        sleep(DUE_INTERVAL).await;
    }
}

async fn keep_indexing(accounts: &Accounts) {
    loop {
        sleep(INDEX_INTERVAL).await;
        if let Err(error) = accounts.index_events().await {
            log::warn!("could not index the names in events, will retry: {error}");
        }
        if let Err(error) = accounts.derive_traits().await {
            log::warn!("could not derive the traits of logins, will retry: {error}");
        }
        if let Err(error) = accounts.erase_events_of_deleted().await {
            log::warn!("could not erase deleted accounts from the events, will retry: {error}");
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
            sleep(LEASE_RETRY_INTERVAL).await;
        }
        renew_lease(accounts, node).await;
    }
}

async fn renew_lease(accounts: &Accounts, node: &Node) {
    let was_held = accounts.store().trust().is_held();
    if let Err(error) = accounts.renew_lease(node).await
        && was_held
    {
        let database = accounts.store().name();
        log::warn!("this node could not renew its lease in the database {database}, will retry: {error}");
    }
}

/// Runs the background tasks, over the database that is open. [`close`] must follow the shutdown.
pub fn stage(keys: &SecretKeys) -> impl Fairing {
    BackgroundTasks { upkeep: Upkeep::default(), chain_keys: ChainKeys::new(keys) }
}

struct BackgroundTasks {
    upkeep: Upkeep,
    chain_keys: ChainKeys,
}

#[rocket::async_trait]
impl Fairing for BackgroundTasks {
    fn info(&self) -> Info {
        Info { name: "Upkeep", kind: Kind::Ignite | Kind::Liftoff | Kind::Shutdown }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        Ok(rocket.manage(self.upkeep.clone()))
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        if let (Some(accounts), Some(node)) = (rocket.state::<Accounts>(), rocket.state::<Node>()) {
            // Before the first request, so that a force logout right after startup waits for this node.
            if timeout(FIRST_LEASE_TIMEOUT, renew_lease(accounts, node)).await.is_err() {
                let database = accounts.store().name();
                log::warn!("this node could not get its lease in the database {database} in time, will retry");
                accounts.store().trust().record_failed_write(None);
            }
            self.upkeep.start(accounts, node.clone(), self.chain_keys.clone());
            if let Some(letters) = rocket.state::<Letters>().cloned() {
                letters.listen_at(rocket.config());
                self.upkeep.start_sending(letters, accounts.clone(), node.clone());
            }
        }
    }

    /// Must be short, because Rocket accepts connections until it returns. The database stays open for the requests in
    /// progress.
    async fn on_shutdown(&self, rocket: &Rocket<Orbit>) {
        stop(&self.upkeep, rocket).await;
    }
}

async fn stop(upkeep: &Upkeep, rocket: &Rocket<Orbit>) {
    upkeep.stop();
    if let (Some(accounts), Some(node)) = (rocket.state::<Accounts>(), rocket.state::<Node>()) {
        flush(accounts).await;
        // If this fails, the lease expires by itself.
        let _ = timeout(LAST_WRITE_TIMEOUT, accounts.leave(node)).await;
    }
}

/// Does what Rocket leaves out of the shutdown when a connection arrives with the signal: Rocket 0.5 then takes the end
/// of its accept loop for the end of the server, runs no shutdown fairing, and waits for no request in progress.
pub(super) async fn finish_shutdown(rocket: &Arc<Rocket<Orbit>>) {
    let Some(upkeep) = rocket.state::<Upkeep>() else { return };
    if !upkeep.is_running() {
        return; // the fairing has run, so Rocket has waited
    }
    stop(upkeep, rocket).await;
    let limits = &rocket.config().shutdown;
    let answers = async {
        // Each connection has a reference.
        while Arc::strong_count(rocket) > 1 {
            sleep(ANSWERED_CHECK_INTERVAL).await;
        }
    };
    let _ = timeout(Duration::from_secs((limits.grace + limits.mercy).into()), answers).await;
}

/// Waits for the letter that is being sent, writes what the last requests left in memory, and closes the database.
pub(super) async fn close(accounts: Option<&Accounts>, letters: Option<&Letters>) {
    if let Some(letters) = letters {
        letters.finish(LAST_LETTER_TIMEOUT).await;
    }
    if let Some(accounts) = accounts {
        flush(accounts).await;
        if timeout(LAST_WRITE_TIMEOUT, accounts.store().close()).await.is_err() {
            log::warn!("could not close the database in time");
        }
    }
}

async fn flush(accounts: &Accounts) {
    let writing = async {
        accounts.flush_activity().await?;
        accounts.write_all_counted_acts().await
    };
    match timeout(LAST_WRITE_TIMEOUT, writing).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => log::warn!("could not write last-seen times and counts: {error}"),
        Err(_) => log::warn!("could not write last-seen times and counts in time"),
    }
}
