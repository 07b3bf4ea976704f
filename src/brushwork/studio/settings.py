"""How the studio's server is set up."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe

from brushwork.errors import InputError

DEFAULT_PORT = 8765
TOKEN_BYTES = 32


@dataclass(frozen=True)
class UploadLimits:
    """What is accepted."""

    max_bytes: int = 200 * 10**6
    max_pixels: int = 400 * 10**6


@dataclass(frozen=True)
class StudioSettings:
    """Settings of the server."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    allowed_hosts: tuple[str, ...] = ()
    """Other names of this machine that requests may use."""
    token: str | None = None
    """What requests have to carry; needed as soon as other machines can connect."""
    workers: int = 1
    """Workers that the server starts; 0: they are started elsewhere."""
    limits: UploadLimits = field(default_factory=UploadLimits)

    @property
    def token_sha256(self) -> str | None:
        """SHA-256 of the token."""
        return None if self.token is None else sha256(self.token.encode()).hexdigest()

    @property
    def is_local(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)

    @property
    def address(self) -> str:
        """The address of the page, with the token where one is needed. The part after # is not sent to servers."""
        name = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        name = f"[{name}]" if ":" in name else name
        return f"http://{name}:{self.port}/" + (f"#token={self.token}" if self.token else "")


def is_loopback(host: str) -> bool:
    """Return whether an address is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def make_settings(
    folder: Path, host: str, port: int, allowed_hosts: tuple[str, ...] = (), workers: int = 1
) -> StudioSettings:
    """Return the settings; where other machines can connect, with a new token.

    Raises: InputError: a port or a number of workers out of range.
    """
    if not 1 <= port <= 65535:
        raise InputError(f"port is {port}: it must be from 1 to 65535.")
    if not 0 <= workers <= 64:
        raise InputError(f"workers is {workers}: it must be from 0 to 64.")
    own = () if is_loopback(host) or host in ("0.0.0.0", "::") else (host,)
    token = None if is_loopback(host) and not allowed_hosts else token_urlsafe(TOKEN_BYTES)
    return StudioSettings(folder, host, port, (*allowed_hosts, *own), token, workers)
