//! Exchanges a refresh token for its successor.
//!
//! Each refresh token is valid once (RFC 9700, section 4.14.2). If it is used again, two parties have it and one of
//! them may be a thief, so the whole family ends. But one program may send two requests at the same time. So for a few
//! seconds after the exchange, a spent token still gets the newest tokens of its family.

use crate::{
    accounts::{
        Accounts, AccountsError, ActivityOf, ClaimedLogin, Client, Family, Result,
        ending::end_login::{By, end_and_record},
    },
    domain::{
        logins::{
            kind::{LoginClass, LoginKind},
            public_id::PublicId,
        },
        moment::Moment,
        reason::EndReason,
        reason_text::{ReasonText, Reasons},
    },
    store::{
        logins::{find_login, set_rotated},
        standing::{LoginStanding, get_login_standing},
    },
};

/// The claims of a refresh token whose signature is valid.
#[derive(Debug, Clone)]
pub struct RefreshClaim {
    /// The family.
    pub family: PublicId,
    /// The account.
    pub user_id: i64,
    /// The login's `LAST_LOGIN_DATE`, which the rule compares with force-logout dates.
    pub login_date: Moment,
    /// The number of the token within the family.
    pub generation: i64,
}

impl RefreshClaim {
    /// The claims of the family's newest refresh token.
    #[must_use]
    pub fn of(family: &Family) -> Self {
        let Family { id, user_id, login_date, generation, .. } = family;
        Self { family: id.clone(), user_id: *user_id, login_date: *login_date, generation: *generation }
    }

    fn login(&self) -> ClaimedLogin<'_> {
        ClaimedLogin { user_id: self.user_id, session: &self.family, login_date: self.login_date }
    }

    /// The standing of the claimed login. Ids are public, so a matching id is not enough: the stored login must be a JWT
    /// family with exactly the claimed date.
    fn standing(&self, mut standing: LoginStanding) -> LoginStanding {
        standing.login =
            standing.login.filter(|login| login.login_date == self.login_date && login.kind == LoginKind::Jwt);
        standing
    }
}

impl Accounts {
    /// Exchanges a refresh token. Returns the family after the exchange.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::Ended`] if the login has ended, or if it ends now because the token was already spent.
    /// Returns a database error if the database does not respond.
    pub async fn refresh(&self, client: &Client, claim: &RefreshClaim) -> Result<Family> {
        self.must_be_live_family(claim).await?;
        let mut tx = self.store.begin().await?;
        let deleted = AccountsError::Ended { reason: EndReason::Deleted, user_reason: None };
        let locked = self.lock_account(&mut tx, claim.user_id).await?.ok_or(deleted)?;
        let standing = get_login_standing(&mut tx, self.store.clock(), claim.user_id, &claim.family).await?;
        let standing = LoginStanding { now: locked.now, ..claim.standing(standing) };
        let (limits, verdict) = self.check_login(claim.login(), &standing);
        if let Err(reason) = verdict {
            // Taking the lock may just have applied a due force logout. The commit keeps that.
            tx.commit().await?;
            return Err(ended(&standing, reason));
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
            requested_at: locked.now,
        };
        let is_newest = row.generation == claim.generation;
        if is_newest {
            family.generation += 1;
            // The current time, even if the clock has stepped back: a JWT dated in the future is not valid yet.
            family.rotated_at = locked.now;
            family.expires_at = self.family_expiry(&locked, row.opened_at, locked.now);
            let rotations = row.rotations().and(locked.now);
            set_rotated(&mut tx, &claim.family, family.rotated_at, &rotations, family.expires_at).await?;
        } else if !row.rotations().is_in_grace(row.generation - claim.generation, locked.now) {
            let used_again = ReasonText::of_spent_refresh_token();
            let reasons = Reasons { for_staff: used_again.clone(), for_user: used_again };
            let why = (EndReason::ForcedOut, &reasons);
            end_and_record(&mut tx, &locked, &row, why, By::Site(client)).await?;
            tx.commit().await?;
            let user_reason = reasons.for_user.as_deref().map(str::to_owned);
            return Err(AccountsError::Ended { reason: EndReason::ForcedOut, user_reason });
        }
        tx.commit().await?;
        let (user_id, session) = (claim.user_id, &claim.family);
        self.record_activity(ActivityOf { user_id, session, limits, at: locked.now });
        Ok(family)
    }

    /// Refuses a family that has ended, without taking the account's lock: that would write the ends of its other logins,
    /// and nobody limits how often a program asks.
    async fn must_be_live_family(&self, claim: &RefreshClaim) -> Result<()> {
        let mut on = self.store.read().await?;
        let standing = get_login_standing(&mut on, self.store.clock(), claim.user_id, &claim.family).await?;
        drop(on);
        let standing = claim.standing(standing);
        let (_, verdict) = self.judge_login(claim.login(), &standing).await;
        verdict.map_err(|reason| ended(&standing, reason))
    }
}

fn ended(standing: &LoginStanding, reason: EndReason) -> AccountsError {
    AccountsError::Ended { reason, user_reason: standing.user_reason(reason) }
}

impl Accounts {
    /// Ends the family of a refresh token, because the program logs out (RFC 7009). The token may be the newest or a
    /// spent one. An unknown token or an ended family is not an error.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn log_out_family(&self, client: &Client, claim: &RefreshClaim) -> Result<()> {
        match self.must_be_live_family(claim).await {
            Err(AccountsError::Ended { .. }) => return Ok(()),
            live => live?,
        }
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
