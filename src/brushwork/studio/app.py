"""The app that answers a browser: a guard, behind it the page, at once, and the API, as soon as it is loaded."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from brushwork.studio.guard import Guard, GuardRules, content_policy
from brushwork.studio.hosts import local_hosts
from brushwork.studio.page_files import PageFiles, is_page, script_hashes

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from brushwork.studio.settings import StudioSettings


class StudioApp(Guard):
    """ASGI app of the studio. Requests to the API wait until it is opened."""

    def __init__(self, settings: StudioSettings) -> None:
        hosts = local_hosts(settings.port, settings.host, settings.allowed_hosts)
        rules = GuardRules(hosts, settings.token_sha256, content_policy(script_hashes()))
        super().__init__(self._route, rules)
        self._page, self._opened = PageFiles(), asyncio.Event()
        self._api: ASGIApp = self._page

    def open(self, api: ASGIApp) -> None:
        """Let requests pass to the API."""
        self._api = api
        self._opened.set()

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_page(scope["path"]):
            await self._page(scope, receive, send)
            return
        await self._opened.wait()
        await self._api(scope, receive, send)
