//! Groups clients by network. Strangers share turns and limits with their network.

use std::{fmt, net::IpAddr};

use ipnet::IpNet;

/// The prefixes of a network: what one customer of a provider can fill with addresses.
const IPV4_PREFIX: u8 = 24;
const IPV6_PREFIX: u8 = 48;

/// The network of a client. All clients without an address are in one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(in crate::accounts) struct Network(Option<IpNet>);

impl Network {
    /// The network of this address.
    pub(in crate::accounts) fn of(address: &str) -> Self {
        let network = address.parse().ok().and_then(|address: IpAddr| {
            let prefix = if address.is_ipv4() { IPV4_PREFIX } else { IPV6_PREFIX };
            IpNet::new(address, prefix).ok()
        });
        Self(network.map(|network| network.trunc()))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(network) => network.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_what_one_customer_can_fill() {
        for (one, other, are_one) in [
            ("192.0.2.1", "192.0.2.254", true),
            ("192.0.2.1", "192.0.3.1", false),
            ("2001:db8:1::1", "2001:db8:1:ffff::1", true),
            ("2001:db8:1::1", "2001:db8:2::1", false),
            ("unknown", "", true),
        ] {
            assert_eq!(Network::of(one) == Network::of(other), are_one, "{one} and {other}");
        }
    }
}
