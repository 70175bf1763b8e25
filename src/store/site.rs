//! What holds for the whole site.

use super::{
    Result, Sql,
    engine::{Engine, execute, fetch_one, from_row::from_row, in_time},
};
use crate::domain::{logins::session_secret::SecretHash, moment::Moment, reason_text::Reasons, standing::SiteStanding};

/// The site's own row.
#[derive(Debug, Clone)]
pub struct Site {
    /// Everyone's logins made then or before are out.
    pub force_logout_date: Option<Moment>,
    /// Why, for staff.
    pub force_logout_staff_reason: Option<String>,
    /// Why, for everyone.
    pub force_logout_user_reason: Option<String>,
    /// The same, to come.
    pub force_logout_scheduled: Option<Moment>,
    /// Who planned it.
    pub force_logout_scheduled_by: Option<String>,
    /// Why, for staff.
    pub force_logout_scheduled_staff_reason: Option<String>,
    /// Why, for everyone.
    pub force_logout_scheduled_user_reason: Option<String>,
    /// The hash of the code that lets the first superuser in.
    pub setup_code_hash: Option<Vec<u8>>,
}

from_row!(Site {
    force_logout_date,
    force_logout_staff_reason,
    force_logout_user_reason,
    force_logout_scheduled,
    force_logout_scheduled_by,
    force_logout_scheduled_staff_reason,
    force_logout_scheduled_user_reason,
    setup_code_hash
});

impl Site {
    /// What the rule asks of it.
    #[must_use]
    pub const fn standing(&self) -> SiteStanding {
        SiteStanding { force_logout_date: self.force_logout_date, force_logout_scheduled: self.force_logout_scheduled }
    }
}

/// The site's row.
///
/// # Errors
/// When the database does not answer.
pub async fn get_site(on: &mut impl Sql) -> Result<Site> {
    // By their names: see `select_users` in the module of users.
    let sql = "SELECT force_logout_date, force_logout_staff_reason, force_logout_user_reason, force_logout_scheduled,
                      force_logout_scheduled_by, force_logout_scheduled_staff_reason,
                      force_logout_scheduled_user_reason, setup_code_hash
               FROM curfew_site WHERE id = 1";
    Ok(fetch_one!(on, Site, sql)?)
}

/// The site's row, which nobody else can lock until the transaction ends. What must not happen
/// twice at once on the whole site (the last superuser, the setup) goes through it.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_site(on: &mut impl Sql) -> Result<Site> {
    if let Engine::Postgres(connection) = on.engine() {
        in_time(sqlx::query("SELECT 1 FROM curfew_site WHERE id = 1 FOR UPDATE").execute(connection)).await?;
    }
    get_site(on).await
}

/// The latest login of anyone: a force logout of everyone must not be dated before it.
///
/// # Errors
/// When the database does not answer.
pub async fn find_latest_login(on: &mut impl Sql) -> Result<Option<Moment>> {
    let (latest,): (Option<Moment>,) =
        fetch_one!(on, (Option<Moment>,), "SELECT MAX(last_login_date) FROM curfew_users")?;
    Ok(latest)
}

/// Puts everyone's logins made at `date` or before out: one write, however many there are.
///
/// # Errors
/// When the database does not answer.
pub async fn set_force_logout_date(on: &mut impl Sql, date: Moment, reasons: &Reasons) -> Result<()> {
    let sql = "UPDATE curfew_site SET force_logout_date = $1, force_logout_staff_reason = $2, force_logout_user_reason = $3 WHERE id = 1";
    execute!(on, sql, date, reasons.for_staff.as_deref(), reasons.for_user.as_deref())?;
    Ok(())
}

/// Plans the same, in place of what was planned before.
///
/// # Errors
/// When the database does not answer.
pub async fn set_force_logout_scheduled(on: &mut impl Sql, at: Moment, by: &str, reasons: &Reasons) -> Result<()> {
    let sql = "
        UPDATE curfew_site SET force_logout_scheduled = $1, force_logout_scheduled_by = $2,
               force_logout_scheduled_staff_reason = $3, force_logout_scheduled_user_reason = $4
        WHERE id = 1";
    execute!(on, sql, at, by, reasons.for_staff.as_deref(), reasons.for_user.as_deref())?;
    Ok(())
}

/// Forgets the plan.
///
/// # Errors
/// When the database does not answer.
pub async fn clear_force_logout_scheduled(on: &mut impl Sql) -> Result<()> {
    let sql = "
        UPDATE curfew_site SET force_logout_scheduled = NULL, force_logout_scheduled_by = NULL,
               force_logout_scheduled_staff_reason = NULL, force_logout_scheduled_user_reason = NULL
        WHERE id = 1";
    execute!(on, sql)?;
    Ok(())
}

/// Keeps the hash of a new setup code, in place of the one before; none closes the setup.
///
/// # Errors
/// When the database does not answer.
pub async fn set_setup_code_hash(on: &mut impl Sql, hash: Option<&SecretHash>) -> Result<()> {
    execute!(on, "UPDATE curfew_site SET setup_code_hash = $1 WHERE id = 1", hash.map(SecretHash::as_bytes))?;
    Ok(())
}
