//! The history of the demo site, up to now.

use super::people::{MEMBER, OTHER_STAFF, OTHER_SUPERUSER, PEOPLE, Person, STAFF, SUPERUSER};
use crate::domain::{people::role::Role, reason::EndReason};

/// One step of the history: who did what, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) minutes_ago: i64,
    /// The username.
    pub(super) who: &'static str,
    pub(super) act: Act,
}

/// What a user did.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// Created their account. The first user did so with the setup code.
    Join,
    /// Logged in on the device with this number.
    LogIn(usize),
    /// Requested a page in their latest session.
    Visit,
    /// Logged out of their latest session.
    LogOut,
    /// Returned to a session that had reached its lifetime or idle timeout.
    ReturnLate(EndReason),
    /// Changed their password.
    ChangePassword,
    /// Created a token with this label.
    CreateToken(&'static str),
    /// Did nothing: somebody else tried this many wrong passwords for the account.
    PasswordGuesses(usize),
    /// Acted as staff on this user's account.
    To(&'static str, StaffAct),
    /// Ended everyone's logins.
    EveryoneOut(Why),
}

/// What staff did to an account.
#[derive(Debug, Clone, Copy)]
pub(super) enum StaffAct {
    GiveRole(Role),
    ForceLogout(Why),
    /// Scheduled a force logout, this many minutes after the step.
    Schedule(i64, Why),
    Deactivate(Why),
    /// Deactivated the account for this many hours.
    DeactivateFor(i64, Why),
    Activate,
    Delete(Why),
}

/// The reason for staff and the reason for the user.
pub(super) type Why = (&'static str, &'static str);

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;
/// Everyday life stops this many minutes ago, so that the overview shows the story.
const QUIET_MINUTES: i64 = 95;

/// All steps, oldest first.
pub(super) fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for (number, person) in PEOPLE.iter().enumerate() {
        let minutes_ago = person.joined_days_ago * DAY + i64::try_from(number * 97 % 600).unwrap_or_default();
        steps.push(Step { minutes_ago, who: person.username, act: Act::Join });
        if !is_in_a_story(person) {
            everyday_life(number, person, &mut steps);
        }
    }
    steps.extend(STORY.iter().map(|&(minutes_ago, who, act)| Step { minutes_ago, who, act }));
    steps.sort_by_key(|step| -step.minutes_ago);
    steps
}

fn is_in_a_story(person: &Person) -> bool {
    STORY
        .iter()
        .any(|(_, who, act)| *who == person.username || matches!(act, Act::To(whom, _) if *whom == person.username))
}

/// Adds the logins of a user without a story. Two in three are live, some on two devices. The others were abandoned or
/// logged out.
fn everyday_life(number: usize, person: &Person, steps: &mut Vec<Step>) {
    let spread = i64::try_from((number * number * 7 + number * 131) % 2_500).unwrap_or_default();
    let latest = (QUIET_MINUTES + spread).min(person.joined_days_ago * DAY - HOUR);
    let mut add = |minutes_ago, act| steps.push(Step { minutes_ago, who: person.username, act });
    match number % 6 {
        0 => {
            add(latest + 5 * HOUR, Act::LogIn(1));
            add(latest, Act::LogIn(0));
            add(latest / 3, Act::Visit);
        }
        1 if person.joined_days_ago > 30 => {
            add(latest + 19 * DAY, Act::LogIn(0));
            add(latest, Act::ReturnLate(EndReason::Idle));
            add(latest - 2, Act::LogIn(0));
        }
        2 => {
            add(latest, Act::LogIn(0));
            add(latest - 31, Act::LogOut);
        }
        3 if person.joined_days_ago > 90 => add(latest + 75 * DAY, Act::LogIn(0)),
        _ => {
            add(latest, Act::LogIn(0));
            add(latest / 2, Act::Visit);
        }
    }
}

/// The story of the last weeks: how many minutes ago, who, and what.
const STORY: &[(i64, &str, Act)] = &[
    (418 * DAY, SUPERUSER, Act::To(OTHER_SUPERUSER, StaffAct::GiveRole(Role::Superuser))),
    (416 * DAY, SUPERUSER, Act::To(STAFF, StaffAct::GiveRole(Role::Staff))),
    (400 * DAY, SUPERUSER, Act::To(OTHER_STAFF[0], StaffAct::GiveRole(Role::Staff))),
    (376 * DAY, OTHER_SUPERUSER, Act::To(OTHER_STAFF[1], StaffAct::GiveRole(Role::Staff))),
    (290 * DAY, OTHER_SUPERUSER, Act::To(OTHER_STAFF[2], StaffAct::GiveRole(Role::Staff))),
    (200 * DAY, SUPERUSER, Act::To("grace_hopper_fan", StaffAct::GiveRole(Role::Staff))),
    (
        20 * DAY,
        SUPERUSER,
        Act::EveryoneOut((
            "A backup with session cookies was left on a shared drive.",
            "We logged everyone out after a mistake of ours. Please log in again.",
        )),
    ),
    (12 * DAY, STAFF, Act::To("cheap-watches-24", StaffAct::Deactivate(("Spam in 40 comments.", "Spam.")))),
    (11 * DAY, OTHER_SUPERUSER, Act::To("cheap-watches-24", StaffAct::Delete(("Spam, no reply in a day.", "")))),
    (9 * DAY, "tom_baker", Act::LogIn(0)),
    (
        8 * DAY,
        OTHER_STAFF[0],
        Act::To(
            "tom_baker",
            StaffAct::Deactivate((
                "Asked by email to close the account over the winter.",
                "Closed at your request. Write to us when you want to come back.",
            )),
        ),
    ),
    (7 * DAY, "grace_hopper_fan", Act::LogIn(0)),
    (7 * DAY - 30, SUPERUSER, Act::To("grace_hopper_fan", StaffAct::GiveRole(Role::Member))),
    (6 * DAY, "grace_hopper_fan", Act::LogIn(1)),
    (5 * DAY, "oluwaseun.adebayo", Act::LogIn(0)),
    (5 * DAY - 40, "oluwaseun.adebayo", Act::LogIn(1)),
    (
        5 * DAY - 90,
        STAFF,
        Act::To(
            "oluwaseun.adebayo",
            StaffAct::ForceLogout(("Reported a stolen phone.", "You told us that your phone is gone.")),
        ),
    ),
    (5 * DAY - 2 * HOUR, "oluwaseun.adebayo", Act::LogIn(2)),
    (2 * DAY, "oluwaseun.adebayo", Act::Visit),
    (4 * DAY, "luca.bianchi", Act::LogIn(0)),
    (4 * DAY - 25, OTHER_STAFF[1], Act::To("luca.bianchi", StaffAct::DeactivateFor(3 * 24, INSULTS))),
    (4 * DAY - 9 * HOUR, OTHER_SUPERUSER, Act::To("luca.bianchi", StaffAct::Activate)),
    (3 * DAY, "luca.bianchi", Act::LogIn(0)),
    (3 * DAY - 60, "Ζωή.Παπαδοπούλου", Act::LogIn(0)),
    (3 * DAY - 75, "Ζωή.Παπαδοπούλου", Act::ChangePassword),
    (26 * HOUR, "Ζωή.Παπαδοπούλου", Act::Visit),
    (2 * DAY, "emre.demir", Act::LogIn(0)),
    (47 * HOUR, OTHER_STAFF[0], Act::To("emre.demir", StaffAct::DeactivateFor(5 * 24, INSULTS))),
    (30 * HOUR, "viktor1987", Act::LogIn(0)),
    (
        29 * HOUR,
        STAFF,
        Act::To("viktor1987", StaffAct::Deactivate(("Sells logins, see ticket 1187.", "You shared your login."))),
    ),
    (
        25 * HOUR,
        OTHER_STAFF[2],
        Act::To("isabela.costa", StaffAct::Schedule(6 * DAY, ("Course ends.", "Your course ends that day."))),
    ),
    (24 * HOUR, "isabela.costa", Act::LogIn(1)),
    (20 * HOUR, MEMBER, Act::LogIn(1)),
    (20 * HOUR - 4, MEMBER, Act::CreateToken("calendar on my phone")),
    (5 * HOUR, OTHER_STAFF[1], Act::To("kwame_mensah", StaffAct::Schedule(2 * HOUR, SHIFT))),
    (4 * HOUR, "kwame_mensah", Act::LogIn(0)),
    (88, MEMBER, Act::LogIn(0)),
    (81, "sam", Act::LogIn(0)),
    (74, "sam", Act::PasswordGuesses(2)),
    (66, STAFF, Act::To("sam", StaffAct::ForceLogout(("Logins from two countries at once.", "An unusual login.")))),
    (59, "sam", Act::LogIn(0)),
    (57, STAFF, Act::CreateToken("offboarding script")),
    (52, OTHER_SUPERUSER, Act::To("d.nakagawa", StaffAct::Schedule(26 * HOUR, LEAVING))),
    (44, "thabo.mokoena", Act::LogIn(0)),
    (37, "viktor1987", Act::PasswordGuesses(1)),
    (29, "さくら", Act::LogIn(1)),
    (26, "さくら", Act::ChangePassword),
    (21, "thabo.mokoena", Act::LogOut),
    (15, STAFF, Act::Visit),
    (6, OTHER_STAFF[0], Act::LogIn(1)),
    (4, MEMBER, Act::Visit),
];

const INSULTS: Why = ("Insults in the forum, second warning.", "Insults. You can come back after the pause.");
const SHIFT: Why = ("Shared computer in the library.", "Your shift is over.");
const LEAVING: Why = ("Last day at Riverside; hand-over done.", "Thank you for everything, Daisuke!");
