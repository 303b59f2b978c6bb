//! Addresses that the standard library has no type for.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A network in CIDR notation, with the host bits cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

/// A text is no network in CIDR notation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no network: use an address, `/` and a prefix length, with the host bits zero")]
pub struct CidrError(pub String);

impl Cidr {
    /// The network of an address and a prefix length; `None` if the length is too large or host
    /// bits are set.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let host_bits_clear = match address {
            IpAddr::V4(v4) => prefix <= 32 && v4.to_bits().checked_shl(u32::from(prefix)).unwrap_or(0) == 0,
            IpAddr::V6(v6) => prefix <= 128 && v6.to_bits().checked_shl(u32::from(prefix)).unwrap_or(0) == 0,
        };
        host_bits_clear.then_some(Self { address, prefix })
    }

    /// The first address of the network.
    pub const fn address(self) -> IpAddr {
        self.address
    }

    /// The length of the network's prefix, in bits.
    pub const fn prefix(self) -> u8 {
        self.prefix
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let refuse = || CidrError(text.to_owned());
        let (address, prefix) = text.split_once('/').ok_or_else(refuse)?;
        let address = address.parse().map_err(|_| refuse())?;
        let prefix = prefix.parse().map_err(|_| refuse())?;
        Self::new(address, prefix).ok_or_else(refuse)
    }
}

/// A hardware address of six bytes. Written `00:1a:2b:3c:4d:5e`; read also with `-`, in Cisco's
/// dotted form and in capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

/// A text is no hardware address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no MAC address: use six bytes in hexadecimal, as 00:1a:2b:3c:4d:5e")]
pub struct MacError(pub String);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0;
        write!(f, "{first:02x}")?;
        rest.iter().try_for_each(|byte| write!(f, ":{byte:02x}"))
    }
}

impl FromStr for Mac {
    type Err = MacError;

    fn from_str(text: &str) -> Result<Self, MacError> {
        let refuse = || MacError(text.to_owned());
        let parts: Vec<&str> = text.split([':', '-', '.']).collect();
        let part_length = match parts.len() {
            6 => 2,
            3 => 4,
            1 => 12,
            _ => return Err(refuse()),
        };
        if parts.iter().any(|part| part.len() != part_length) {
            return Err(refuse());
        }
        let digits = parts.concat();
        let mut bytes = [0; 6];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16).ok_or_else(refuse)?;
            let low = char::from(pair[1]).to_digit(16).ok_or_else(refuse)?;
            *byte = u8::try_from(high * 16 + low).map_err(|_| refuse())?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_read_back_and_refuse_host_bits() {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "192.168.1.1/32", "2001:db8::/32", "::/0"] {
            assert_eq!(text.parse::<Cidr>().map(|cidr| cidr.to_string()), Ok(text.to_owned()));
        }
        for text in ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0", "::1/64", "x/8"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }

    #[test]
    fn hardware_addresses_are_read_in_every_usual_form() {
        for text in [
            "00:1A:2B:3C:4D:5E",
            "00-1a-2b-3c-4d-5e",
            "001a.2b3c.4d5e",
            "001a2b3c4d5e",
        ] {
            assert_eq!(
                text.parse::<Mac>().map(|mac| mac.to_string()),
                Ok("00:1a:2b:3c:4d:5e".to_owned())
            );
        }
        for text in [
            "00:1a:2b:3c:4d",
            "00:1a:2b:3c:4d:5g",
            "",
            "0:1a:2b:3c:4d:5e",
            "äääääääääääa",
        ] {
            assert!(text.parse::<Mac>().is_err(), "{text}");
        }
    }
}
