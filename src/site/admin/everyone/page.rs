//! The page of the force logout of everyone: the last one, the scheduled one, and the form.

use serde::Serialize;

use crate::{
    accounts::{self, Accounts},
    domain::moment::Moment,
    site::{
        admin::{
            effect::EffectView,
            reasons::{TemplateView, read_templates},
            receipt::view::ReceiptView,
        },
        pages::form::FormView,
    },
    store::{feed::Change, site::Site},
};

/// The context of the page.
#[derive(Debug, Serialize)]
pub(super) struct EveryoneView {
    form: FormView,
    effect: EffectView,
    last: Option<LastView>,
    scheduled: Option<ScheduledView>,
    templates: Vec<TemplateView>,
}

#[derive(Debug, Serialize)]
struct LastView {
    at: Moment,
    staff_reason: Option<String>,
    user_reason: Option<String>,
    receipt: Option<ReceiptView>,
}

#[derive(Debug, Serialize)]
struct ScheduledView {
    at: Moment,
    by: Option<String>,
    staff_reason: Option<String>,
    user_reason: Option<String>,
}

impl EveryoneView {
    /// Replaces the form with the refused one.
    pub(super) fn with(self, form: FormView) -> Self {
        Self { form, ..self }
    }
}

/// Reads the page, with the preview for the typed time.
pub(super) async fn read(accounts: &Accounts, typed_at: &str) -> accounts::Result<EveryoneView> {
    let effect = EffectView::on_everyone(accounts, typed_at).await?;
    let receipt = accounts.find_receipt(Change::Everyone).await?.and_then(ReceiptView::of);
    let (site, now) = accounts.read_site().await?;
    // A due force logout is already in force, even if it has not been recorded yet.
    let is_due = site.force_logout_scheduled.is_some_and(|at| at <= now);
    let Site {
        force_logout_date,
        force_logout_staff_reason,
        force_logout_user_reason,
        force_logout_scheduled,
        force_logout_scheduled_by,
        force_logout_scheduled_staff_reason,
        force_logout_scheduled_user_reason,
        ..
    } = site;
    let (staff_reason, user_reason) = (force_logout_staff_reason, force_logout_user_reason);
    Ok(EveryoneView {
        form: FormView::default(),
        effect,
        last: force_logout_date.map(|at| LastView { at, staff_reason, user_reason, receipt }),
        scheduled: force_logout_scheduled.filter(|_| !is_due).map(|at| ScheduledView {
            at,
            by: force_logout_scheduled_by,
            staff_reason: force_logout_scheduled_staff_reason,
            user_reason: force_logout_scheduled_user_reason,
        }),
        templates: read_templates(accounts).await?,
    })
}
