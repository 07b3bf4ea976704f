"""Names by which a server is reached: the values of the Host header that it accepts."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address

from brushwork.errors import InputError

_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_DEFAULT_PORTS = (80, 443)
"""Ports of HTTP and HTTPS, which browsers leave out of the Host header."""
_HOST = re.compile(r"(?:\[(?P<inside>[0-9a-f:.]+)\]|(?P<name>[\w.-]+))(?::(?P<port>\d{1,5}))?")


def local_hosts(port: int, address: str, more: tuple[str, ...] = ()) -> frozenset[str]:
    """Return the values of the Host header for this machine at a port, and for other names of it.

    `address`: the one that the server listens on. Names in `more` without a port are also accepted without one, as
    reverse proxies at the usual ports pass them on; names with a port, only with that port.

    Raises: InputError: a value that is not the name of a host.
    """
    names = {*_LOCAL} if is_wildcard(address) else {*_LOCAL, split_host(address)[0]}
    hosts = {f"{name}:{port}" for name in names} | (names if port in _DEFAULT_PORTS else set())
    for given in more:
        name, own = split_host(given)
        hosts |= {f"{name}:{own or port}"} | ({name} if own in (None, *_DEFAULT_PORTS) else set())
    return frozenset(hosts)


def is_wildcard(address: str) -> bool:
    """Return whether an address stands for all addresses of this machine, and is not one of its names."""
    try:
        return ip_address(address).is_unspecified
    except ValueError:
        return False


def split_host(text: str) -> tuple[str, int | None]:
    """Return the name of a host as a browser sends it, and its port or None; an IPv6 address is in brackets.

    Raises: InputError: it is neither a name nor an address.
    """
    with suppress(ValueError):
        return _bracketed(ip_address(text)), None
    match = _HOST.fullmatch(text.lower())
    with suppress(ValueError):
        if match is not None:
            name = _bracketed(ip_address(match["inside"])) if match["inside"] else match["name"]
            return name, int(match["port"]) if match["port"] else None
    raise InputError(f"{text!r} is no host: give a name or an address, as studio.example.com or [2001:db8::1]:8443.")


def _bracketed(address: IPv4Address | IPv6Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)
