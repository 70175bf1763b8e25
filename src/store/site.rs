//! The site's own row: everyone's force logout, and the setup code.

use super::{
    Result, Sql,
    engine::{Engine, execute, fetch_one, from_row::from_row, with_timeout},
};
use crate::domain::{logins::session_secret::SecretHash, moment::Moment, reason_text::Reasons, standing::SiteStanding};

/// The site's own row.
#[derive(Debug, Clone)]
pub struct Site {
    /// Ends every login dated at or before it.
    pub force_logout_date: Option<Moment>,
    /// Its reason for staff.
    pub force_logout_staff_reason: Option<String>,
    /// Its reason for users.
    pub force_logout_user_reason: Option<String>,
    /// When the next force logout of everyone is scheduled.
    pub force_logout_scheduled: Option<Moment>,
    /// Who scheduled it.
    pub force_logout_scheduled_by: Option<String>,
    /// Its reason for staff.
    pub force_logout_scheduled_staff_reason: Option<String>,
    /// Its reason for users.
    pub force_logout_scheduled_user_reason: Option<String>,
    /// The hash of the code for creating the first superuser.
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
    /// The site's standing, for the rule.
    #[must_use]
    pub const fn standing(&self) -> SiteStanding {
        SiteStanding { force_logout_date: self.force_logout_date, force_logout_scheduled: self.force_logout_scheduled }
    }
}

/// Reads the site's row.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn get_site(on: &mut dyn Sql) -> Result<Site> {
    // Columns by name, for the reason given at `select_users` in `users`.
    let sql = "SELECT force_logout_date, force_logout_staff_reason, force_logout_user_reason, force_logout_scheduled,
                      force_logout_scheduled_by, force_logout_scheduled_staff_reason,
                      force_logout_scheduled_user_reason, setup_code_hash
               FROM curfew_site WHERE id = 1";
    Ok(fetch_one!(on, Site, sql)?)
}

/// Locks the site's row until the transaction ends, and reads it. Anything that must not run twice at the same
/// time on the site, such as removing a superuser or the setup, takes this lock.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn lock_site(on: &mut dyn Sql) -> Result<Site> {
    #[cfg(feature = "postgres")]
    if let Engine::Postgres(connection) = on.engine()? {
        with_timeout(sqlx::query("SELECT 1 FROM curfew_site WHERE id = 1 FOR UPDATE").execute(connection)).await?;
    }
    get_site(on).await
}

/// The latest `LAST_LOGIN_DATE` of any user. A force logout of everyone must not be dated before it.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_latest_login(on: &mut dyn Sql) -> Result<Option<Moment>> {
    let (latest,): (Option<Moment>,) =
        fetch_one!(on, (Option<Moment>,), "SELECT MAX(last_login_date) FROM curfew_users")?;
    Ok(latest)
}

/// Ends everyone's logins dated at or before `date`. One write, however many there are.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_force_logout_date(on: &mut dyn Sql, date: Moment, reasons: &Reasons) -> Result<()> {
    let sql = "UPDATE curfew_site SET force_logout_date = $1, force_logout_staff_reason = $2, force_logout_user_reason = $3 WHERE id = 1";
    execute!(on, sql, date, reasons.for_staff.as_deref(), reasons.for_user.as_deref())?;
    Ok(())
}

/// Schedules a force logout of everyone, replacing the one scheduled before.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_force_logout_scheduled(on: &mut dyn Sql, at: Moment, by: &str, reasons: &Reasons) -> Result<()> {
    let sql = "
        UPDATE curfew_site SET force_logout_scheduled = $1, force_logout_scheduled_by = $2,
               force_logout_scheduled_staff_reason = $3, force_logout_scheduled_user_reason = $4
        WHERE id = 1";
    execute!(on, sql, at, by, reasons.for_staff.as_deref(), reasons.for_user.as_deref())?;
    Ok(())
}

/// Cancels the scheduled force logout of everyone.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn clear_force_logout_scheduled(on: &mut dyn Sql) -> Result<()> {
    let sql = "
        UPDATE curfew_site SET force_logout_scheduled = NULL, force_logout_scheduled_by = NULL,
               force_logout_scheduled_staff_reason = NULL, force_logout_scheduled_user_reason = NULL
        WHERE id = 1";
    execute!(on, sql)?;
    Ok(())
}

/// Stores the hash of a new setup code, replacing the previous one. `None` closes the setup.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_setup_code_hash(on: &mut dyn Sql, hash: Option<&SecretHash>) -> Result<()> {
    execute!(on, "UPDATE curfew_site SET setup_code_hash = $1 WHERE id = 1", hash.map(SecretHash::as_bytes))?;
    Ok(())
}
