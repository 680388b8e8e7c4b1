use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use crate::hub::outgoing::{Allow, Entry, Special, special};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The networks that no hub may call unasked, with what they are.
const REFUSED: [(&str, u8, Special); 40] = [
    ("0.0.0.0", 8, Special::Unspecified),
    ("10.0.0.0", 8, Special::Private),
    ("100.64.0.0", 10, Special::Shared),
    ("127.0.0.0", 8, Special::Loopback),
    ("168.63.129.16", 32, Special::Metadata),
    ("169.254.0.0", 16, Special::LinkLocal),
    ("172.16.0.0", 12, Special::Private),
    ("192.0.0.0", 25, Special::Reserved),
    ("192.0.0.192", 32, Special::Metadata),
    ("192.0.2.0", 24, Special::Reserved),
    ("192.88.99.0", 24, Special::Reserved),
    ("192.168.0.0", 16, Special::Private),
    ("198.18.0.0", 15, Special::Reserved),
    ("198.51.100.0", 24, Special::Reserved),
    ("203.0.113.0", 24, Special::Reserved),
    ("224.0.0.0", 4, Special::Multicast),
    ("240.0.0.0", 4, Special::Reserved),
    ("::", 128, Special::Unspecified),
    ("::1", 128, Special::Loopback),
    ("::2:0:0", 96, Special::Reserved),
    ("64:ff9b:1::", 48, Special::Reserved),
    ("100::", 8, Special::Reserved),
    ("2001::", 23, Special::Reserved),
    ("2001:db8::", 32, Special::Reserved),
    ("2002::", 16, Special::Reserved),
    ("3fff::", 20, Special::Reserved),
    ("4000::", 3, Special::Reserved),
    ("5f00::", 16, Special::Reserved),
    ("8000::", 2, Special::Reserved),
    ("fc00::", 7, Special::Private),
    ("fd00:ec2::254", 128, Special::Private),
    ("fe80::", 10, Special::LinkLocal),
    ("fec0::", 10, Special::Private),
    ("ff00::", 8, Special::Multicast),
    ("::ffff:127.0.0.0", 104, Special::Loopback),
    ("::ffff:10.0.0.0", 104, Special::Private),
    ("::ffff:169.254.0.0", 112, Special::LinkLocal),
    ("64:ff9b::127.0.0.0", 104, Special::Loopback),
    ("64:ff9b::192.168.0.0", 112, Special::Private),
    ("::ffff:0.0.0.0", 104, Special::Unspecified),
];

#[test]
fn what_lies_beside_a_special_network_is_public() {
    for public in [
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "2000::1",
        "2001:200::",
        "2001:db7::1",
        "2001:db9::",
        "2003::",
        "3ffe::1",
        "3fff:1000::",
        "2606:4700:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
    ] {
        assert_eq!(special(ip(public)), None, "{public}");
    }
}

proptest! {
    #[test]
    fn nothing_within_a_special_network_is_public(bits in any::<u128>()) {
        for (net, prefix, what) in REFUSED {
            let inside = match ip(net) {
                IpAddr::V4(net) => {
                    let host = u32::try_from(bits >> 96).unwrap() & u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
                    IpAddr::from(Ipv4Addr::from_bits(net.to_bits() | host))
                }
                IpAddr::V6(net) => {
                    let host = bits & u128::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
                    IpAddr::from(Ipv6Addr::from_bits(net.to_bits() | host))
                }
            };
            // Of the networks with one address of another kind, that one is tested by itself.
            let expected = if inside == ip("192.0.0.192") { Special::Metadata } else { what };
            prop_assert_eq!(special(inside), Some(expected), "{} in {}/{}", inside, net, prefix);
        }
    }

    /// The standard library's own judgement, and the writings of IPv4 in IPv6, agree.
    #[test]
    fn an_ipv4_address_is_the_same_however_it_is_written(bits in any::<u32>()) {
        let four = Ipv4Addr::from_bits(bits);
        let what = special(four.into());
        prop_assert_eq!(special(four.to_ipv6_mapped().into()), what);
        let [a, b] = [four.to_bits() >> 16, four.to_bits() & 0xffff].map(|half| u16::try_from(half).unwrap());
        prop_assert_eq!(special(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a, b).into()), what);
        let is_known = four.is_loopback() || four.is_private() || four.is_link_local() || four.is_multicast()
            || four.is_broadcast() || four.is_documentation() || four.is_unspecified();
        prop_assert!(!is_known || what.is_some());
        // Tunnels and old writings stand for nothing.
        prop_assert!(special(Ipv6Addr::new(0x2002, a, b, 0, 0, 0, 0, 1).into()).is_some());
        prop_assert!(special(four.to_ipv6_compatible().into()).is_some());
    }

    /// A network holds what agrees with it bit by bit, and nothing else.
    #[test]
    fn a_network_holds_what_begins_like_it(net in any::<u32>(), other in any::<u32>(), bits in 0_u32..=32, near in any::<bool>()) {
        let net = net & u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        // Half of the time one that shares what it must.
        let other = if near { net | (other & u32::MAX.checked_shr(bits).unwrap_or(0)) } else { other };
        let entry = Entry::parse(&format!("{}/{bits}", Ipv4Addr::from_bits(net))).unwrap();
        let agrees = (0..bits).all(|bit| (net >> (31 - bit)) & 1 == (other >> (31 - bit)) & 1);
        let ip = IpAddr::from(Ipv4Addr::from_bits(other));
        let allowed = Allow(vec![entry]).judge("host", ip);
        prop_assert_eq!(allowed.is_ok(), agrees || special(ip).is_none());
        prop_assert!(Allow::default().judge("host", ip).is_err() == special(ip).is_some());
    }

    #[test]
    fn whatever_is_written_is_an_entry_or_told(text in ".{0,40}") {
        if let Err(told) = Entry::parse(&text) {
            prop_assert!(told.contains(text.trim()));
        }
    }
}

#[test]
fn what_is_allowed_is_named_by_address_network_or_host() {
    let allow = |text: &str| Allow(vec![Entry::parse(text).unwrap()]);
    assert!(allow("127.0.0.1").judge("x", ip("127.0.0.1")).is_ok());
    assert!(allow("127.0.0.1").judge("x", ip("::ffff:127.0.0.1")).is_ok());
    assert!(allow("::ffff:127.0.0.1").judge("x", ip("127.0.0.1")).is_ok());
    assert_eq!(allow("127.0.0.1").judge("x", ip("127.0.0.2")), Err(Special::Loopback));
    assert_eq!(allow("127.0.0.1").judge("x", ip("::1")), Err(Special::Loopback));
    assert!(allow("fd00::/8").judge("x", ip("fd12::1")).is_ok());
    assert_eq!(allow("0.0.0.0/0").judge("x", ip("fd12::1")), Err(Special::Private));
    assert!(allow("CRM.internal.").judge("crm.INTERNAL", ip("10.1.2.3")).is_ok());
    assert!(allow("crm.internal").judge("crm.internal.", ip("10.1.2.3")).is_ok());
    assert_eq!(allow("crm.internal").judge("other.crm.internal", ip("10.1.2.3")), Err(Special::Private));
    for (wrong, told) in [
        ("10.0.0.0/33", "from 0 to 32"),
        ("10.0.0.1/8", "beyond its first 8"),
        ("10.0.0/8", "no network"),
        ("127.1", "none of these"),
        ("https://crm.internal", "no network"),
        ("crm.internal:80", "without scheme and port"),
        ("*.internal", "none of these"),
        ("", "none of these"),
    ] {
        let said = Entry::parse(wrong).unwrap_err();
        assert!(said.contains(told), "{wrong}: {said}");
    }
}
