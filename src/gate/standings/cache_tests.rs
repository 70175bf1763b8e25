use super::*;
use crate::{
    domain::{
        logins::kind::LoginKind,
        standing::{LoginState, SiteStanding},
    },
    store::standing::StoredLogin,
};

const ANA: i64 = 7;
/// In the same shard, as everyone is whose number is this much greater.
const SAME_SHARD: i64 = 256;
const BEN: i64 = ANA + SAME_SHARD;

fn named(name: &str) -> SessionId {
    SessionId::from_stored(name.to_owned())
}

fn standing() -> Arc<LoginStanding> {
    let now = Moment::UNIX_EPOCH;
    let login = StoredLogin {
        state: LoginState { user_id: ANA, ended: None, opened_at: now, last_seen: now },
        kind: LoginKind::Browser,
        expires_at: None,
        secret_hash: Vec::new(),
        login_date: now,
        remember: false,
        address: String::new(),
        user_agent: String::new(),
        user_reason: None,
    };
    let site = SiteStanding::default();
    Arc::new(LoginStanding { now, account: None, site, site_user_reason: None, login: Some(login) })
}

fn keep(cache: &Cache, user_id: i64, session: &SessionId) {
    let generation = cache.generation(user_id);
    cache.put(user_id, session, standing(), generation);
}

#[test]
fn what_was_kept_is_known_until_its_account_is_forgotten() {
    let (cache, phone, computer) = (Cache::default(), named("phone"), named("computer"));
    keep(&cache, ANA, &phone);
    keep(&cache, ANA, &computer);
    keep(&cache, BEN, &named("bens"));
    assert!(cache.get(ANA, &phone).is_some() && cache.get(ANA, &computer).is_some());
    assert!(cache.get(BEN, &phone).is_none(), "another's session");
    cache.forget(ANA);
    assert!(cache.get(ANA, &phone).is_none() && cache.get(ANA, &computer).is_none());
    assert!(cache.get(BEN, &named("bens")).is_some());
    cache.clear();
    assert!(cache.get(BEN, &named("bens")).is_none());
}

#[test]
fn what_was_read_before_a_change_is_not_kept_after_it() {
    let (cache, phone) = (Cache::default(), named("phone"));
    for change in [|cache: &Cache| cache.forget(ANA), |cache: &Cache| cache.clear()] {
        let generation = cache.generation(ANA);
        change(&cache);
        cache.put(ANA, &phone, standing(), generation);
        assert!(cache.get(ANA, &phone).is_none());
    }
}

#[test]
fn an_account_and_the_whole_are_bounded() {
    let cache = Cache::default();
    for n in 0..=SESSIONS_PER_ACCOUNT {
        keep(&cache, ANA, &named(&n.to_string()));
    }
    assert!(cache.get(ANA, &named("0")).is_none(), "the first made room");
    assert!(cache.get(ANA, &named("1")).is_some());
    for n in 0..i64::try_from(ACCOUNTS_PER_SHARD.get()).unwrap_or_default() {
        keep(&cache, BEN + n * SAME_SHARD, &named("phone"));
    }
    assert!(cache.get(ANA, &named("1")).is_none(), "it was not asked for longest");
    assert!(cache.get(BEN, &named("phone")).is_some());
}

#[test]
fn who_was_seen_is_never_seen_earlier() {
    let (cache, phone) = (Cache::default(), named("phone"));
    keep(&cache, ANA, &phone);
    let last_seen = || cache.get(ANA, &phone).and_then(|known| Some(known.login.as_ref()?.state.last_seen));
    let later = Moment::UNIX_EPOCH + chrono::TimeDelta::minutes(5);
    cache.seen(ANA, &phone, later);
    assert_eq!(last_seen(), Some(later));
    cache.seen(ANA, &phone, Moment::UNIX_EPOCH);
    assert_eq!(last_seen(), Some(later));
}
