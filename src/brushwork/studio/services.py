"""Objects that all routes use."""

from __future__ import annotations

from dataclasses import dataclass

from brushwork.studio.database import Database
from brushwork.studio.event_stream import EventStream
from brushwork.studio.folder import StudioFolder
from brushwork.studio.image_reader import ImageReader
from brushwork.studio.job_store import JobStore
from brushwork.studio.room import QUOTA, Room
from brushwork.studio.settings import StudioSettings
from brushwork.studio.shared_folder import open_database
from brushwork.studio.tiles import TileStore
from brushwork.studio.uploads import UploadStore


@dataclass(frozen=True)
class Services:
    """The server's parts."""

    settings: StudioSettings
    folder: StudioFolder
    database: Database
    store: JobStore
    reader: ImageReader
    uploads: UploadStore
    tiles: TileStore
    events: EventStream

    @classmethod
    def of(cls, settings: StudioSettings) -> Services:
        """Open the studio's folder, and write the quota to its settings.

        Raises: InputError: it cannot be used.
        """
        folder = settings.studio_folder
        folder.make()
        database = open_database(folder)
        store, reader = JobStore(database, Room(folder, settings.quota).require), ImageReader()
        if store.setting(QUOTA) != settings.quota:
            store.set_setting(QUOTA, settings.quota)
        uploads = UploadStore(folder, database, reader, settings.limits)
        tiles, events = TileStore(folder, database), EventStream(database, store)
        return cls(settings, folder, database, store, reader, uploads, tiles, events)

    def close(self) -> None:
        """Close everything."""
        self.reader.close()
        self.database.close()
