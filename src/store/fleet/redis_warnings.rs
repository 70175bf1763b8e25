//! Checks whether a Redis server keeps the counters of the nodes. Redis is optional, so problems are only warnings.

/// The warnings for this response to `INFO`.
pub(super) fn redis_warnings(info: &str) -> Vec<String> {
    let value = |key: &str| info.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).unwrap_or("");
    let (mode, role) = (value("redis_mode"), value("role"));
    let (limit, policy) = (value("maxmemory"), value("maxmemory_policy"));
    let mut warnings = Vec::new();
    if mode == "cluster" {
        warnings.push(
            "Redis runs as a cluster, which cannot update the counters of one login together: set REDIS_URL to a \
             single server"
                .to_owned(),
        );
    }
    if matches!(role, "slave" | "replica") {
        warnings.push("Redis is a replica, which cannot be written: set REDIS_URL to its primary".to_owned());
    }
    if !matches!(limit, "" | "0") && !matches!(policy, "" | "noeviction") {
        warnings.push(format!(
            "Redis drops keys when its memory is full (maxmemory-policy {policy}), and failed logins with them: set \
             maxmemory-policy noeviction"
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warns_about_a_redis_that_evicts_keys_is_a_cluster_or_cannot_be_written() {
        for (info, words) in [
            ("redis_mode:standalone\r\nrole:master\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n", None),
            ("redis_mode:standalone\r\nrole:master\r\nmaxmemory:9\r\nmaxmemory_policy:noeviction\r\n", None),
            ("", None),
            ("maxmemory:9\r\nmaxmemory_policy:volatile-ttl\r\n", Some("maxmemory-policy volatile-ttl")),
            ("redis_mode:cluster\r\n", Some("cluster")),
            ("role:slave\r\n", Some("replica")),
        ] {
            let warnings = redis_warnings(info);
            assert_eq!(warnings.len(), usize::from(words.is_some()), "{info}: {warnings:?}");
            assert!(words.is_none_or(|words| warnings[0].contains(words)), "{info}: {warnings:?}");
        }
    }
}
