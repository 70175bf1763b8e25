//! On Postgres: read together for the requests of the same moment.
//!
//! A round trip to the database costs more than what it brings. So requests ask a lane, which holds
//! a connection of its own and answers all that have asked while it was away with one statement. A
//! database that is silent is an error after a few seconds, for all who wait.

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
use sqlx::PgPool;

use crate::{
    domain::logins::session_secret::SessionId,
    store::{
        Clock, Connection, Result, StoreError, Trust,
        engine::{in_time, is_silence, silence},
        pool::ACQUIRE_TIMEOUT,
        standing::{Asked, LoginStanding, STANDINGS_AT_ONCE, list_login_standings},
    },
};

/// How many requests may wait for one lane before the next one waits to ask.
const WAITING: usize = 1_024;

/// The lanes; each ends when the last store that can ask it is gone.
#[derive(Debug, Clone)]
pub struct Lanes {
    lanes: Arc<[mpsc::Sender<Message>]>,
    turn: Arc<AtomicUsize>,
}

#[derive(Debug)]
enum Message {
    /// Read this.
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
    /// So many lanes, each of which takes a connection when it is first asked.
    pub(in crate::store) fn new(lanes: u32, pool: &PgPool, clock: &Clock, trust: &Trust) -> Self {
        let lane = |_| {
            let (sender, inbox) = mpsc::channel(WAITING);
            let lane = Lane { pool: pool.clone(), clock: clock.clone(), trust: trust.clone(), held: None };
            tokio::spawn(lane.serve(inbox));
            sender
        };
        Self { lanes: (0..lanes.max(1)).map(lane).collect(), turn: Arc::default() }
    }

    /// Reads what decides over the login that this session made.
    ///
    /// # Errors
    /// When the database does not answer, or holds a word that is no reason.
    pub(super) async fn read(&self, user_id: i64, session: &SessionId) -> Result<LoginStanding> {
        let lane = self.turn.fetch_add(1, Ordering::Relaxed) % self.lanes.len();
        let (answer, answered) = oneshot::channel();
        let question = Question { asked: (user_id, session.clone()), answer };
        let is_gone = || StoreError::Unavailable(sqlx::Error::PoolClosed);
        self.lanes[lane].send(Message::Read(question)).await.map_err(|_| is_gone())?;
        answered.await.map_err(|_| is_gone())?
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

/// One after the other, all that has been asked meanwhile.
struct Lane {
    pool: PgPool,
    clock: Clock,
    trust: Trust,
    /// The connection, and when it was taken from the pool.
    held: Option<(Connection, Instant)>,
}

impl Lane {
    async fn serve(mut self, mut inbox: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(STANDINGS_AT_ONCE);
        while inbox.recv_many(&mut messages, STANDINGS_AT_ONCE).await > 0 {
            let mut questions = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    Message::Read(question) => questions.push(question),
                    Message::Release(released) => self.release(released),
                }
            }
            if !questions.is_empty() && !self.answer(questions).await {
                // They have waited through the same silence, and need not wait for another.
                while let Ok(message) = inbox.try_recv() {
                    match message {
                        Message::Read(question) => drop(question.answer.send(Err(StoreError::Unavailable(silence())))),
                        Message::Release(released) => self.release(released),
                    }
                }
            }
        }
    }

    /// Says whether the database answered. A request that is gone meanwhile does not hear its
    /// answer, and nobody minds.
    async fn answer(&mut self, questions: Vec<Question>) -> bool {
        let asked: Vec<Asked> = questions.iter().map(|question| question.asked.clone()).collect();
        match self.read(&asked).await {
            Ok(standings) => {
                for (question, standing) in questions.into_iter().zip(standings) {
                    let _ = question.answer.send(Ok(standing));
                }
                true
            }
            // One account that cannot be read must not stand in the way of the others.
            Err(StoreError::Unreadable(_)) if questions.len() > 1 => {
                for question in questions {
                    let alone = self.read(std::slice::from_ref(&question.asked)).await;
                    let missing = || StoreError::Unreadable("the site's own row is gone".to_owned());
                    let _ = question.answer.send(alone.and_then(|mut read| read.pop().ok_or_else(missing)));
                }
                true
            }
            Err(error) => {
                for question in questions {
                    let _ = question.answer.send(Err(again(&error)));
                }
                !matches!(error, StoreError::Unavailable(_))
            }
        }
    }

    /// With the connection that is held; where that one fails, or may be to a server that was replaced, with a fresh
    /// one.
    async fn read(&mut self, asked: &[Asked]) -> Result<Vec<LoginStanding>> {
        let trusted_since = |(_, taken_at): &(Connection, Instant)| self.trust.is_held_since(*taken_at);
        let held = self.held.take_if(|held| trusted_since(held));
        if let Some((connection, _)) = self.held.take() {
            connection.discard();
        }
        self.trust.must_be_held()?;
        if let Some(held) = held {
            match self.read_with(held, asked).await {
                Err(StoreError::Unavailable(error)) if !is_silence(&error) => {
                    log::debug!("a connection of the guard is dropped: {error}");
                }
                read => return read,
            }
        }
        let taken_at = Instant::now();
        let fresh = Connection::Postgres(in_time(Box::pin(self.pool.acquire())).await?);
        self.read_with((fresh, taken_at), asked).await
    }

    /// Keeps the connection when it has answered; one that did not is never used again.
    async fn read_with(
        &mut self,
        (mut connection, taken_at): (Connection, Instant),
        asked: &[Asked],
    ) -> Result<Vec<LoginStanding>> {
        let reading = list_login_standings(&mut connection, &self.clock, asked);
        let read = timeout(ACQUIRE_TIMEOUT, reading).await.unwrap_or(Err(StoreError::Unavailable(silence())));
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

/// The same error for one more of those who asked together.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unreadable(what) => StoreError::Unreadable(what.clone()),
        StoreError::Unwritable => StoreError::Unwritable,
        other => StoreError::Unavailable(sqlx::Error::Protocol(other.to_string())),
    }
}
