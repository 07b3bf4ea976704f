"""Server-sent events: one look at the database for all clients, and replay from any event number."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from starlette.concurrency import run_in_threadpool

from brushwork.studio.database import DATABASE_LOST, Database
from brushwork.studio.job_store import JobStore

_LOOK = 0.03
"""Seconds between two looks at whether something was committed: a look takes microseconds."""
_COMMENT_EVERY = 15.0
"""Seconds after which a silent stream sends a sign of life."""


class EventStream:
    """Wakes all streams when any process has recorded an event."""

    def __init__(self, database: Database, store: JobStore) -> None:
        self._database, self._store = database, store
        self._changed = asyncio.Condition()
        self._newest = 0
        self._is_over = False

    async def watch(self) -> None:
        """Look for new events until it is canceled."""
        watch = await run_in_threadpool(self._database.watch)
        is_told = True
        try:
            while True:
                if await run_in_threadpool(watch.has_changed) or not is_told:
                    is_told = False  # until the database has answered
                    with suppress(*DATABASE_LOST):
                        await self._tell((await run_in_threadpool(self._store.event_range))[1])
                        is_told = True
                await asyncio.sleep(_LOOK)
        finally:
            watch.close()

    async def _tell(self, newest: int) -> None:
        if newest != self._newest:
            async with self._changed:
                self._newest = newest
                self._changed.notify_all()

    async def end(self) -> None:
        """End all streams."""
        async with self._changed:
            self._is_over = True
            self._changed.notify_all()

    async def stream(self, after: int | None) -> AsyncIterator[str]:
        """Yield the events after a number, then each new one; `after` None: only new ones.

        If events after the number were removed, a `reset` tells the client to request everything again.
        """
        oldest, newest = await run_in_threadpool(self._store.event_range)
        at = newest if after is None else after
        if after is None or after + 1 < oldest or after > newest:
            at = newest
            yield format_event("reset" if after is not None else "hello", {}, at)
        while not self._is_over:
            events = await run_in_threadpool(self._store.events_after, at)
            for event in events:
                at = event["seq"]
                kind = "job" if event["kind"] in ("progress", "completed") else event["kind"]
                yield format_event(kind, event["data"], at)
            if events:
                continue
            try:
                async with asyncio.timeout(_COMMENT_EVERY), self._changed:
                    await self._changed.wait_for(lambda: self._newest > at or self._is_over)  # noqa: B023
            except TimeoutError:
                yield ": still here\n\n"


def format_event(kind: str, data: Any, number: int) -> str:
    """Return an event in the format of `text/event-stream`."""
    return f"id: {number}\nevent: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
