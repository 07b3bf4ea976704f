"""Open the file of a film, by what it is."""

from __future__ import annotations

from pathlib import Path

from brushwork.storage.folders import expand_user
from brushwork.video.clip import Clip, VideoClip
from brushwork.video.clip_info import probe_clip
from brushwork.video.signatures import demuxer_of
from brushwork.video.webp_clip import open_webp


def open_clip(path: Path) -> Clip:
    """Return a film that is ready to be read.

    Raises: InputError: it cannot be used.
    """
    return open_webp(expand_user(path)) if demuxer_of(path) == "webp" else VideoClip(probe_clip(path))
