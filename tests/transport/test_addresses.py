"""Whose address counts where proxies stand in between"""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from graphql_api.requests import Sender
from graphql_api.transport.addresses import address_of
from models.settings import Settings, SettingsError

PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        # What anybody may write before a request reaches a proxy of ours.
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "192.0.2.66,198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.1.2.3", "10.9.9.9", "10.9.9.9"),
        ("10.1.2.3", "198.51.100.1, unknown", "10.1.2.3"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "," * 1_000, "10.1.2.3"),
        ("::ffff:10.1.2.3", "::ffff:198.51.100.1", "198.51.100.1"),
        # A household has a whole /64.
        ("2001:db8:1::5", "2001:db8:7:8:9:a:b:c", "2001:db8:7:8::/64"),
        ("fe80::1%eth0", "", "fe80::/64"),
        ("", "", "None"),
    ],
)
def test_the_last_one_that_no_trusted_proxy_has(peer: str, forwarded_for: str, address: str) -> None:
    assert address_of(Sender(peer, forwarded_for), PROXIES) == address


def test_nobody_is_trusted_by_default() -> None:
    assert Settings.from_environment({}).trusted_proxies == ()
    assert address_of(Sender("127.0.0.1", "198.51.100.1"), Settings().trusted_proxies) == "127.0.0.1"


def test_proxies_are_addresses_and_networks() -> None:
    read = Settings.from_environment({"HELPDESK_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8:1::/48,192.0.2.1"})

    assert read.trusted_proxies == (*PROXIES, ip_network("192.0.2.1/32"))


@pytest.mark.parametrize("value", ["load-balancer", "10.0.0.1/8", "10.0.0.0/33", "*"])
def test_anything_else_stops_the_start(value: str) -> None:
    with pytest.raises(SettingsError, match=r"HELPDESK_TRUSTED_PROXIES is .*; it takes addresses and networks"):
        Settings.from_environment({"HELPDESK_TRUSTED_PROXIES": value})
