//! IP addresses as texts that sort by number, so that a database finds a network as a range of texts.

use core::net::{IpAddr, Ipv6Addr}; // the values only, no I/O

use data_encoding::HEXLOWER;
use ipnet::IpNet;

/// An address as the 32 hexadecimal digits of its IPv6 form. An IPv4 address is mapped into IPv6 (RFC 4291, section
/// 2.5.5.2). Empty for a text that is not an IP address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressKey(String);

impl AddressKey {
    /// The key of an address.
    #[must_use]
    pub fn of(address: &str) -> Self {
        address.trim().parse().map_or_else(|_| Self(String::new()), Self::of_ip)
    }

    fn of_ip(address: IpAddr) -> Self {
        let address: Ipv6Addr = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        Self(HEXLOWER.encode(&address.octets()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A network, or a single address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    first: AddressKey,
    last: AddressKey,
}

/// The text is neither an address nor a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkError;

impl Network {
    /// Parses an address such as `192.0.2.7`, or a network such as `192.0.2.0/24` or `2001:db8::/32`. Digits of an
    /// address behind the prefix are ignored, as in `192.0.2.7/24`.
    ///
    /// # Errors
    /// Returns an error if the text is neither.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        let text = text.trim();
        let network = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address),
            Err(_) => text.parse().map_err(|_| NetworkError)?,
        };
        Ok(Self { first: AddressKey::of_ip(network.network()), last: AddressKey::of_ip(network.broadcast()) })
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

    /// Whether the network has this address.
    #[must_use]
    pub fn contains(&self, address: &AddressKey) -> bool {
        self.first <= *address && *address <= self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_number() {
        let addresses =
            ["not an address", "0.0.0.0", "9.255.0.1", "10.0.0.2", "192.0.2.7", "2001:db8::", "2001:db8::a"];
        let keys = addresses.map(AddressKey::of);
        assert!(keys.is_sorted(), "{keys:?}");
        assert_eq!(keys[0].as_str(), "");
        assert_eq!(keys[4].as_str(), "00000000000000000000ffffc0000207");
        assert_eq!(AddressKey::of("::ffff:192.0.2.7"), keys[4]);
    }

    #[test]
    fn a_network_has_its_first_and_last_address_and_no_other() {
        for (network, inside, outside) in [
            ("192.0.2.0/24", ["192.0.2.0", "192.0.2.255"], ["192.0.1.255", "192.0.3.0"]),
            ("192.0.2.77/24", ["192.0.2.0", "192.0.2.255"], ["192.0.1.255", "192.0.3.0"]),
            ("192.0.2.7", ["192.0.2.7", "::ffff:192.0.2.7"], ["192.0.2.6", "192.0.2.8"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::1", "2001:db8::"]),
            ("2001:db8::/33", ["2001:db8::", "2001:db8:7fff::"], ["2001:db7::", "2001:db8:8000::"]),
            (" ::1 ", ["::1", "0::1"], ["::", "::2"]),
        ] {
            let network = Network::parse(network).expect("a network");
            let has = |address| network.contains(&AddressKey::of(address));
            assert_eq!((inside.map(has), outside.map(has)), ([true; 2], [false; 2]), "{network:?}");
        }
        assert!(!Network::parse("::/0").expect("a network").contains(&AddressKey::of("unknown")));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "192.0.2",
            "192.0.2.0/33",
            "192.0.2.0/-1",
            "192.0.2.0/",
            "2001:db8::/129",
            "localhost",
            "1.2.3.4, 5.6.7.8",
        ] {
            assert_eq!(Network::parse(text), Err(NetworkError), "{text}");
        }
    }
}
