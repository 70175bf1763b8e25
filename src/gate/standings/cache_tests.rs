use super::*;
use crate::{
    domain::{
        logins::kind::LoginKind,
        standing::{LoginState, SiteStanding},
    },
    store::standing::StoredLogin,
};

const ANA: i64 = 7;
/// User ids with this difference share a shard.
const SAME_SHARD: i64 = 256;
const BEN: i64 = ANA + SAME_SHARD;

fn session_id(name: &str) -> PublicId {
    PublicId::from_stored(name.to_owned())
}

fn standing() -> LoginStanding {
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
    LoginStanding { now, account: None, site, site_user_reason: None, login: Some(Arc::new(login)) }
}

fn put(cache: &Cache, user_id: i64, session: &PublicId) {
    let generation = cache.generation(user_id);
    cache.put(user_id, session, standing(), generation);
}

#[test]
fn a_login_stays_cached_until_its_account_is_invalidated() {
    let (cache, phone, computer) = (Cache::default(), session_id("phone"), session_id("computer"));
    put(&cache, ANA, &phone);
    put(&cache, ANA, &computer);
    put(&cache, BEN, &session_id("ben's"));
    assert!(cache.get(ANA, &phone).is_some() && cache.get(ANA, &computer).is_some());
    assert!(cache.get(BEN, &phone).is_none(), "a session of another user");
    cache.invalidate(ANA);
    assert!(cache.get(ANA, &phone).is_none() && cache.get(ANA, &computer).is_none());
    assert!(cache.get(BEN, &session_id("ben's")).is_some());
    cache.clear();
    assert!(cache.get(BEN, &session_id("ben's")).is_none());
}

#[test]
fn a_login_read_before_an_invalidation_is_not_cached_after_it() {
    let (cache, phone) = (Cache::default(), session_id("phone"));
    for change in [|cache: &Cache| cache.invalidate(ANA), |cache: &Cache| cache.clear()] {
        let generation = cache.generation(ANA);
        change(&cache);
        cache.put(ANA, &phone, standing(), generation);
        assert!(cache.get(ANA, &phone).is_none());
    }
}

#[test]
fn the_logins_per_account_and_the_accounts_are_bounded() {
    let cache = Cache::default();
    for n in 0..=LOGINS_PER_ACCOUNT {
        put(&cache, ANA, &session_id(&n.to_string()));
    }
    assert!(cache.get(ANA, &session_id("0")).is_none(), "the first one was evicted");
    assert!(cache.get(ANA, &session_id("1")).is_some());
    for n in 0..i64::try_from(ACCOUNTS_PER_SHARD.get()).unwrap_or_default() {
        put(&cache, BEN + n * SAME_SHARD, &session_id("phone"));
    }
    assert!(cache.get(ANA, &session_id("1")).is_none(), "the least recently used account was evicted");
    assert!(cache.get(BEN, &session_id("phone")).is_some());
}

#[test]
fn the_last_request_never_moves_back() {
    let (cache, phone) = (Cache::default(), session_id("phone"));
    put(&cache, ANA, &phone);
    let last_seen = || cache.get(ANA, &phone).and_then(|cached| Some(cached.login.as_ref()?.state.last_seen));
    let later = Moment::UNIX_EPOCH + chrono::TimeDelta::minutes(5);
    cache.record_seen(ANA, &phone, later);
    assert_eq!(last_seen(), Some(later));
    cache.record_seen(ANA, &phone, Moment::UNIX_EPOCH);
    assert_eq!(last_seen(), Some(later));
}
