"""Settings of the studio's server."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from brushwork.errors import InputError
from brushwork.studio.folder import StudioFolder
from brushwork.studio.hosts import is_wildcard, local_hosts, split_host

DEFAULT_PORT = 8765
TOKEN_BYTES = 32


@dataclass(frozen=True)
class UploadLimits:
    """Limits of the uploads that are accepted."""

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
    """Token that requests must carry; needed as soon as other machines can connect."""
    workers: int = 1
    """Workers that the server starts; 0: they are started elsewhere."""
    limits: UploadLimits = field(default_factory=UploadLimits)
    certificate: Path | None = None
    """Certificate of the server, in PEM; None: no TLS."""
    key: Path | None = None
    """Private key of the certificate; None: it is in the same file."""
    database: str | None = None
    """Address of a PostgreSQL database; None: SQLite, in the folder."""
    quota: int | None = None
    """Limit in bytes of pictures; once it is reached, nothing new is painted."""

    @property
    def studio_folder(self) -> StudioFolder:
        """The studio's folder, with its database."""
        return StudioFolder(self.folder, self.database)

    @property
    def token_sha256(self) -> str | None:
        """SHA-256 of the token."""
        return None if self.token is None else sha256(self.token.encode()).hexdigest()

    @property
    def address(self) -> str:
        """The address of the page, with the token if one is needed. The part after # is not sent to servers."""
        name = "127.0.0.1" if is_wildcard(self.host) else split_host(self.host)[0]
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://{name}:{self.port}/" + (f"#token={self.token}" if self.token else "")


def is_loopback(host: str) -> bool:
    """Return whether an address can be reached only from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def make_settings(
    folder: Path, host: str, port: int, allowed_hosts: tuple[str, ...] = (), workers: int = 1, **more: Any
) -> StudioSettings:
    """Return the settings, with a new token if other machines can connect. `more`: other fields of the settings.

    Raises: InputError: a port or a number of workers out of range, an invalid host, or a certificate that cannot be
        used.
    """
    if not 1 <= port <= 65535:
        raise InputError(f"port is {port}: it must be from 1 to 65535.")
    if not 0 <= workers <= 64:
        raise InputError(f"workers is {workers}: it must be from 0 to 64.")
    token = None if is_loopback(host) and not allowed_hosts else token_urlsafe(TOKEN_BYTES)
    settings = StudioSettings(folder, host, port, allowed_hosts, token, workers, **more)
    local_hosts(port, host, allowed_hosts)  # raises if one is not a host
    _require_certificate(settings)
    return settings


def _require_certificate(settings: StudioSettings) -> None:
    if settings.certificate is None:
        if settings.key is not None:
            raise InputError("--key was given without --certificate: name both, or neither.")
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(settings.certificate, settings.key)
    except OSError as error:
        raise InputError(
            f"{settings.certificate} cannot be used as a certificate ({error.strerror or error}): "
            "name a PEM file with --certificate, and its private key with --key."
        ) from error
