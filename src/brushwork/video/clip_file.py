"""Open a clip of any kind."""

from __future__ import annotations

from pathlib import Path

from brushwork.storage.folders import expand_user
from brushwork.video.clip import Clip, VideoClip
from brushwork.video.clip_info import probe_clip
from brushwork.video.image_folder import open_image_folder
from brushwork.video.sequence_names import holds_pictures
from brushwork.video.signatures import demuxer_of
from brushwork.video.webp_clip import open_webp


def open_clip(path: Path, rate: float = 24.0) -> Clip:
    """Return a clip ready for reading; `rate` is for a folder of pictures, or for a pattern such as in/%04d.png.

    Raises: InputError: the clip cannot be used.
    """
    path = expand_user(path)
    if holds_pictures(path):
        return open_image_folder(path, rate)
    return open_webp(path) if demuxer_of(path) == "webp" else VideoClip(probe_clip(path))
