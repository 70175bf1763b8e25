//! Tests of [`read`].

use std::{num::NonZeroU32, time::Duration};

use rocket::{
    Config,
    figment::providers::{Format as _, Toml},
};

use super::*;
use crate::{
    domain::rate::Rate,
    settings::{SecureCookies, WhenFull, check_program, refuse_misspelt},
};

fn read_toml(text: &str) -> Result<Configuration, String> {
    let figment = Figment::from(Config::default()).merge(Toml::string(text).nested());
    let read = || {
        check_program(&figment)?;
        refuse_misspelt(&figment)?;
        Configuration::read(figment.clone())
    };
    read().map_err(|error| error.to_string())
}

#[test]
fn every_key_is_read() {
    let configuration = read_toml(
        "[default.curfew]
        registration = \"closed\"
        session_lifetime = \"90 s\"
        staff_session_idle = \"15 minutes\"
        max_sessions = 3
        staff_max_sessions = \"1\"
        when_full = \"refuse-new\"
        session_retention = \"90 days\"
        event_retention = \"72h\"
        throttle_login = \"3 per 72h\"
        proof_of_presence = \"5 minutes\"
        site_name = \"Riverside\"
        base_url = \"https://riverside.example/\"
        bcrypt_cost = 4
        password_min_length = 15
        reserved_names = [\"harbour-master\", \"Ferry\"]
        trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]
        mail_from = \"Riverside <accounts@riverside.example>\"
        mail_folder = \"letters\"
        secure_cookies = \"always\"",
    );
    let settings = configuration.map(|configuration| configuration.settings);
    assert!(settings.is_ok(), "{settings:?}");
    let Ok(settings) = settings else { return };
    assert!(!settings.registration_is_open());
    assert_eq!(settings.session_lifetime, Duration::from_secs(90));
    assert_eq!(settings.staff_session_idle, Duration::from_mins(15));
    assert_eq!((settings.max_sessions, settings.staff_max_sessions), (NonZeroU32::new(3), NonZeroU32::new(1)));
    assert_eq!(settings.when_full, WhenFull::RefuseNew);
    assert_eq!(settings.session_retention, Duration::from_hours(90 * 24));
    assert_eq!(settings.event_retention, Duration::from_hours(72));
    assert_eq!(settings.proof_of_presence, Duration::from_mins(5));
    assert_eq!(settings.throttle_login, Rate { count: 3, period: Duration::from_hours(72) });
    assert_eq!((settings.site_name.as_str(), settings.bcrypt_cost), ("Riverside", 4));
    assert_eq!(settings.trusted_proxies.len(), 2);
    assert_eq!(settings.password_min_length, 15);
    assert_eq!(settings.reserved_names, ["harbour-master", "Ferry"]);
    assert_eq!(settings.mail_from.map(|sender| sender.address).as_deref(), Some("accounts@riverside.example"));
    assert_eq!(settings.mail_folder, Some("letters".into()));
    assert_eq!(settings.secure_cookies, SecureCookies::Always);
}

#[test]
fn sessions_are_unlimited_by_default() {
    for text in ["", "max_sessions = 0\nstaff_max_sessions = \"0\"\nwhen_full = \"end-oldest\""] {
        let settings = read_toml(&format!("[default.curfew]\n{text}")).map(|configuration| configuration.settings);
        let limits = settings.map(|s| (s.max_sessions, s.staff_max_sessions, s.when_full));
        assert_eq!(limits, Ok((None, None, WhenFull::EndOldest)), "{text}");
    }
}

#[test]
fn an_invalid_value_is_reported_in_one_line() {
    for (key, value) in [
        ("registration", "\"maybe\""),
        ("session_idle", "\"0 s\""),
        ("session_idle", "\"soon\""),
        ("session_lifetime", "\"900 years\""),
        ("reset_link_lifetime", "\"8 days\""),
        ("verification_link_lifetime", "\"169 hours\""),
        ("max_sessions", "-1"),
        ("max_sessions", "1.5"),
        ("max_sessions", "1000001"),
        ("max_sessions", "\"\""),
        ("staff_max_sessions", "\"one\""),
        ("when_full", "\"end-newest\""),
        ("when_full", "true"),
        ("session_retention", "\"for ever\""),
        ("event_retention", "\"0 s\""),
        ("throttle_login", "\"ten\""),
        ("bcrypt_cost", "3"),
        ("bcrypt_cost", "32"),
        ("password_min_length", "7"),
        ("reserved_names", "[\"two words\"]"),
        ("password_min_length", "65"),
        ("trusted_proxies", "[\"nowhere\"]"),
        ("secure_cookies", "true"),
        ("cookie_name", "\"\""),
        ("cookie_name", "\"__Host-site\""),
        ("cookie_name", "\"a site\""),
        ("base_url", "\"example.org\""),
        ("mail_from", "\"Riverside\""),
        ("mail_folder", "\"\""),
        ("site_name", "\"\""),
        ("colour", "\"red\""),
    ] {
        let refusal = read_toml(&format!("[default.curfew]\n{key} = {value}")).err().unwrap_or_default();
        assert!(
            refusal.contains(key) && refusal.contains("must be") && !refusal.contains('\n'),
            "{key} = {value}: {refusal}"
        );
    }
}

#[test]
fn an_invalid_secret_or_address_is_never_shown() {
    for text in [
        "[default]\nsecret_key = \"tangerine\"",
        "[default]\nsecret_key = [1, 2]\n#tangerine",
        "[default.databases.curfew]\nurl = \"mysql://ana:tangerine@localhost\"",
        "[default.databases.curfew]\nurl = [\"sqlite:tangerine\"]",
        "[default.databases.curfew]\nmax_connections = \"tangerine\"",
        "[default.curfew]\nprevious_secret_keys = \"tangerine\"",
        "[default.curfew]\nsmtp_url = \"smtp://ana:tangerine@mail.example\"",
        "[default.curfew]\nsmtp_url = [\"tangerine\"]",
        "[default]\ncurfew = \"tangerine\"",
        "[default]\nsecret_key = \"tangerine\n",
    ] {
        let configuration = read_toml(text);
        let refusal =
            configuration.and_then(|configuration| configuration.secret_keys().map_err(|error| error.to_string()));
        assert!(refusal.as_ref().is_err_and(|line| !line.contains("tangerine")), "{refusal:?}");
    }
}

#[test]
fn a_misspelt_key_or_table_is_refused() {
    for (text, named) in [
        (
            "[curfew]\nregistration = \"closed\"",
            "[curfew] is a profile that is not in use; it must be [default.curfew]",
        ),
        ("[databases.curfew]\nurl = \"sqlite:a.db\"", "it must be [default.databases]"),
        ("[defualt.curfew]\nregistration = \"closed\"", "it must be [default]"),
        ("[default]\nadress = \"0.0.0.0\"", "adress is unknown; it must be address"),
        (
            "[default]\nsite_name = \"Garden\"",
            "site_name is outside its table; it must be in the table [default.curfew]: site_name",
        ),
        ("[default]\nsecret_kye = \"tangerine\"", "secret_kye is unknown; it must be secret_key"),
        ("[default.curfwe]\nregistration = \"closed\"", "curfwe is unknown; it must be curfew"),
        ("[default.database.curfew]\nurl = \"sqlite:a.db\"", "it must be databases"),
        ("[default.databases.curfeww]\nurl = \"sqlite:a.db\"", "it must be databases.curfew"),
        ("[default.databases.curfew]\nulr = \"sqlite:a.db\"", "databases.curfew.ulr is unknown; it must be url"),
        ("[default.curfew]\nregistratoin = \"closed\"", "curfew.registratoin is unknown; it must be registration"),
    ] {
        let refusal = read_toml(text).err().unwrap_or_default();
        assert!(refusal.contains(named) && !refusal.contains("tangerine"), "{text}: {refusal}");
    }
}

#[test]
fn keys_of_other_programs_are_accepted() {
    for text in [
        "[staging.curfew]\nregistration = \"closed\"",
        "[debug.curfew]\nsite_name = \"Riverside\"",
        "[default]\ntemplate_dir = \"templates\"\nproxy_proto_header = false\nshop = \"open\"",
        "[default.databases.shop]\nurl = \"sqlite:shop.db\"",
        "[default.limits]\nform = \"1 MiB\"",
    ] {
        assert_eq!(read_toml(text).err(), None, "{text}");
    }
}

#[test]
fn what_another_program_has_in_its_settings_is_its_own() {
    for text in [
        "[default]\nsite_name = \"Garden\"\nbase_url = \"x\"\nredis_url = 7\nlimit = 5\nadress = \"x\"",
        "[default.database]\nurl = \"x\"",
        "[default.databases.curfeww]\nurl = \"x\"",
        "[releases]\nnotes = \"x\"\n[curfew]\nsite_name = \"Garden\"",
    ] {
        let figment = Figment::from(Config::default()).merge(Toml::string(text).nested());
        assert_eq!(check_program(&figment), Ok(()), "{text}");
        assert!(refuse_misspelt(&figment).is_err(), "{text}");
    }
    let figment = Figment::from(("databases.curfew.ulr", "sqlite:a.db"));
    assert!(check_program(&figment).is_err(), "but Curfew's own tables are checked");
}

#[test]
fn the_sender_and_the_folder_of_letters_follow_the_site() {
    for (text, sender, folder) in [
        ("", "accounts@localhost", "var/mail"),
        ("[default.curfew]\nbase_url = \"https://a.example:8443\"", "accounts@a.example", "var/mail"),
        ("[default.curfew]\nbase_url = \"http://[::1]:8000\"", "accounts@localhost", "var/mail"),
        ("[default.curfew]\nbase_url = \"http://10.0.0.5:8000\"", "accounts@localhost", "var/mail"),
        ("[default.databases.curfew]\nurl = \"sqlite:data/a.db\"", "accounts@localhost", "data/mail"),
        ("[default.databases.curfew]\nurl = \"postgres://a@b/c\"", "accounts@localhost", "var/mail"),
    ] {
        let read = read_toml(text).map(|read| (read.mail_sender().address, read.mail_folder()));
        assert_eq!(read, Ok((sender.to_owned(), folder.into())), "{text}");
    }
}

#[test]
fn a_site_with_a_mail_server_needs_its_own_address() {
    let smtp = "[default.curfew]\nsmtp_url = \"smtps://ana:tangerine@mail.example\"\n";
    let refusal = |text: &str| {
        let read = read_toml(text);
        read.and_then(|read| read.must_have_origin_for_letters().map_err(|error| error.to_string())).err()
    };
    let without = refusal(smtp).unwrap_or_default();
    assert!(without.starts_with("base_url is missing") && !without.contains("tangerine"), "{without}");
    assert_eq!(refusal(&format!("{smtp}base_url = \"https://a.example\"")), None);
    assert_eq!(refusal(""), None);
}

/// No setting accepts a list within a list, so each key that is read gives an error.
#[test]
fn every_key_is_read_by_its_name() {
    for key in KEYS {
        let refusal = read_toml(&format!("[default.curfew]\n{key} = [[]]")).err().unwrap_or_default();
        let is_read_elsewhere = ["redis_url", "smtp_url", "previous_secret_keys"].contains(&key);
        assert!(is_read_elsewhere || (refusal.contains(key) && !refusal.contains("unknown")), "{key}: {refusal}");
    }
}

#[test]
fn a_program_without_a_client_for_redis_refuses_its_address() {
    let figment = |address: &str| Figment::from(("curfew.redis_url", address));
    let refusal = read_redis(&figment("redis://127.0.0.1:6379"), false).expect_err("no client");
    assert!(refusal.to_string().contains("because this program was built without Redis"), "{refusal}");
    assert_eq!(read_redis(&figment(""), false), Ok(None));
}
