//! The queue for the threads that hash passwords: bounded, and shared fairly.
//!
//! There are four lines, which take turns: staff, members, strangers who log in, and newcomers who register. Whoever is
//! inside a live login, or in a browser that has logged in to the account before, waits in the line of the account's
//! role. So strangers with any number of networks cannot keep users waiting, members with any number of accounts cannot
//! keep staff waiting, and registrations cannot keep anyone waiting who has an account.
//!
//! In a line, nobody can keep the others waiting: users share the turns by account, strangers by network. The turn goes
//! to the one that has had the fewest of the last [`REMEMBERED_TURNS`] turns of the line. If the line is full, the one
//! with the most waiters loses the last of them. A waiter that is dropped leaves the queue at once.

pub(in crate::accounts) mod connections;
pub(in crate::accounts) mod network;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rocket::tokio::sync::oneshot;

use self::network::Network;
use crate::{
    accounts::{AccountsError, Result},
    domain::people::role::Role,
};

/// How many may wait in a line for each thread: about ten seconds at the default cost.
const WAITING_PER_THREAD: usize = 50;
/// The `Retry-After` of a request that finds the queue full.
pub(in crate::accounts) const RETRY_AFTER: Duration = Duration::from_secs(10);
/// How many turns of a line are remembered. Whoever has had none of them comes first, so this is also how many turns of
/// new networks a waiter may have to let pass.
const REMEMBERED_TURNS: usize = 500;

/// The queue. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::accounts) struct Queue(Arc<Mutex<State>>);

/// Whose share of the turns a waiter uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::accounts) enum Claimant {
    /// The operator, at the command line or with the setup code.
    Operator,
    /// An account: a form inside a live login, or a browser that has logged in to the account before.
    Account { id: i64, role: Role },
    /// Everybody else in this network who logs in.
    Strangers(Network),
    /// Everybody in this network who registers.
    Newcomers(Network),
}

impl Claimant {
    const fn line(self) -> Line {
        match self {
            Self::Operator | Self::Account { role: Role::Staff | Role::Superuser, .. } => Line::Staff,
            Self::Account { role: Role::Member, .. } => Line::Members,
            Self::Strangers(_) => Line::Strangers,
            Self::Newcomers(_) => Line::Newcomers,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Staff,
    Members,
    Strangers,
    Newcomers,
}

/// The right to use one of the threads. It lasts until it is dropped.
#[derive(Debug)]
pub(in crate::accounts) struct Turn(Option<Queue>);

#[derive(Debug)]
struct State {
    free_threads: usize,
    staff: Waiting,
    members: Waiting,
    strangers: Waiting,
    newcomers: Waiting,
    /// The line that had the last turn.
    last: Line,
}

/// One line of the queue.
#[derive(Debug)]
struct Waiting {
    room: usize,
    count: usize,
    /// How many waiters there were.
    arrivals: u64,
    /// The waiters of each claimant, the first one first.
    waiters: HashMap<Claimant, VecDeque<Waiter>>,
    turns: Turns,
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    turn: oneshot::Sender<Turn>,
}

/// The last turns of a line.
#[derive(Debug, Default)]
struct Turns {
    /// How many there were.
    count: u64,
    /// Who had the last ones, the latest last.
    last: VecDeque<Claimant>,
    ranks: HashMap<Claimant, Rank>,
}

/// How much a claimant has had. The lowest rank is next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// How many of the remembered turns.
    turns: u64,
    /// The number of the last of them.
    last: u64,
}

impl Queue {
    /// A queue for this many threads.
    pub(super) fn of(threads: usize) -> Self {
        Self::with_room(threads, threads.saturating_mul(WAITING_PER_THREAD))
    }

    fn with_room(free_threads: usize, room: usize) -> Self {
        let [staff, members, strangers, newcomers] = [(); 4].map(|()| Waiting::with_room(room));
        let last = Line::Newcomers;
        Self(Arc::new(Mutex::new(State { free_threads, staff, members, strangers, newcomers, last })))
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// Returns [`AccountsError::Busy`] if the line is full and others have a better claim to its places.
    pub(super) async fn turn(&self, of: Claimant) -> Result<Turn> {
        let busy = AccountsError::Busy { retry_after: RETRY_AFTER };
        let place = {
            let mut state = self.lock();
            if state.free_threads > 0 {
                state.free_threads -= 1;
                state.line(of.line()).turns.count(of);
                return Ok(Turn(Some(self.clone())));
            }
            match state.line(of.line()).join(of) {
                Some((id, turn)) => Place { queue: self, of, id, turn },
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
    of: Claimant,
    id: u64,
    turn: oneshot::Receiver<Turn>,
}

impl Place<'_> {
    /// Waits for the turn. `None` if the place was lost to another claimant.
    async fn turn(mut self) -> Option<Turn> {
        (&mut self.turn).await.ok()
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.queue.lock().line(self.of.line()).leave(self.of, self.id);
    }
}

impl State {
    const fn line(&mut self, line: Line) -> &mut Waiting {
        match line {
            Line::Staff => &mut self.staff,
            Line::Members => &mut self.members,
            Line::Strangers => &mut self.strangers,
            Line::Newcomers => &mut self.newcomers,
        }
    }

    /// Removes the waiter whose turn it is. The lines after the one that had the last turn are first.
    fn next(&mut self) -> Option<Waiter> {
        let lines = match self.last {
            Line::Staff => [Line::Members, Line::Strangers, Line::Newcomers, Line::Staff],
            Line::Members => [Line::Strangers, Line::Newcomers, Line::Staff, Line::Members],
            Line::Strangers => [Line::Newcomers, Line::Staff, Line::Members, Line::Strangers],
            Line::Newcomers => [Line::Staff, Line::Members, Line::Strangers, Line::Newcomers],
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
        Self { room, count: 0, arrivals: 0, waiters: HashMap::new(), turns: Turns::default() }
    }

    /// Adds a waiter. `None` if the line is full and nobody else has a weaker claim.
    fn join(&mut self, of: Claimant) -> Option<(u64, oneshot::Receiver<Turn>)> {
        if self.count >= self.room {
            let own = self.waiters.get(&of).map_or(0, VecDeque::len);
            let claims = self.waiters.iter().map(|(of, waiters)| ((waiters.len(), self.turns.rank(*of)), *of));
            let (weakest, loser) = claims.max_by_key(|(claim, _)| *claim)?;
            if weakest <= (own + 1, self.turns.rank(of)) {
                return None;
            }
            let last = self.waiters.get(&loser)?.back()?.id;
            self.leave(loser, last);
        }
        let (sender, turn) = oneshot::channel();
        self.arrivals += 1;
        let id = self.arrivals;
        self.waiters.entry(of).or_default().push_back(Waiter { id, turn: sender });
        self.count += 1;
        Some((id, turn))
    }

    /// Removes a waiter, unless it has had its turn.
    fn leave(&mut self, of: Claimant, id: u64) {
        let Some(waiters) = self.waiters.get_mut(&of) else { return };
        let before = waiters.len();
        waiters.retain(|waiter| waiter.id != id);
        self.count -= before - waiters.len();
        if waiters.is_empty() {
            self.waiters.remove(&of);
        }
    }

    /// Removes the line's waiter whose turn it is.
    fn next(&mut self) -> Option<Waiter> {
        let first = |waiters: &VecDeque<Waiter>| waiters.front().map(|waiter| waiter.id);
        let by_turn = self.waiters.iter().min_by_key(|(of, waiters)| (self.turns.rank(**of), first(waiters)));
        let of = *by_turn?.0;
        self.turns.count(of);
        let waiters = self.waiters.get_mut(&of)?;
        let waiter = waiters.pop_front()?;
        self.count -= 1;
        if waiters.is_empty() {
            self.waiters.remove(&of);
        }
        Some(waiter)
    }
}

impl Turns {
    fn rank(&self, of: Claimant) -> Rank {
        self.ranks.get(&of).copied().unwrap_or_default()
    }

    fn count(&mut self, of: Claimant) {
        self.count += 1;
        self.last.push_back(of);
        let rank = self.ranks.entry(of).or_default();
        *rank = Rank { turns: rank.turns + 1, last: self.count };
        let forgotten = if self.last.len() > REMEMBERED_TURNS { self.last.pop_front() } else { None };
        let Some(of) = forgotten else { return };
        match self.ranks.get_mut(&of) {
            Some(rank) if rank.turns > 1 => rank.turns -= 1,
            _ => drop(self.ranks.remove(&of)),
        }
    }
}

#[cfg(test)]
mod tests;
