//! The reason fields of the staff forms.

use crate::{
    domain::reason_text::{ReasonText, Reasons},
    site::pages::form::FormView,
};

/// Parses the reason for staff and the reason for the user.
pub(super) fn read_reasons(form: &mut FormView, staff_reason: &str, user_reason: &str) -> Option<Reasons> {
    let for_staff = form.read("staff_reason", staff_reason, ReasonText::parse);
    let for_user = form.read("user_reason", user_reason, ReasonText::parse);
    Some(Reasons { for_staff: for_staff?, for_user: for_user? })
}
