"""Which hosts and addresses a request may go to."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbooks.running.addresses import forbidden, listed


@pytest.mark.parametrize(
    ("scheme", "host", "port", "entry", "may"),
    [
        ("https", "flags.internal", None, "flags.internal", True),
        ("https", "flags.internal", 443, "flags.internal", True),
        ("http", "flags.internal", None, "flags.internal", True),
        ("https", "flags.internal", 8443, "flags.internal", False),
        ("https", "flags.internal", 8443, "flags.internal:8443", True),
        ("https", "flags.internal", None, "flags.internal:443", True),
        ("http", "flags.internal", None, "flags.internal:443", False),
        ("https", "FLAGS.internal", None, "flags.Internal", True),
        ("https", "x.flags.internal", None, "flags.internal", False),
        ("https", "flags.internal.evil", None, "flags.internal", False),
        ("http", "::1", 80, "[::1]", True),
        ("http", "::1", 8080, "[::1]:8080", True),
        ("http", "h", 8080, "*", False),
    ],
)
def test_a_host_is_listed_exactly(scheme, host, port, entry, may):
    assert listed(scheme, host, port, [entry]) is may


@given(st.integers(0, 0xFFFF))
def test_no_link_local_address_is_called_in_any_form(low):
    four = 0xA9FE0000 | low
    for six in (0xFFFF << 32 | four, 0x2002 << 112 | four << 80, 0x64FF9B << 96 | four):
        assert forbidden(ip_address(six))
    assert forbidden(ip_address(four))
    assert forbidden(ip_address(0xFE80 << 112 | low))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "93.184.216.34", "fd00::1"])
def test_the_company_s_own_addresses_are_called(address):
    assert forbidden(ip_address(address)) == ""
