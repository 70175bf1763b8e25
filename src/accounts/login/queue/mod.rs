//! The queue for the threads that hash passwords: bounded, and shared fairly.
//!
//! There are two lines, which take turns: one of strangers, and one of users, who are inside a live login or in a browser
//! that has logged in to the account before. So strangers with any number of networks cannot keep users waiting.
//!
//! In a line, one network cannot keep the others waiting: the turn goes to the network that has not been served for the
//! longest time. If the line is full, the network with the most waiters loses its last one. A waiter that is dropped
//! leaves the queue at once.

pub(in crate::accounts) mod connections;

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;
use rocket::tokio::sync::oneshot;

use crate::accounts::{AccountsError, Result};

/// How many may wait in a line for each thread: about ten seconds at the default cost.
const WAITING_PER_THREAD: usize = 50;
/// The `Retry-After` of a request that finds the queue full.
pub(in crate::accounts) const RETRY_AFTER: Duration = Duration::from_secs(10);
/// For how many turns a network is remembered after its own. A forgotten network comes before all that are remembered,
/// so this is also how many turns of new networks a waiter may have to let pass.
const REMEMBERED_TURNS: u64 = 500;
/// The prefixes that a network is told by: what one customer of a provider can fill with addresses.
const IPV4_PREFIX: u8 = 24;
const IPV6_PREFIX: u8 = 48;

/// The queue. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::accounts) struct Queue(Arc<Mutex<State>>);

/// Whether a waiter is known to the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::accounts) enum Line {
    /// A form inside a live login, a browser that has logged in to the account before, or the operator.
    Users,
    /// Everybody else.
    Strangers,
}

/// The network of a client. All clients without an address, such as the command line, are in one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(in crate::accounts) struct Network(Option<IpNet>);

/// The right to use one of the threads. It lasts until it is dropped.
#[derive(Debug)]
pub(in crate::accounts) struct Turn(Option<Queue>);

#[derive(Debug)]
struct State {
    free_threads: usize,
    users: Waiting,
    strangers: Waiting,
    /// The line that had the last turn.
    last: Line,
}

/// One line of the queue.
#[derive(Debug)]
struct Waiting {
    room: usize,
    count: usize,
    /// How many turns there were.
    turns: u64,
    /// How many waiters there were.
    arrivals: u64,
    /// The networks with waiters.
    networks: HashMap<Network, Waiters>,
    /// The number of the last turn of each network.
    served: HashMap<Network, u64>,
}

/// The waiters of one network, the first one first.
#[derive(Debug)]
struct Waiters {
    /// The number of the network's last turn, or a later one if that is forgotten. The lowest number is next.
    rank: u64,
    waiters: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    turn: oneshot::Sender<Turn>,
}

impl Network {
    /// The network of this address.
    pub(in crate::accounts) fn of(address: &str) -> Self {
        let network = address.parse().ok().and_then(|address: IpAddr| {
            let prefix = if address.is_ipv4() { IPV4_PREFIX } else { IPV6_PREFIX };
            IpNet::new(address, prefix).ok()
        });
        Self(network.map(|network| network.trunc()))
    }
}

impl Queue {
    /// A queue for this many threads.
    pub(super) fn of(threads: usize) -> Self {
        Self::with_room(threads, threads.saturating_mul(WAITING_PER_THREAD))
    }

    fn with_room(free_threads: usize, room: usize) -> Self {
        let [users, strangers] = [(); 2].map(|()| Waiting::with_room(room));
        Self(Arc::new(Mutex::new(State { free_threads, users, strangers, last: Line::Strangers })))
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// Returns [`AccountsError::Busy`] if the line is full and other networks have a better claim to its places.
    pub(super) async fn turn(&self, line: Line, network: Network) -> Result<Turn> {
        let busy = AccountsError::Busy { retry_after: RETRY_AFTER };
        let place = {
            let mut state = self.lock();
            if state.free_threads > 0 {
                state.free_threads -= 1;
                state.line(line).serve(network);
                return Ok(Turn(Some(self.clone())));
            }
            match state.line(line).join(network) {
                Some((id, turn)) => Place { queue: self, line, network, id, turn },
                None => return Err(busy),
            }
        };
        place.turn().await.ok_or(busy)
    }

    /// Gives a free thread to the next waiter.
    fn pass_on(&self) {
        loop {
            let waiter = {
                let mut state = self.lock();
                let Some(waiter) = state.next() else {
                    state.free_threads += 1;
                    return;
                };
                waiter
            };
            match waiter.turn.send(Turn(Some(self.clone()))) {
                Ok(()) => return,
                // The waiter was just dropped. Its turn goes to the next one here, not in a recursion.
                Err(mut turn) => turn.0 = None,
            }
        }
    }

    /// Ignores poisoning: no change of the state panics.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            queue.pass_on();
        }
    }
}

/// A place in the queue. If dropped, it is free for others.
struct Place<'q> {
    queue: &'q Queue,
    line: Line,
    network: Network,
    id: u64,
    turn: oneshot::Receiver<Turn>,
}

impl Place<'_> {
    /// Waits for the turn. `None` if the place was lost to another network.
    async fn turn(mut self) -> Option<Turn> {
        (&mut self.turn).await.ok()
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.queue.lock().line(self.line).leave(self.network, self.id);
    }
}

impl State {
    const fn line(&mut self, line: Line) -> &mut Waiting {
        match line {
            Line::Users => &mut self.users,
            Line::Strangers => &mut self.strangers,
        }
    }

    /// Removes the waiter whose turn it is. The other line than the last time is first.
    fn next(&mut self) -> Option<Waiter> {
        let lines = match self.last {
            Line::Users => [Line::Strangers, Line::Users],
            Line::Strangers => [Line::Users, Line::Strangers],
        };
        lines.into_iter().find_map(|line| {
            let waiter = self.line(line).next()?;
            self.last = line;
            Some(waiter)
        })
    }
}

impl Waiting {
    fn with_room(room: usize) -> Self {
        let (networks, served) = (HashMap::new(), HashMap::new());
        Self { room, count: 0, turns: 0, arrivals: 0, networks, served }
    }

    /// Adds a waiter. `None` if the line is full and no other network has a weaker claim.
    fn join(&mut self, network: Network) -> Option<(u64, oneshot::Receiver<Turn>)> {
        let rank = self.networks.get(&network).map_or_else(|| self.rank_of(network), |waiters| waiters.rank);
        if self.count >= self.room {
            let own = self.networks.get(&network).map_or(0, |waiters| waiters.waiters.len());
            let claims =
                self.networks.iter().map(|(network, waiters)| ((waiters.waiters.len(), waiters.rank), *network));
            let (weakest, loser) = claims.max_by_key(|(claim, _)| *claim)?;
            if weakest <= (own + 1, rank) {
                return None;
            }
            let last = self.networks.get(&loser)?.waiters.back()?.id;
            self.leave(loser, last);
        }
        let (sender, turn) = oneshot::channel();
        self.arrivals += 1;
        let id = self.arrivals;
        let waiters = self.networks.entry(network).or_insert_with(|| Waiters { rank, waiters: VecDeque::new() });
        waiters.waiters.push_back(Waiter { id, turn: sender });
        self.count += 1;
        Some((id, turn))
    }

    /// Removes a waiter, unless it has had its turn.
    fn leave(&mut self, network: Network, id: u64) {
        let Some(waiters) = self.networks.get_mut(&network) else { return };
        let before = waiters.waiters.len();
        waiters.waiters.retain(|waiter| waiter.id != id);
        self.count -= before - waiters.waiters.len();
        if waiters.waiters.is_empty() {
            self.networks.remove(&network);
        }
    }

    /// Removes the line's waiter whose turn it is.
    fn next(&mut self) -> Option<Waiter> {
        let by_turn =
            self.networks.iter().min_by_key(|(_, waiters)| (waiters.rank, waiters.waiters.front().map(|w| w.id)));
        let network = *by_turn?.0;
        self.serve(network);
        let waiters = self.networks.get_mut(&network)?;
        waiters.rank = self.turns;
        let waiter = waiters.waiters.pop_front()?;
        self.count -= 1;
        if waiters.waiters.is_empty() {
            self.networks.remove(&network);
        }
        Some(waiter)
    }

    fn serve(&mut self, network: Network) {
        self.turns += 1;
        self.served.insert(network, self.turns);
        let forgotten = self.turns.saturating_sub(REMEMBERED_TURNS);
        // Half of them are forgotten each time, so that this is rare.
        if u64::try_from(self.served.len()).is_ok_and(|served| served > 2 * REMEMBERED_TURNS) {
            self.served.retain(|_, turn| *turn > forgotten);
        }
    }

    fn rank_of(&self, network: Network) -> u64 {
        let forgotten = self.turns.saturating_sub(REMEMBERED_TURNS);
        self.served.get(&network).map_or(forgotten, |turn| (*turn).max(forgotten))
    }
}

#[cfg(test)]
mod tests;
