"""The studio's app with its API, for tests that call it without a server."""

from __future__ import annotations

from brushwork.studio.api import make_api
from brushwork.studio.app import StudioApp
from brushwork.studio.services import Services
from brushwork.studio.settings import StudioSettings


class OpenApp(StudioApp):
    """An app that is open, with the services behind it."""

    def __init__(self, settings: StudioSettings) -> None:
        super().__init__(settings)
        self.services = Services.of(settings)
        self.open(make_api(self.services))
