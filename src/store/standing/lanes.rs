//! Reads standings in batches.
//!
//! A round trip costs more than the rows that it returns: to Postgres over the network, to SQLite between threads. So
//! requests queue at a lane. A lane is a task with its own connection; with one statement it answers all requests that
//! arrived during the previous one. If the database does not respond within a few seconds, all waiting requests fail.
//!
//! Every answer is read after its request asked. Nothing is cached between requests.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use rocket::tokio::{
    self,
    sync::{mpsc, oneshot},
    time::timeout,
};
#[cfg(feature = "postgres")]
use sqlx::PgPool;
use sqlx::SqlitePool;

use crate::{
    domain::logins::public_id::PublicId,
    store::{
        Clock, Connection, Result, StoreError, Trust,
        engine::{ACQUIRE_TIMEOUT, is_timeout, timed_out, with_timeout},
        standing::{Asked, LoginStanding, MAX_STANDINGS_PER_STATEMENT, list_login_standings},
    },
};

/// How many requests fit into the queue of one lane. Further requests wait for a place.
const QUEUE_LENGTH: usize = 1_024;

/// The pool that a lane takes its connection from.
#[derive(Debug, Clone)]
pub(in crate::store) enum LanePool {
    Sqlite(SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(PgPool),
}

impl LanePool {
    async fn connect(&self) -> sqlx::Result<Connection> {
        match self {
            Self::Sqlite(pool) => with_timeout(Box::pin(pool.acquire())).await.map(Connection::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => with_timeout(Box::pin(pool.acquire())).await.map(Connection::Postgres),
        }
    }
}

/// The lanes. Each task ends when the last `Store` that uses it is dropped.
#[derive(Debug, Clone)]
pub struct Lanes {
    lanes: Arc<[mpsc::Sender<Message>]>,
    next: Arc<AtomicUsize>,
}

#[derive(Debug)]
enum Message {
    /// Read a standing.
    Read(Question),
    /// Give the connection back to the pool.
    Release(oneshot::Sender<()>),
}

#[derive(Debug)]
struct Question {
    asked: Asked,
    answer: oneshot::Sender<Result<LoginStanding>>,
}

impl Lanes {
    /// Starts `lanes` lanes, at least one. Each takes its connection on its first request.
    pub(in crate::store) fn new(lanes: u32, pool: &LanePool, clock: &Clock, trust: &Trust) -> Self {
        let lane = |_| {
            let (sender, inbox) = mpsc::channel(QUEUE_LENGTH);
            let lane = Lane { pool: pool.clone(), clock: clock.clone(), trust: trust.clone(), held: None };
            tokio::spawn(lane.serve(inbox));
            sender
        };
        Self { lanes: (0..lanes.max(1)).map(lane).collect(), next: Arc::default() }
    }

    /// Reads one standing, together with those that other requests ask for.
    pub(in crate::store) async fn read(&self, user_id: i64, session: &PublicId) -> Result<LoginStanding> {
        let lane = self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len();
        let (answer, answered) = oneshot::channel();
        let question = Question { asked: (user_id, session.clone()), answer };
        let closed = || StoreError::Unavailable(sqlx::Error::PoolClosed);
        self.lanes[lane].send(Message::Read(question)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Gives every connection back to the pool.
    pub(in crate::store) async fn release(&self) {
        for lane in self.lanes.iter() {
            let (sender, released) = oneshot::channel();
            if lane.send(Message::Release(sender)).await.is_ok() {
                let _ = released.await;
            }
        }
    }
}

/// Answers the questions in its queue, one batch after another.
struct Lane {
    pool: LanePool,
    clock: Clock,
    trust: Trust,
    /// The connection, and when it was taken from the pool.
    held: Option<(Connection, Instant)>,
}

impl Lane {
    async fn serve(mut self, mut inbox: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(MAX_STANDINGS_PER_STATEMENT);
        while inbox.recv_many(&mut messages, MAX_STANDINGS_PER_STATEMENT).await > 0 {
            let mut questions = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    Message::Read(question) => questions.push(question),
                    Message::Release(released) => self.release(released),
                }
            }
            if !questions.is_empty() && !self.answer(questions).await {
                // The questions queued meanwhile waited through the same timeout, and need not wait for another.
                while let Ok(message) = inbox.try_recv() {
                    match message {
                        Message::Read(question) => {
                            drop(question.answer.send(Err(StoreError::Unavailable(timed_out()))));
                        }
                        Message::Release(released) => self.release(released),
                    }
                }
            }
        }
    }

    /// Answers one batch. Returns whether the database responded. Sending an answer fails if its request is gone, which
    /// does no harm.
    async fn answer(&mut self, questions: Vec<Question>) -> bool {
        let asked: Vec<Asked> = questions.iter().map(|question| question.asked.clone()).collect();
        match self.read(&asked).await {
            Ok(standings) => {
                for (question, standing) in questions.into_iter().zip(standings) {
                    let _ = question.answer.send(Ok(standing));
                }
                true
            }
            // One unreadable account must not fail the others.
            Err(StoreError::Unreadable(_)) if questions.len() > 1 => {
                for question in questions {
                    let alone = self.read(std::slice::from_ref(&question.asked)).await;
                    let missing = || StoreError::Unreadable("the site's row is missing".to_owned());
                    let _ = question.answer.send(alone.and_then(|mut read| read.pop().ok_or_else(missing)));
                }
                true
            }
            Err(error) => {
                for question in questions {
                    let _ = question.answer.send(Err(copy_of(&error)));
                }
                !matches!(error, StoreError::Unavailable(_))
            }
        }
    }

    /// Reads over the held connection. If that one fails before a timeout, or may lead to a replaced server, reads over
    /// a fresh one.
    async fn read(&mut self, asked: &[Asked]) -> Result<Vec<LoginStanding>> {
        let trusted_since = |(_, taken_at): &(Connection, Instant)| self.trust.is_held_since(*taken_at);
        let held = self.held.take_if(|held| trusted_since(held));
        if let Some((connection, _)) = self.held.take() {
            connection.discard();
        }
        self.trust.must_be_held()?;
        if let Some(held) = held {
            match self.read_with(held, asked).await {
                Err(StoreError::Unavailable(error)) if !is_timeout(&error) => {
                    log::debug!("a connection of the guard is dropped: {error}");
                }
                read => return read,
            }
        }
        let taken_at = Instant::now();
        let fresh = self.pool.connect().await?;
        self.read_with((fresh, taken_at), asked).await
    }

    /// Reads over this connection. Keeps it if it responded. Otherwise it is never used again.
    async fn read_with(
        &mut self,
        (mut connection, taken_at): (Connection, Instant),
        asked: &[Asked],
    ) -> Result<Vec<LoginStanding>> {
        let reading = list_login_standings(&mut connection, &self.clock, asked);
        let read = timeout(ACQUIRE_TIMEOUT, reading).await.unwrap_or(Err(StoreError::Unavailable(timed_out())));
        match read {
            Err(StoreError::Unavailable(_)) => connection.discard(),
            _ => self.held = Some((connection, taken_at)),
        }
        read
    }

    fn release(&mut self, released: oneshot::Sender<()>) {
        self.held = None;
        let _ = released.send(());
    }
}

/// Copies an error for another request of the batch.
fn copy_of(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unreadable(what) => StoreError::Unreadable(what.clone()),
        StoreError::Unwritable => StoreError::Unwritable,
        other => StoreError::Unavailable(sqlx::Error::Protocol(other.to_string())),
    }
}
