"""Whose address counts as the sender's where proxies stand in between."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from graphql_api.requests import Sender

Network = IPv4Network | IPv6Network


def address_of(sender: Sender, trusted: Collection[Network]) -> str:
    """The last address that no trusted proxy has: anything before it may be made up.

    Of an IPv6 address the network (/64), because one household has all of it.
    """
    found: IPv4Address | IPv6Address | None = None
    for hop in reversed([*sender.forwarded_for.split(","), sender.peer]):
        try:
            found = _plain(ip_address(hop.strip()))
        except ValueError:
            break
        if not any(found in network for network in trusted):
            break
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), 64), strict=False))
    return str(found)


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """IPv4 where it is dressed as IPv6, as on a socket that listens to both."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
