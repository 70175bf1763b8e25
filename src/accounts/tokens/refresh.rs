//! Exchanging a refresh token for its successor.
//!
//! Each is good once (RFC 9700, section 4.14.2): one that is used again after it was spent is in two
//! hands, and nobody knows which is the thief's, so that its family ends. Two requests of one program at
//! once are no theft: for some seconds after it was spent, a token is answered with the newest of its family.

use super::Family;
use crate::{
    accounts::{
        Accounts, AccountsError, ActivityOf, Client, JudgedLogin, Result,
        ending::{
            due::stored,
            end_login::{By, end_and_record},
        },
    },
    domain::{
        logins::{
            kind::{LoginClass, LoginKind},
            session_secret::SessionId,
        },
        moment::Moment,
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{
        logins::{find_login, set_rotated},
        standing::{StoredLogin, get_login_standing},
    },
};

/// What its person and staff are told of a family that ended so.
const USED_AGAIN: &str = "A refresh token was used again after it was spent. Log in again, and change the \
    password if that was not a program of yours.";

/// What a refresh token says, whose signature is good.
#[derive(Debug, Clone)]
pub struct RefreshClaim {
    /// Its family.
    pub family: SessionId,
    /// Whose that is.
    pub user_id: i64,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// Which token of the family it is.
    pub generation: i64,
}

impl RefreshClaim {
    /// What the newest refresh token of that family says.
    #[must_use]
    pub fn of(family: &Family) -> Self {
        let Family { id, user_id, login_date, generation, .. } = family;
        Self { family: id.clone(), user_id: *user_id, login_date: *login_date, generation: *generation }
    }
}

impl Accounts {
    /// Exchanges a refresh token: the family as it is then.
    ///
    /// # Errors
    /// [`AccountsError::Ended`] when its login is no longer good, or ends because the token was spent
    /// before; or a failure of the database.
    pub async fn refresh(&self, client: &Client, claim: &RefreshClaim) -> Result<Family> {
        let mut tx = self.store.begin().await?;
        let deleted = AccountsError::Ended { reason: EndReason::Deleted, user_reason: None };
        let locked = self.lock(&mut tx, claim.user_id).await?.ok_or(deleted)?;
        let mut standing = get_login_standing(&mut tx, self.store.clock(), claim.user_id, &claim.family).await?;
        standing.now = locked.now;
        standing.login = standing.login.filter(|login| is_of(claim, login));
        let login = JudgedLogin { user_id: claim.user_id, session: &claim.family, login_date: claim.login_date };
        let (limits, verdict) = self.check_login(login, &standing);
        if let Err(reason) = verdict {
            // What was folded stays.
            tx.commit().await?;
            return Err(AccountsError::Ended { reason, user_reason: standing.user_reason(reason) });
        }
        let row = find_login(&mut tx, &claim.family).await?.ok_or(AccountsError::NoSuchToken)?;
        let mut family = Family {
            id: claim.family.clone(),
            user_id: claim.user_id,
            username: locked.user.username.clone(),
            login_date: row.login_date,
            generation: row.generation,
            rotated_at: row.rotated_at(),
            expires_at: row.expiry(),
            asked_at: locked.now,
        };
        let is_newest = row.generation == claim.generation;
        if is_newest {
            family.generation += 1;
            // By the clock, also where it stepped back: a JWT whose date lies ahead is not good yet.
            family.rotated_at = locked.now;
            family.expires_at = self.end_of_family(&locked, row.opened_at, locked.now);
            let rotations = row.rotations().and(locked.now);
            set_rotated(&mut tx, &claim.family, family.rotated_at, &rotations, family.expires_at).await?;
        } else if !row.rotations().is_in_grace(row.generation - claim.generation, locked.now) {
            let used_again = stored(Some(USED_AGAIN));
            let reasons = Reasons { for_staff: used_again.clone(), for_user: used_again };
            let why = (EndReason::ForcedOut, &reasons);
            end_and_record(&mut tx, &locked, &row, why, By::Site(client)).await?;
            tx.commit().await?;
            let user_reason = Some(USED_AGAIN.to_owned());
            return Err(AccountsError::Ended { reason: EndReason::ForcedOut, user_reason });
        }
        tx.commit().await?;
        let (user_id, session) = (claim.user_id, &claim.family);
        self.record_activity(ActivityOf { user_id, session, limits, at: locked.now });
        Ok(family)
    }
}

impl Accounts {
    /// Ends the family of a refresh token, whichever of its family that is, because its program logs out
    /// (RFC 7009). One that is unknown or over is no error.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn log_out_family(&self, client: &Client, claim: &RefreshClaim) -> Result<()> {
        match self.begin_on_login(claim.user_id, LoginClass::Tokens, &claim.family).await {
            Ok((tx, locked, row)) if row.login_date == claim.login_date && row.kind()? == LoginKind::Jwt => {
                let why = (EndReason::LoggedOut, &Reasons::default());
                self.end_one(tx, &locked, &row, why, By::Program(client)).await.map(drop)
            }
            Ok(_) | Err(AccountsError::NoSuchToken) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// A name is public, and so is a date: only a family that was made then is what the token is of.
fn is_of(claim: &RefreshClaim, login: &StoredLogin) -> bool {
    login.login_date == claim.login_date && login.kind == LoginKind::Jwt
}
