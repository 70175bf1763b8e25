//! The page of the force logout of everyone: what is in force, what is scheduled, and the form.

use serde::Serialize;

use crate::{
    accounts::{self, Accounts},
    domain::moment::Moment,
    site::{
        admin::{effect::EffectView, receipt::view::ReceiptView},
        pages::form::FormView,
    },
    store::{
        site::{self, Site},
        standing::feed::Change,
    },
};

/// What the page shows.
#[derive(Debug, Serialize)]
pub(super) struct EveryoneView {
    form: FormView,
    effect: EffectView,
    last: Option<LastView>,
    scheduled: Option<ScheduledView>,
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
    /// The page with its form as it was typed.
    pub(super) fn with(self, form: FormView) -> Self {
        Self { form, ..self }
    }
}

/// Reads the page, with what the typed moment would do.
pub(super) async fn read(accounts: &Accounts, typed_at: &str) -> accounts::Result<EveryoneView> {
    let effect = EffectView::on_everyone(accounts, typed_at).await?;
    let receipt = accounts.find_receipt(Change::Everyone).await?.and_then(ReceiptView::of);
    let store = accounts.store();
    let mut on = store.read().await?;
    let now = store.clock().now(&mut on).await?;
    let site = site::get_site(&mut on).await?;
    // One that has come due is as good as done, though nobody has noted it yet.
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
    })
}
