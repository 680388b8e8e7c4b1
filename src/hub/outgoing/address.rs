//! Which addresses may be called: the public ones, and those that the configuration allows by name. Pure.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is, if it is not one of the public internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// This machine.
    Loopback,
    /// No address at all, or “this network”.
    Unspecified,
    /// A private network (RFC 1918), or a unique-local one (RFC 4193).
    Private,
    /// The link alone (RFC 3927, RFC 4291); most clouds answer there with the machine's credentials.
    LinkLocal,
    /// Shared by a carrier's customers (RFC 6598).
    Shared,
    /// Where clouds tell a machine about itself.
    Metadata,
    /// For many at once.
    Multicast,
    /// For examples, measurements, tunnels, or nothing yet (RFC 6890 and its registries).
    Reserved,
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "this machine itself",
            Self::Unspecified => "no address that can be called",
            Self::Private => "in a private network",
            Self::LinkLocal => "on the local link, where clouds keep a machine's credentials",
            Self::Shared => "in a carrier's shared network",
            Self::Metadata => "where clouds tell a machine about itself",
            Self::Multicast => "for many at once",
            Self::Reserved => "reserved, and no address of the public internet",
        })
    }
}

/// What this address is, if not public. An IPv4 address that is written as an IPv6 one is what it is as IPv4.
pub fn special(ip: IpAddr) -> Option<Special> {
    match plain(ip) {
        IpAddr::V4(ip) => special_v4(ip),
        IpAddr::V6(ip) => special_v6(ip),
    }
}

/// The IPv4 address in an IPv6 one that stands for it: mapped (`::ffff:0:0/96`), or translated (`64:ff9b::/96`, RFC 6052).
fn plain(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = ip else { return ip };
    let [a, b, c, d, e, f, high, low] = six.segments();
    let [w, x] = high.to_be_bytes();
    let [y, z] = low.to_be_bytes();
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Ipv4Addr::new(w, x, y, z).into(),
        _ => ip,
    }
}

fn special_v4(ip: Ipv4Addr) -> Option<Special> {
    Some(match ip.octets() {
        [0, ..] => Special::Unspecified,
        [127, ..] => Special::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Special::Private,
        [169, 254, ..] => Special::LinkLocal,
        [100, 64..=127, ..] => Special::Shared,
        // Azure's, in the midst of public addresses, and Oracle's.
        [168, 63, 129, 16] | [192, 0, 0, 192] => Special::Metadata,
        [224..=239, ..] => Special::Multicast,
        [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [240..=255, ..] => Special::Reserved,
        _ => return None,
    })
}

fn special_v6(ip: Ipv6Addr) -> Option<Special> {
    let segments = ip.segments();
    Some(match (segments[0], segments[1]) {
        _ if ip.is_loopback() => Special::Loopback,
        _ if ip.is_unspecified() => Special::Unspecified,
        (0xfe80..=0xfebf, _) => Special::LinkLocal,
        (0xfc00..=0xfdff | 0xfec0..=0xfeff, _) => Special::Private,
        (0xff00.., _) => Special::Multicast,
        // Tunnels carry an IPv4 address of anybody's choice; the rest are examples and protocols' own.
        (0x2001, 0..=0x01ff | 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff) => Special::Reserved,
        (0x2000..=0x3fff, _) => return None,
        _ => Special::Reserved,
    })
}

/// What may be called although it is special.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The addresses that agree with this one in so many leading bits.
    Net(IpAddr, u8),
    /// Whatever this name stands for.
    Host(String),
}

impl Entry {
    /// Reads `127.0.0.1`, `10.0.0.0/8`, `fd00::/8` or `crm.internal`.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn parse(written: &str) -> Result<Self, String> {
        let written = written.trim();
        if let Ok(ip) = written.parse::<IpAddr>() {
            let ip = plain(ip);
            return Ok(Self::Net(ip, width(ip)));
        }
        if let Some((ip, bits)) = written.split_once('/') {
            let ip = ip.parse::<IpAddr>();
            let ip = ip.map_err(|_| format!("“{written}” is no network; write one such as 10.0.0.0/8"))?;
            let bits = bits.parse::<u8>().ok().filter(|&bits| bits <= width(ip));
            let bits = bits.ok_or_else(|| {
                format!("“{written}”: after the stroke stands a number of bits, from 0 to {}", width(ip))
            })?;
            if number(ip) != cut(ip, bits) {
                return Err(format!("“{written}” has bits beyond its first {bits}; write the network's own address"));
            }
            return Ok(Self::Net(ip, bits));
        }
        let is_name = |part: &str| {
            !part.is_empty() && part.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
        };
        let name = host_key(written);
        // What looks like a number is read as an address by some and as a name by others.
        let is_number = name.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
        if is_number || !name.split('.').all(is_name) {
            let hint = "write an address, a network such as 10.0.0.0/8, or the name of a host, without scheme and port";
            return Err(format!("“{written}” is none of these; {hint}"));
        }
        Ok(Self::Host(name))
    }

    fn holds(&self, ip: IpAddr) -> bool {
        match self {
            Self::Host(_) => false,
            Self::Net(net, bits) => net.is_ipv4() == ip.is_ipv4() && cut(*net, *bits) == cut(ip, *bits),
        }
    }
}

/// A host's name as it is compared: without the dot at its end, in small letters.
pub(super) fn host_key(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

/// An address as a number, at the upper end of 128 bits.
fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()) << 96,
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

/// Its first so many bits.
fn cut(ip: IpAddr, bits: u8) -> u128 {
    number(ip) & u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

/// All that may be called although it is special.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow(pub Vec<Entry>);

impl Allow {
    /// Whether `host`, which stands for `ip`, may be called there; if not, what the address is.
    ///
    /// # Errors
    /// What it is, if it is neither public nor allowed.
    pub fn judge(&self, host: &str, ip: IpAddr) -> Result<(), Special> {
        let Some(special) = special(ip) else { return Ok(()) };
        let host = host_key(host);
        let is_meant = |entry: &Entry| matches!(entry, Entry::Host(name) if *name == host) || entry.holds(plain(ip));
        if self.0.iter().any(is_meant) { Ok(()) } else { Err(special) }
    }
}
