//! The cookie changes of a request. Guards and handlers state them here. Only [`crate::gate::cookies`] writes them.
//!
//! What the guards of a request did is here too, for the headers and errors of a host's own pages.

use std::{
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use super::claim::Content;
use crate::{accounts::StartedSession, gate::Notice};

/// A change of the session cookie.
#[derive(Debug, Clone)]
pub(super) enum SessionChange {
    /// Sets it for a new session, or a new secret.
    Start(StartedSession),
    /// Encrypts it again under the current key. The duration is its remaining `Max-Age`.
    Renew(Content, Option<Duration>),
    /// Removes it.
    End,
    /// Removes it if it is of this account.
    EndOf(i64),
}

/// A change of the notice cookie.
#[derive(Debug, Clone)]
pub(super) enum NoticeChange {
    /// Sets the notice for the next page.
    Leave(Notice),
    /// Removes the notice, because a page has shown it.
    Clear,
}

/// All cookie changes of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct StatedChanges {
    pub(in crate::gate) session: Option<SessionChange>,
    pub(in crate::gate) notice: Option<NoticeChange>,
    pub(in crate::gate) visitor: Option<String>,
    /// An account, and the version of its password.
    pub(in crate::gate) known_to: Option<(i64, i64)>,
    pub(in crate::gate) clears_site_data: bool,
    guarded_as: Option<GuardedAs>,
    is_written: bool,
}

/// What the guards of a request did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum GuardedAs {
    /// They asked who sent it, so the response depends on that.
    Asked,
    /// They refused a person, who may log in or give the password first.
    RefusedPage,
    /// They refused a program.
    RefusedProgram,
}

#[derive(Debug, Default)]
pub(super) struct SharedChanges(Mutex<StatedChanges>);

/// States the cookie changes of a request.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'r>(&'r SharedChanges);

impl<'r> Changes<'r> {
    /// The changes of a request.
    #[must_use]
    pub fn of(request: &'r Request<'_>) -> Self {
        Self(request.local_cache(SharedChanges::default))
    }

    /// Sets the cookie of a new session, or of one that has a new secret.
    pub fn start_session(self, started: StartedSession) {
        self.lock_to_change().session = Some(SessionChange::Start(started));
    }

    /// Sets the cookie of the session if it has a new secret.
    pub fn continue_session(self, renewed: Option<StartedSession>) {
        if let Some(renewed) = renewed {
            self.start_session(renewed);
        }
    }

    /// Removes the session cookie, and clears the site's data in the browser, because the user logged out.
    pub fn log_out(self) {
        let mut changes = self.lock_to_change();
        changes.session = Some(SessionChange::End);
        changes.clears_site_data = true;
    }

    /// Removes the session cookie, because the login has ended, even if this request started a session.
    pub fn end_session_now(self) {
        self.lock_to_change().session = Some(SessionChange::End);
    }

    /// Removes the session cookie if it is of this account, because every login of the account has ended.
    pub fn end_session_of(self, user_id: i64) {
        self.lock_to_change().session = Some(SessionChange::EndOf(user_id));
    }

    /// Lets the browser be known to the account from now on, as after a login with its password of this version.
    pub fn know_browser(self, user_id: i64, password_version: i64) {
        self.lock_to_change().known_to = Some((user_id, password_version));
    }

    /// Removes the session cookie, unless another session change is stated.
    pub(in crate::gate) fn end_session(self) {
        self.lock_to_change().session.get_or_insert(SessionChange::End);
    }

    pub(in crate::gate) fn renew_session(self, content: Content, max_age: Option<Duration>) {
        self.lock_to_change().session.get_or_insert(SessionChange::Renew(content, max_age));
    }

    /// Notes what a guard did. A refusal outlasts a question.
    pub(in crate::gate) fn note_guard(self, guarded_as: GuardedAs) {
        let mut changes = self.lock();
        changes.guarded_as = changes.guarded_as.max(Some(guarded_as));
    }

    /// What the guards did, if any did something.
    pub(crate) fn guarded_as(self) -> Option<GuardedAs> {
        self.lock().guarded_as
    }

    /// Leaves a notice for the next page.
    pub fn leave_notice(self, notice: Notice) {
        self.lock_to_change().notice = Some(NoticeChange::Leave(notice));
    }

    /// Removes the notice after a page has shown it, unless a new one is left.
    pub fn clear_notice(self) {
        self.lock_to_change().notice.get_or_insert(NoticeChange::Clear);
    }

    pub(super) fn set_visitor(self, visitor: String) {
        self.lock_to_change().visitor = Some(visitor);
    }

    pub(super) fn visitor(self) -> Option<String> {
        self.lock().visitor.clone()
    }

    /// Returns all stated changes, for the cookie writer. Changes stated after this call are lost.
    pub(super) fn to_write(self) -> StatedChanges {
        let mut changes = self.lock();
        changes.is_written = true;
        changes.clone()
    }

    fn lock_to_change(self) -> MutexGuard<'r, StatedChanges> {
        let changes = self.lock();
        if changes.is_written {
            log::error!("a cookie change was lost: it was stated after the cookies were written");
        }
        changes
    }

    /// Ignores poisoning: each change is one assignment, so no panic can leave the changes half done.
    fn lock(self) -> MutexGuard<'r, StatedChanges> {
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
