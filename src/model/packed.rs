//! The compact encoding of what there is a million of: variable-length numbers, tagged values.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;

/// Bytes are not what the packing writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("packed bytes are damaged")]
pub struct PackError;

/// Packs values into bytes.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn finish(self) -> Box<[u8]> {
        self.0.into_boxed_slice()
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Seven bits a byte, low ones first (LEB128).
    pub(crate) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }

    /// Zigzag, so that small negative numbers stay short.
    pub(crate) fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    /// A moment to the second.
    pub(crate) fn second(&mut self, at: Timestamp) {
        self.signed(at.as_second());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.block(text.as_bytes());
    }

    /// Bytes behind their length.
    pub(crate) fn block(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.raw(bytes);
    }

    pub(crate) fn tagged_text(&mut self, tag: u8, text: &str) {
        self.byte(tag);
        self.text(text);
    }

    /// `tag` for version 4, `tag + 1` for version 6.
    pub(crate) fn address(&mut self, tag: u8, address: IpAddr) {
        match address {
            IpAddr::V4(v4) => {
                self.byte(tag);
                self.raw(&v4.octets());
            }
            IpAddr::V6(v6) => {
                self.byte(tag + 1);
                self.raw(&v6.octets());
            }
        }
    }
}

/// Reads what a [`Writer`] wrote; refuses everything else, without panic and without reserving
/// memory that the bytes do not fill.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> Result<u8, PackError> {
        let (first, rest) = self.0.split_first().ok_or(PackError)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(crate) fn raw(&mut self, length: usize) -> Result<&'a [u8], PackError> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(PackError)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], PackError> {
        self.raw(N)?.try_into().map_err(|_| PackError)
    }

    pub(crate) fn number(&mut self) -> Result<u64, PackError> {
        let mut number = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(PackError);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(PackError)
    }

    pub(crate) fn small(&mut self) -> Result<u16, PackError> {
        u16::try_from(self.number()?).map_err(|_| PackError)
    }

    pub(crate) fn signed(&mut self) -> Result<i64, PackError> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
    }

    pub(crate) fn second(&mut self) -> Result<Timestamp, PackError> {
        Timestamp::from_second(self.signed()?).map_err(|_| PackError)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, PackError> {
        std::str::from_utf8(self.block()?).map_err(|_| PackError)
    }

    pub(crate) fn block(&mut self) -> Result<&'a [u8], PackError> {
        let length = usize::try_from(self.number()?).map_err(|_| PackError)?;
        self.raw(length)
    }

    pub(crate) fn v4(&mut self) -> Result<IpAddr, PackError> {
        Ok(IpAddr::V4(Ipv4Addr::from(self.array::<4>()?)))
    }

    pub(crate) fn v6(&mut self) -> Result<IpAddr, PackError> {
        Ok(IpAddr::V6(Ipv6Addr::from(self.array::<16>()?)))
    }
}
