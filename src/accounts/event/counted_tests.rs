use super::*;
use crate::domain::people::role::Role;

const NOW: Moment = Moment::UNIX_EPOCH;

fn event<'a>(actor: Option<i64>, address: &'a str, detail: &str) -> NewEvent<'a> {
    let event = new_event(NOW, EventKind::Refused);
    let actor = actor.map(|id| Named { id: Some(id), name: "ana" });
    NewEvent { actor, address: Some(address), user_agent: Some("x"), detail: Some(detail.to_owned()), ..event }
}

/// Counts an act, and returns the detail of its event if it is a first one.
fn first(acts: &CountedActs, event: &NewEvent<'_>, now: Moment) -> Option<String> {
    let group = if event.actor.is_some() { Group::Members } else { Group::Networks };
    acts.count(group, event, now).map(|(_, first)| first.detail.unwrap_or_default())
}

#[test]
fn repeats_in_an_interval_are_one_event_with_their_count() {
    let acts = CountedActs::default();
    let same = event(Some(7), "192.0.2.1", "GET /admin");
    assert_eq!(first(&acts, &same, NOW).as_deref(), Some("GET /admin"));
    for second in 1..=500 {
        assert_eq!(first(&acts, &same, NOW + TimeDelta::seconds(second)), None);
    }
    assert!(first(&acts, &event(Some(8), "192.0.2.1", "GET /admin"), NOW).is_some(), "another actor");
    assert!(first(&acts, &event(Some(7), "192.0.2.1", "GET /admin/users"), NOW).is_some(), "another act");
    assert!(acts.repeated(NOW + TimeDelta::minutes(9), false, 10).is_empty(), "the interval is not over");
    let over = NOW + INTERVAL;
    let repeated = acts.repeated(over, false, 10);
    let [counted] = &repeated[..] else { panic!("{repeated:?}") };
    let written = counted.at(over);
    assert_eq!((written.times, written.actor.and_then(|actor| actor.id)), (500, Some(7)));
    let detail = "GET /admin; from 1970-01-01T00:00:00+00:00 to 1970-01-01T00:08:20+00:00";
    assert_eq!(written.detail.as_deref(), Some(detail));

    // A repeat that comes while the count is written is counted in the next interval.
    assert_eq!(first(&acts, &same, over), None);
    acts.written(&repeated, over);
    assert!(acts.repeated(over, false, 10).is_empty());
    assert_eq!(acts.repeated(over, true, 10)[0].repeats, 1);
}

#[test]
fn an_act_that_was_not_repeated_for_an_interval_is_a_first_one_again() {
    let acts = CountedActs::default();
    let same = event(Some(7), "192.0.2.1", "GET /admin");
    assert!(first(&acts, &same, NOW).is_some());
    assert!(first(&acts, &same, NOW + INTERVAL).is_some());
    acts.forget_quiet(NOW + INTERVAL);
    assert_eq!(acts.acts().numbers[&Group::Members], 1);
    acts.forget_quiet(NOW + INTERVAL * 2);
    assert!(acts.acts().of.is_empty() && acts.acts().numbers.values().all(|number| *number == 0));
    assert!(first(&acts, &same, NOW).is_some(), "after the clock stepped back");
}

#[test]
fn an_act_whose_event_could_not_be_written_is_a_first_one_again() {
    let acts = CountedActs::default();
    let same = event(None, "192.0.2.1", "GET /admin");
    let (place, _) = acts.count(Group::Networks, &same, NOW).unwrap_or_else(|| unreachable!("it is the first"));
    acts.take_back(&place);
    assert_eq!(acts.acts().numbers[&Group::Networks], 0);
    assert!(first(&acts, &same, NOW).is_some());
}

#[test]
fn repeats_of_an_act_whose_event_could_not_be_written_are_counted() {
    let acts = CountedActs::default();
    let same = event(None, "192.0.2.1", "GET /admin");
    let (place, _) = acts.count(Group::Networks, &same, NOW).unwrap_or_else(|| unreachable!("it is the first"));
    assert_eq!(first(&acts, &same, NOW), None);
    acts.take_back(&place);
    assert_eq!(acts.repeated(NOW, true, 10)[0].repeats, 2);
}

#[test]
fn many_acts_of_one_are_counted_together() {
    let acts = CountedActs::default();
    let firsts = |from: usize, to: usize| {
        (from..to).filter_map(|number| first(&acts, &event(Some(7), "192.0.2.1", &number.to_string()), NOW)).collect()
    };
    let apart: Vec<_> = firsts(0, MAX_ACTS_OF_ONE);
    assert_eq!(apart.len(), MAX_ACTS_OF_ONE);
    let further: Vec<_> = firsts(MAX_ACTS_OF_ONE, 10_000);
    assert_eq!(further, ["further attempts, not listed one by one"]);
    assert!(first(&acts, &event(Some(8), "192.0.2.1", "0"), NOW).is_some(), "others are not affected");
    let repeated = acts.repeated(NOW, true, 10);
    assert_eq!(repeated.iter().map(|repeated| repeated.repeats).sum::<u64>(), 10_000 - 1 - MAX_ACTS_OF_ONE as u64);
}

/// However many networks attack, the writes are bounded, and a known account is still counted separately.
#[test]
fn acts_of_many_networks_are_counted_together() {
    let acts = CountedActs::default();
    let mut firsts = 0;
    for number in 0..5_000_u32 {
        let [_, _, high, low] = number.to_be_bytes();
        firsts += usize::from(first(&acts, &event(None, &format!("10.0.{high}.{low}"), "POST /login"), NOW).is_some());
    }
    assert_eq!(firsts, MAX_ACTS + 1);
    assert!(first(&acts, &event(Some(7), "10.0.0.1", "POST /login"), NOW).is_some());
    let further = &acts.repeated(NOW, true, 10)[0];
    assert_eq!((further.repeats, &further.event.client), (4_999 - MAX_ACTS as u64, &None));
}

#[test]
fn staff_members_and_strangers_have_limits_of_their_own() {
    let with = |role| Actor { role, ..Actor::operator("test") };
    assert_eq!(Group::of(Some(&with(Role::Superuser))), Group::Staff);
    assert_eq!(Group::of(Some(&with(Role::Staff))), Group::Staff);
    assert_eq!(Group::of(Some(&with(Role::Member))), Group::Members);
    assert_eq!(Group::of(None), Group::Networks);
}

/// What staff do keeps its name, however many members attack.
#[test]
fn acts_of_many_members_are_counted_together_and_those_of_staff_are_not() {
    let acts = CountedActs::default();
    let firsts = (0..5_000).filter(|id| first(&acts, &event(Some(*id), "192.0.2.1", "GET /admin"), NOW).is_some());
    assert_eq!(firsts.count(), MAX_ACTS + 1);
    let export = acts.count(Group::Staff, &event(Some(9_999), "192.0.2.1", "exported"), NOW);
    let (_, export) = export.unwrap_or_else(|| unreachable!("it is the first"));
    assert_eq!(export.at(NOW).actor.and_then(|actor| actor.id), Some(9_999));
}

#[test]
fn the_addresses_of_an_ipv6_network_count_as_one() {
    let acts = CountedActs::default();
    assert!(first(&acts, &event(None, "2001:db8::1", "POST /login"), NOW).is_some());
    assert_eq!(first(&acts, &event(None, "2001:db8::ffff:2", "POST /login"), NOW), None);
    assert!(first(&acts, &event(None, "2001:db8:0:1::1", "POST /login"), NOW).is_some());
}
