//! What should become of the cookies of a request: stated here by guards and handlers, and written
//! by [`crate::gate::cookies`] alone.

use std::{
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use super::session_cookie::Content;
use crate::{accounts::StartedSession, gate::Notice};

/// What becomes of the session cookie.
#[derive(Debug, Clone)]
pub(super) enum SessionChange {
    /// It is set for a new session.
    Start(StartedSession),
    /// It is written again under today's key, for what is left of its life.
    Renew(Content, Option<Duration>),
    /// It is removed.
    End,
}

/// What becomes of the notice for the next page.
#[derive(Debug, Clone)]
pub(super) enum NoticeChange {
    /// The next page shows it.
    Leave(Notice),
    /// It has been shown.
    Clear,
}

/// Everything that a request wants of its cookies.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub(in crate::gate) session: Option<SessionChange>,
    pub(in crate::gate) notice: Option<NoticeChange>,
    pub(in crate::gate) visitor: Option<String>,
    pub(in crate::gate) clears_site_data: bool,
    is_written: bool,
}

#[derive(Debug, Default)]
pub(super) struct Stated(Mutex<Wanted>);

/// States what should become of this request's cookies.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'r>(&'r Stated);

impl<'r> Changes<'r> {
    /// The changes of a request.
    #[must_use]
    pub fn of(request: &'r Request<'_>) -> Self {
        Self(request.local_cache(Stated::default))
    }

    /// Sets the cookie of a session that has just been made.
    pub fn start_session(self, started: StartedSession) {
        self.state().session = Some(SessionChange::Start(started));
    }

    /// Removes the session cookie, because its person logged out.
    pub fn log_out(self) {
        let mut wanted = self.state();
        wanted.session = Some(SessionChange::End);
        wanted.clears_site_data = true;
    }

    /// Removes the session cookie, because its login turned out to have ended.
    pub fn end_session_now(self) {
        self.state().session = Some(SessionChange::End);
    }

    /// Removes the session cookie; the start of another session is stronger.
    pub(in crate::gate) fn end_session(self) {
        self.state().session.get_or_insert(SessionChange::End);
    }

    pub(in crate::gate) fn renew_session(self, content: Content, left: Option<Duration>) {
        self.state().session.get_or_insert(SessionChange::Renew(content, left));
    }

    /// Leaves a notice for the next page that is shown.
    pub fn leave_notice(self, notice: Notice) {
        self.state().notice = Some(NoticeChange::Leave(notice));
    }

    /// The notice of this request has been shown.
    pub fn clear_notice(self) {
        self.state().notice.get_or_insert(NoticeChange::Clear);
    }

    pub(super) fn set_visitor(self, visitor: String) {
        self.state().visitor = Some(visitor);
    }

    pub(super) fn visitor(self) -> Option<String> {
        self.lock().visitor.clone()
    }

    /// All that was stated, for the one writer; what is stated from now on is lost.
    pub(super) fn to_write(self) -> Wanted {
        let mut wanted = self.lock();
        wanted.is_written = true;
        wanted.clone()
    }

    fn state(self) -> MutexGuard<'r, Wanted> {
        let wanted = self.lock();
        if wanted.is_written {
            log::error!("a change of the cookies is lost: it was stated after they were written");
        }
        wanted
    }

    /// Each change is one assignment, so a panic elsewhere leaves them whole.
    fn lock(self) -> MutexGuard<'r, Wanted> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Changes<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request))
    }
}
