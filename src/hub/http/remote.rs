//! From where a request comes.
//!
//! - Behind a proxy (`--behind-proxy`) it is the last entry of `X-Forwarded-For`, the one that the proxy itself wrote:
//!   what stands before it is the caller's word. `Forwarded` is not read, since proxies that do not know it pass on
//!   what the caller wrote. The proxy's own address never counts: it would stand for everybody.
//! - Else it is the other end of the connection, unless that is this machine: something here may stand for others, too,
//!   such as a tunnel or a proxy that nobody told us of.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};

/// The header in which proxies tell who asks.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// By which address a stranger is known, if by any. Of IPv6 the network counts: one has more addresses there than
/// anybody could count.
pub(super) fn address(headers: &HeaderMap, extensions: &Extensions, behind_proxy: bool) -> Option<IpAddr> {
    let address = if behind_proxy {
        let last = headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
        let last = last.rsplit(',').next().unwrap_or_default().trim();
        last.parse().ok().or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
    } else {
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(peer.ip())
    };
    network(address?)
}

/// The same of one end of a connection, whatever is said about it.
pub(in crate::hub) fn network(address: IpAddr) -> Option<IpAddr> {
    let address = address.to_canonical();
    match address {
        _ if address.is_loopback() => None,
        IpAddr::V6(six) => Some(IpAddr::V6((six.to_bits() >> 64 << 64).into())),
        IpAddr::V4(_) => Some(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Extensions {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(address.parse::<SocketAddr>().unwrap()));
        extensions
    }

    fn told(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (FORWARDED_FOR.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_stranger_is_known_by_the_other_end_of_the_connection() {
        let known = |address: &str| super::address(&told(&["192.0.2.1"]), &peer(address), false);
        assert_eq!(known("198.51.100.7:4000"), "198.51.100.7".parse().ok());
        assert_eq!(known("[::ffff:198.51.100.7]:4000"), "198.51.100.7".parse().ok());
        assert_eq!(known("[2001:db8:1:2:3:4:5:6]:1"), known("[2001:db8:1:2:f::]:2"));
        assert_ne!(known("[2001:db8:1:2::1]:1"), known("[2001:db8:1:3::1]:1"));
        assert_eq!((known("127.0.0.1:1"), known("[::1]:1")), (None, None), "it may stand for others");
    }

    #[test]
    fn behind_a_proxy_it_is_what_the_proxy_wrote_and_never_the_proxy() {
        let known = |values: &[&str]| super::address(&told(values), &peer("198.51.100.7:4000"), true);
        assert_eq!(known(&["192.0.2.1"]), "192.0.2.1".parse().ok());
        assert_eq!(known(&["203.0.113.9, 192.0.2.1"]), "192.0.2.1".parse().ok(), "the rest is the caller's word");
        assert_eq!(known(&["203.0.113.9", "192.0.2.1:555"]), "192.0.2.1".parse().ok());
        assert_eq!(known(&["[2001:db8::1]:80"]), "2001:db8::".parse().ok());
        for nobody in [&[][..], &["unknown"], &["192.0.2.1,"], &["127.0.0.1"]] {
            assert_eq!(known(nobody), None, "{nobody:?}");
        }
    }
}
