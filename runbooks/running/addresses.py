"""Where a request goes: hosts that are listed, and addresses that answer for no machine's own secrets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from runbooks.commands import NotAllowedError

_PORTS = {"http": 80, "https": 443}
_METADATA = tuple(
    ip_network(one)
    for one in (
        "169.254.0.0/16",  # link-local: metadata of AWS, Google, Azure and others
        "fe80::/10",
        "fd00:ec2::/32",  # AWS over IPv6
        "fd20:ce::/32",  # Google over IPv6
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure's host
        "192.0.0.192/32",  # Oracle
    )
)
_NAT64 = ip_network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


def listed(scheme: str, host: str, port: int | None, hosts: Collection[str]) -> bool:
    """Whether a URL may be called: `host` stands for the usual port of the scheme, `host:port` for just that one."""
    host = f"[{host}]" if ":" in host else host.lower()
    known = {entry.lower() for entry in hosts}
    usual = _PORTS.get(scheme)
    return f"{host}:{port or usual}" in known or (port in (None, usual) and host in known)


def forbidden(address: Address) -> str:
    """Why nothing may be sent to this address; empty: it may."""
    real = _carried(address)
    if any(real in network for network in _METADATA if network.version == real.version):
        return f"{address} is a link-local or metadata address, which hands out a machine's own credentials"
    if real.is_multicast or real.is_unspecified or real == IPv4Address("255.255.255.255"):
        return f"{address} is no single machine's address"
    return ""


async def look_up(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a host, in the order to try.

    Raises OSError where nobody knows the host, NotAllowedError where one of them is forbidden.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if reason := forbidden(ip_address(address)):
            raise NotAllowedError(f"{host} leads to an address that no step may call: {reason}")
    return addresses


def _carried(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one, where there is one (mapped, 6to4, NAT64)."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
