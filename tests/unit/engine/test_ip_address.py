from __future__ import annotations

import pytest

from qtd.engine.ip_address import (
    AddressRanges,
    address_ranges,
    anonymized,
    client_address,
    packed,
    text,
    without_port,
)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("1.2.3.4", b"\x01\x02\x03\x04"),
        ("::ffff:1.2.3.4", bytes(10) + b"\xff\xff\x01\x02\x03\x04"),
        ("2001:db8::1", bytes.fromhex("20010db8000000000000000000000001")),
        ("", bytes(4)),
        ("1.2.3", bytes(4)),
        ("1.2.3.256", bytes(4)),
        ("unknown", bytes(4)),
        ("::1%eth0", bytes(4)),
        ("1.2.3.4\0", bytes(4)),
        ("1.2.3.4\udc80", bytes(4)),
    ],
)
def test_what_is_no_address_is_zero(address: str, expected: bytes) -> None:
    """An address is packed to 4 or 16 bytes, everything else is 0.0.0.0."""
    assert packed(address) == expected


@pytest.mark.parametrize("address", ["1.2.3.4", "2001:db8::1", "::ffff:1.2.3.4", "::"])
def test_text_is_the_reverse_of_packed(address: str) -> None:
    """An address in its shortest form survives."""
    assert text(packed(address)) == address


def test_bytes_of_no_address_are_zero() -> None:
    """What the database holds may be anything."""
    assert text(b"\x01\x02") == "0.0.0.0"


@pytest.mark.parametrize(
    ("address", "length", "expected"),
    [
        ("203.0.113.7", 0, "203.0.113.7"),
        ("203.0.113.7", 1, "203.0.113.0"),
        ("203.0.113.7", 2, "203.0.0.0"),
        ("203.0.113.7", 3, "203.0.0.0"),
        ("203.0.113.7", 4, "0.0.0.0"),
        ("203.0.113.7", 9, "0.0.0.0"),
        ("::ffff:203.0.113.7", 2, "::ffff:203.0.0.0"),
        ("2001:db8:1:2:3:4:5:6", 0, "2001:db8:1:2:3:4:5:6"),
        ("2001:db8:1:2:3:4:5:6", 1, "2001:db8:1:2::"),
        ("2001:db8:1:2:3:4:5:6", 2, "2001:db8:1::"),
        ("2001:dbff:1:2:3:4:5:6", 3, "2001:db00::"),
        ("2001:db8:1:2:3:4:5:6", 4, "::"),
        ("2001:db8:1:2:3:4:5:6", 7, "::"),
    ],
)
def test_the_mask_zeroes_the_end_of_an_address(address: str, length: int, expected: str) -> None:
    """Bytes of IPv4, also in its IPv6 form; of IPv6 the steps of Matomo."""
    assert text(anonymized(packed(address), length)) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1.2.3.4", "1.2.3.4"),
        (" 1.2.3.4 ", "1.2.3.4"),
        ("1.2.3.4:8080", "1.2.3.4"),
        ("1.2.3.4/24", "1.2.3.4"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("[::ffff:1.2.3.4]:80", "::ffff:1.2.3.4"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ("host:80", "host"),
        ("", ""),
    ],
)
def test_an_address_comes_without_port(written: str, expected: str) -> None:
    """Proxies write ports and brackets around addresses."""
    assert without_port(written) == expected


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
        ("192.0.2.77/25", "192.0.2.127", "192.0.2.128"),
        ("192.0.2.0/24.9", "192.0.2.255", "192.0.3.0"),
        ("198.51.100.*", "198.51.100.0", "198.51.101.0"),
        ("198.51.*.*", "198.51.255.255", "198.52.0.0"),
        ("2001:db8:ffff::/48", "2001:db8:ffff::9", "2001:db8:fffe::9"),
        ("2001:db8::*", "2001:db8::ffff", "2001:db8::1:0"),
        ("0.0.0.0/0", "255.255.255.255", "::1"),
        (" 203.0.113.7 ", "203.0.113.7", "203.0.113.6"),
    ],
)
def test_ranges_contain_what_their_writing_says(written: str, inside: str, outside: str) -> None:
    """Single addresses, CIDR and wildcards; the two families are apart."""
    ranges = AddressRanges([written])
    assert packed(inside) in ranges
    assert packed(outside) not in ranges


@pytest.mark.parametrize(
    "written",
    [
        "",
        "0",
        "x",
        "1.2.3",
        "1.2.*",
        "1.2.*.4",
        "1.2.3*.4",
        "1.2.3.4/33",
        "1.2.3.4/-1",
        "1.2.3.4/x",
        "1.2.3.4/8/8",
    ],
)
def test_a_wrong_range_is_ignored(written: str) -> None:
    """A mistake of the administrator excludes nobody."""
    assert not AddressRanges([written])


def test_many_ranges_are_searched_as_one() -> None:
    """Overlapping, nested and neighbouring ranges do not hide each other."""
    ranges = AddressRanges(
        ["10.0.0.0/8", "10.1.0.0/16", "9.255.255.255", "11.0.0.0", "2001:db8::/32", "10.200.0.0/15"]
    )
    for address in ("10.255.0.1", "10.1.2.3", "9.255.255.255", "11.0.0.0", "2001:db8::5", "10.201.0.0"):
        assert packed(address) in ranges, address
    for address in ("9.255.255.254", "11.0.0.1", "2001:db9::", "8.8.8.8"):
        assert packed(address) not in ranges, address
    assert b"\x0a" not in ranges


def test_equal_ranges_are_built_once() -> None:
    """The same list, which every request of a site brings, costs a look-up."""
    assert address_ranges(("10.0.0.0/8",)) is address_ranges(("10.0.0.0/8",))


FORWARDED = "HTTP_X_FORWARDED_FOR"


@pytest.mark.parametrize(
    ("header", "general", "expected"),
    [
        ("203.0.113.99, 10.0.0.1", {}, "10.0.0.1"),
        ("203.0.113.99, 10.0.0.7", {"proxy_ips": ("10.0.0.*",)}, "203.0.113.99"),
        ("203.0.113.99, 10.0.0.1", {"proxy_ip_read_last_in_list": "0"}, "203.0.113.99"),
        ("10.0.0.1, 203.0.113.99", {"proxy_ip_read_last_in_list": "0"}, "203.0.113.99"),
        ("203.0.113.99:1234", {}, "203.0.113.99"),
        ("[2001:db8::1]:80, ", {}, "2001:db8::1"),
        ("203.0.113.99, unknown", {}, "10.0.0.1"),
        ("10.0.0.7, 10.0.0.8", {"proxy_ips": ("10.0.0.*",)}, "10.0.0.1"),
        ("", {}, "10.0.0.1"),
        ("0", {}, "10.0.0.1"),
        (None, {}, "10.0.0.1"),
    ],
)
def test_the_client_is_found_behind_its_proxies(
    header: str | None, general: dict[str, str | tuple[str, ...]], expected: str
) -> None:
    """The last address of the header that is no proxy's, or the first one; without any it is the peer."""
    server = {"REMOTE_ADDR": "10.0.0.1", FORWARDED: header}
    settings: dict[str, str | tuple[str, ...]] = {
        "proxy_client_headers": (FORWARDED,),
        "proxy_ips": (),
        "proxy_ip_read_last_in_list": "1",
    }
    settings |= general
    assert client_address(server, settings) == expected


def test_headers_that_are_not_trusted_are_not_read() -> None:
    """Without proxy_client_headers anybody could claim any address."""
    server = {"REMOTE_ADDR": "10.0.0.1:5000", FORWARDED: "203.0.113.99"}
    assert client_address(server, {"proxy_client_headers": ()}) == "10.0.0.1"
    assert client_address(server, {"proxy_client_headers": FORWARDED}) == "10.0.0.1"


def test_the_second_trusted_header_counts_where_the_first_is_missing() -> None:
    """Headers are asked in the order of the setting."""
    server = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_REAL_IP": "203.0.113.5"}
    assert client_address(server, {"proxy_client_headers": (FORWARDED, "HTTP_X_REAL_IP")}) == "203.0.113.5"


def test_without_a_peer_there_is_no_address() -> None:
    """A queue entry may lack REMOTE_ADDR."""
    assert client_address({}, {}) == "0.0.0.0"
