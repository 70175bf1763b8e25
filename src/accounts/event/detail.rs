//! What an event says beyond its kind, as a code. The words are in `src/words/events.rs`.

use std::time::Duration;

use crate::domain::{
    lists::events_query::EventsQuery,
    logins::{
        counts::{EveryonesEndedLogins, LoginCounts},
        kind::LoginClass,
    },
    moment::Moment,
    people::role::Role,
};

/// A detail of an event. The event stores the detail's words and not its code, because exports of events promise a
/// text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Detail<'a> {
    /// Logins that ended.
    Ended(LoginCounts),
    /// The event is about everyone.
    Everyone,
    /// Logins of everyone that ended.
    EveryonesEnded(EveryonesEndedLogins),
    /// The time of a scheduled force logout.
    ScheduledFor(Moment),
    /// The time of a schedule that was cancelled.
    WasScheduledFor(Moment),
    /// The end of a deactivation.
    DeactivatedUntil(Moment),
    /// A deactivation reached its end.
    DeactivationExpired,
    /// The label of a token.
    Token(&'a str),
    /// The title of a template for reasons.
    ReasonTemplate(&'a str),
    /// A program logged in for a JWT family.
    JwtLogin,
    /// A program logged in for an opaque token with this label.
    TokenLogin(&'a str),
    /// An email or a role that changed.
    Changed { before: &'a str, after: &'a str },
    /// The role of a new account.
    NewRole(Role),
    /// Logins that ended because they are past the limits of a new role.
    PastLimits(Role, LoginCounts),
    /// Events were deleted up to this time.
    OlderThan(Moment),
    /// No account has the name.
    NoSuchName,
    /// The stored hash has an unknown format.
    UnknownHashFormat(&'a str),
    /// The stored hash was made with a secret key that is not in the settings.
    HashOfUnknownKey,
    /// The account is deactivated.
    Inactive,
    /// The account has no room for another session.
    SessionsFull { live: u64, limit: u64 },
    /// The account has no room for another token.
    TokensFull { live: u64, limit: u64 },
    /// An attempt to register.
    Registration,
    /// An attempt to set up the site.
    Setup,
    /// A wrong setup code.
    WrongSetupCode,
    /// The waiting time of a throttled attempt.
    ThrottledFor(Duration),
    /// The password was not compared, because strangers had too many wrong ones.
    NotCompared,
    /// A wrong password of a user who is logged in.
    WrongPassword,
    /// The actor had no right to the action.
    Refused(RefusedAction, NoRight),
    /// The actor's role does not allow this request: a method and a path.
    RefusedRequest(&'a str),
    /// A form, by its method and path, that failed the CSRF checks.
    RefusedForm(&'a str, FormFault),
    /// A forged session cookie.
    ForgedCookie(CookieFault),
    /// A forged token.
    ForgedToken(TokenFault),
    /// The events that were exported.
    Exported(&'a EventsQuery),
    /// Acts that are not told apart from the actor's other acts of this kind.
    FurtherActs,
    /// Acts of more accounts or networks than are told apart.
    OfFurtherSources,
    /// When the first and the last of the counted acts happened.
    Between(Moment, Moment),
    /// Why no event is linked to the chain any more.
    ChainStopped(ChainStop),
    /// The number of the link after which an operator continued the chain.
    ContinuedAfter(i64),
    /// The password was set with the link in a letter.
    ByLink,
    /// The account could not get its email back, because another account has it.
    AddressTaken,
    /// The account is not verified, and the site requires it.
    Unverified,
    /// A bulk action, given by its code, and how many users it affects.
    Bulk { action: &'a str, users: u64 },
    /// The actor's role does not allow a bulk action, given by its code, for some of the users or logins.
    RefusedInBulk { action: &'a str, count: u64 },
}

/// An action that the actor may have no right to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RefusedAction {
    ForceLogout,
    CancelForceLogout,
    ForceEveryoneOut,
    CancelEveryoneOut,
    EndLogin(LoginClass),
    Activate,
    Deactivate,
    CreateUser,
    DeleteUser,
    SetPassword,
    SetRole,
    SendResetLink,
    ChangeReasonTemplates,
}

/// Why an actor had no right to an action.
#[derive(Debug, Clone, Copy)]
pub(crate) enum NoRight {
    Role,
    LastSuperuser,
    OwnAccount,
}

/// Why a node links no event to the chain, with the number of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChainStop {
    /// The node has seen this link, and it is gone or has another hash.
    Gone(i64),
    /// None of the node's keys has sealed this link, the last one.
    NotSealed(i64),
}

/// Why a form failed the CSRF checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FormFault {
    /// It came from a page of another site.
    Elsewhere,
    /// The browser sent no cookie of this site.
    NoCookie,
    /// Its token is missing, or of another login.
    WrongToken,
}

/// What is wrong with a session cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CookieFault {
    /// It is an altered copy of a cookie of this site.
    Altered,
    /// This site's key has sealed it, but its secret or date is not that of the session.
    FalseClaim,
    /// This site's key has sealed it, but it claims no session.
    Unreadable,
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// None of this site's keys signed it.
    Signature,
    /// No login has this opaque token.
    Unknown,
}
