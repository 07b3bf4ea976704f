"""Checks of every request before it is routed: its host, its origin, its token, and the rate of requests.

Source: the rule against cross-origin requests is that of Go 1.25, net/http.CrossOriginProtection.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import cookie_parser

from brushwork.studio.problem_response import problem_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "brushwork-studio"
_SAFE = ("GET", "HEAD", "OPTIONS")
_OPEN = ("/api/v1/session",)
"""Paths that need no token: the token is exchanged for a cookie there."""

_UPLOADS = "/api/v1/files"
_LONGEST_BODY = 10**6
"""Bytes of a request that is not an upload."""

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), microphone=(), payment=(), usb=()",
}


def content_policy(script_hashes: tuple[str, ...]) -> str:
    """Return the Content-Security-Policy; `script_hashes`: hashes of the page's inline scripts."""
    scripts = " ".join(["'self'", *(f"'sha256-{one}'" for one in script_hashes)])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' blob: data:; "
        "media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@dataclass(frozen=True)
class GuardRules:
    """Rules for the requests that the server accepts."""

    hosts: frozenset[str]
    """Accepted values of the Host header, with their port."""
    token_sha256: str | None = None
    """SHA-256 of the token that requests need; None: none."""
    policy: str = field(default_factory=lambda: content_policy(()))
    writes_per_second: float = 20.0
    reads_per_second: float = 200.0


@dataclass
class TokenBucket:
    """Lets a number of requests per second pass, and twice as many at once."""

    rate: float
    _left: float = field(init=False)
    _at: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        self._left = 2 * self.rate

    def take(self) -> bool:
        """Return whether one more request may pass."""
        now = monotonic()
        self._left, self._at = min(2 * self.rate, self._left + (now - self._at) * self.rate), now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Guard:
    """ASGI middleware that refuses requests against the rules, and adds the security headers to every response."""

    def __init__(self, app: ASGIApp, rules: GuardRules) -> None:
        self._app, self._rules = app, rules
        self._buckets: dict[tuple[str, bool], TokenBucket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                extra = HEADERS | {"content-security-policy": self._rules.policy}
                message["headers"] = [
                    *message["headers"],
                    *((name.encode(), value.encode()) for name, value in extra.items() if name.encode() not in own),
                ]
            await send(message)

        headers = read_headers(scope)
        refusal = self._refuse(scope, headers)
        if refusal is not None:
            status, name, detail = refusal
            after = {"retry-after": "1"} if status == 429 else {}
            await problem_response(status, name, detail, after)(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    def _refuse(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str, str] | None:
        """Return the status, name and detail of a refusal; None: the request may pass."""
        host = headers.get("host", "").lower()
        if host not in self._rules.hosts:
            return 403, "host", "This server is not known by that name: allow it with --allow-host."
        is_safe = scope["method"] in _SAFE
        if not is_safe and not is_same_origin(headers, host):
            return 403, "origin", "The request comes from another page."
        expected = self._rules.token_sha256 if needs_token(scope["path"]) else None
        if expected and not has_token(headers, expected):
            return 401, "token", "The token is missing or wrong: open the link that brushwork studio has printed."
        if (too_long := refuse_length(scope, headers)) is not None:
            return too_long
        rate = self._rules.reads_per_second if is_safe else self._rules.writes_per_second
        client = (scope.get("client") or ("",))[0]
        if not self._buckets.setdefault((client, is_safe), TokenBucket(rate)).take():
            return 429, "rate", f"More than {rate:g} requests a second: slow down."
        return None


def needs_token(path: str) -> bool:
    """Return whether a path is open only to those who have the token, if there is one."""
    return path.startswith("/api/") and path not in _OPEN


def refuse_length(scope: Scope, headers: Mapping[str, str]) -> tuple[int, str, str] | None:
    """Return the refusal of a body that is too long, or of unknown length; uploads have their own limits."""
    if scope["method"] in _SAFE or scope["path"] == _UPLOADS:
        return None
    if "transfer-encoding" in headers:
        return 411, "length", "The request does not say how long it is: send it with a Content-Length."
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > _LONGEST_BODY:
        return 413, "too-large", f"The request has {length} bytes, and {_LONGEST_BODY} are allowed."
    return None


def read_headers(scope: Scope) -> dict[str, str]:
    """Return the headers of a request; repeated ones with all their values, so that they match nothing."""
    found: dict[str, str] = {}
    pairs: list[tuple[bytes, bytes]] = scope["headers"]
    for name, value in pairs:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def is_same_origin(headers: Mapping[str, str], host: str) -> bool:
    """Return whether a request that changes something comes from the page itself, or not from a browser."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    with suppress(ValueError):  # it is no address
        return origin != "null" and urlsplit(origin).netloc.lower() == host
    return False


def has_token(headers: Mapping[str, str], expected_sha256: str) -> bool:
    """Return whether a request carries the token, in its Authorization header or its cookie."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    given = [bearer] if scheme.lower() == "bearer" else []
    cookies = cookie_parser(headers.get("cookie", ""))
    given += [value for name, value in cookies.items() if name.removeprefix("__Host-") == COOKIE]
    return any(is_token(one, expected_sha256) for one in given)


def is_token(given: str, expected_sha256: str) -> bool:
    """Return whether this is the token, in a time that does not depend on the token."""
    return hmac.compare_digest(sha256(given.encode()).hexdigest(), expected_sha256)
