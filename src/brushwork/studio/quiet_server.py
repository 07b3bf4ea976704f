"""uvicorn's server, without its own handling of signals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn


class QuietServer(uvicorn.Server):
    """Server that leaves signals to us: Ctrl-C is the usual end of the studio, not an error."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing; see `server`."""
        yield

    def stop(self) -> None:
        """End when all answers are sent; if called again, at once."""
        self.force_exit, self.should_exit = self.should_exit, True
