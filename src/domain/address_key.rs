//! A sortable key of an IP address, and networks as ranges of such keys.

// The types alone: the domain has no I/O.
use core::net::IpAddr;
use std::fmt;

use ipnet::IpNet;

/// The key of an address: an IPv6 address, or an IPv4 address mapped into IPv6 (RFC 4291, section 2.5.5.2), as 32
/// hexadecimal characters. So addresses sort by number, and a network is a range of keys. Empty for any other text.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressKey(String);

impl AddressKey {
    /// The key of an address as text.
    #[must_use]
    pub fn of(address: &str) -> Self {
        address.parse::<IpAddr>().map(Self::from).unwrap_or_default()
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the text was an address.
    #[must_use]
    pub const fn is_an_address(&self) -> bool {
        !self.0.is_empty()
    }
}

impl From<IpAddr> for AddressKey {
    fn from(address: IpAddr) -> Self {
        let mapped = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        Self(format!("{:032x}", mapped.to_bits()))
    }
}

/// The text is neither an address nor a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkError;

/// A network: all addresses with one prefix, or a single address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    net: IpNet,
    first: AddressKey,
    last: AddressKey,
}

impl Network {
    /// Parses an address, or a network such as `192.0.2.0/24` or `2001:db8::/32`. Bits after the prefix may be set.
    ///
    /// # Errors
    /// Returns an error if the text is neither.
    pub fn parse(typed: &str) -> Result<Self, NetworkError> {
        let typed = typed.trim();
        let address = typed.parse::<IpAddr>().map(IpNet::from);
        let net = address.or_else(|_| typed.parse::<IpNet>()).map_err(|_| NetworkError)?.trunc();
        Ok(Self { net, first: net.network().into(), last: net.broadcast().into() })
    }

    /// The key of its first address.
    #[must_use]
    pub const fn first(&self) -> &AddressKey {
        &self.first
    }

    /// The key of its last address.
    #[must_use]
    pub const fn last(&self) -> &AddressKey {
        &self.last
    }

    /// Whether it is a single address.
    #[must_use]
    pub fn is_one_address(&self) -> bool {
        self.first == self.last
    }

    /// Whether the network has this address: what the SQL of a filter is tested against.
    #[cfg(any(test, feature = "internals"))]
    #[must_use]
    pub fn contains(&self, address: &AddressKey) -> bool {
        self.first <= *address && *address <= self.last
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_one_address() { self.net.addr().fmt(f) } else { self.net.fmt(f) }
    }
}

#[cfg(test)]
mod tests {
    use core::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn key(address: &str) -> String {
        AddressKey::of(address).as_str().to_owned()
    }

    #[test]
    fn a_key_has_32_characters_or_none() {
        assert_eq!(key("192.0.2.7"), "00000000000000000000ffffc0000207");
        assert_eq!(key("::ffff:192.0.2.7"), key("192.0.2.7"));
        assert_eq!(key("2001:db8::1"), "20010db8000000000000000000000001");
        for text in ["", "192.0.2", "192.0.2.0/24", " 192.0.2.7", "somewhere", "192.0.2.7:80", "fe80::1%eth0"] {
            assert_eq!(key(text), "", "{text}");
        }
    }

    #[test]
    fn only_addresses_and_networks_are_accepted() {
        for (typed, shown) in [
            (" 192.0.2.7 ", "192.0.2.7"),
            ("192.0.2.7/32", "192.0.2.7"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("2001:DB8::/32", "2001:db8::/32"),
        ] {
            let network = Network::parse(typed).map(|network| network.to_string());
            assert_eq!(network, Ok(shown.to_owned()), "{typed}");
        }
        for typed in
            ["", " ", "192.0.2", "192.0.2.0/33", "192.0.2.0/-1", "::/129", "localhost", "0x7f.1", "1.2.3.4/24/8"]
        {
            assert_eq!(Network::parse(typed), Err(NetworkError), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn a_network_is_the_range_of_its_keys(network: u32, prefix in 0..=32_u8, address: u32) {
            let text = format!("{}/{prefix}", Ipv4Addr::from_bits(network));
            let parsed = Network::parse(&text).expect("a network");
            let key = AddressKey::from(IpAddr::V4(Ipv4Addr::from_bits(address)));
            let is_inside = (u64::from(network) ^ u64::from(address)) >> (32 - prefix) == 0;
            prop_assert_eq!(parsed.contains(&key), is_inside);
        }

        #[test]
        fn keys_sort_as_addresses(one: u128, other: u128) {
            let key = |bits| AddressKey::from(IpAddr::V6(Ipv6Addr::from_bits(bits)));
            prop_assert_eq!(key(one).cmp(&key(other)), one.cmp(&other));
        }
    }
}
