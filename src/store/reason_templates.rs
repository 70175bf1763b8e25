//! Templates for reasons, which staff choose from.

use super::{
    Result, Sql,
    engine::{fetch_all, fetch_one, fetch_optional, from_row::from_row},
};
use crate::domain::reason_template::NewReasonTemplate;

/// A row of `curfew_reason_templates`.
#[derive(Debug, Clone)]
pub struct ReasonTemplate {
    /// The id. Never reused.
    pub id: i64,
    /// The title.
    pub title: String,
    /// The reason for staff.
    pub staff_reason: Option<String>,
    /// The reason for the user.
    pub user_reason: Option<String>,
}

from_row!(ReasonTemplate { id, title, staff_reason, user_reason });

/// Lists all templates, by title.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_reason_templates(on: &mut dyn Sql) -> Result<Vec<ReasonTemplate>> {
    let sql = "SELECT id, title, staff_reason, user_reason FROM curfew_reason_templates ORDER BY title_key";
    Ok(fetch_all!(on, ReasonTemplate, sql)?)
}

/// Finds the template with this id.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_reason_template(on: &mut dyn Sql, id: i64) -> Result<Option<ReasonTemplate>> {
    let sql = "SELECT id, title, staff_reason, user_reason FROM curfew_reason_templates WHERE id = $1";
    Ok(fetch_optional!(on, ReasonTemplate, sql, id)?)
}

/// Counts the templates.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_reason_templates(on: &mut dyn Sql) -> Result<i64> {
    let (count,) = fetch_one!(on, (i64,), "SELECT COUNT(*) FROM curfew_reason_templates")?;
    Ok(count)
}

/// Stores a new template. Returns whether its title was free.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_reason_template(on: &mut dyn Sql, new: &NewReasonTemplate) -> Result<bool> {
    let sql = "
        INSERT INTO curfew_reason_templates (title, title_key, staff_reason, user_reason)
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING id";
    let (staff, user) = (new.reasons.for_staff.as_deref(), new.reasons.for_user.as_deref());
    let inserted: Option<(i64,)> = fetch_optional!(on, (i64,), sql, new.title.as_str(), &new.title.key(), staff, user)?;
    Ok(inserted.is_some())
}

/// Deletes a template and returns its title, if it existed.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_reason_template(on: &mut dyn Sql, id: i64) -> Result<Option<String>> {
    let sql = "DELETE FROM curfew_reason_templates WHERE id = $1 RETURNING title";
    let deleted: Option<(String,)> = fetch_optional!(on, (String,), sql, id)?;
    Ok(deleted.map(|(title,)| title))
}
