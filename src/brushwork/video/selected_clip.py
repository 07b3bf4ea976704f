"""The part of a clip from which a film was made, according to the film's own tag."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.video.analysis import analyze_whole
from brushwork.video.clip import Clip, ClipFrame, VideoClip
from brushwork.video.clip_info import ClipInfo
from brushwork.video.finished_film import read_film_tag
from brushwork.video.image_folder import ImageFolder
from brushwork.video.options import FrameSelection


@dataclass(frozen=True)
class SelectedClip:
    """A clip that consists of some frames of another clip."""

    clip: Clip
    sources: tuple[int, ...]
    """Presentation times of the frames in the clip, in ticks; a time may occur several times."""

    @property
    def info(self) -> ClipInfo:
        """Stream information of the clip, with the number of the chosen frames."""
        return replace(self.clip.info, frames=len(self.sources))

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of the clip."""
        return self.clip.files

    def frames(self, start: int | None = None, size: Size | None = None) -> Iterator[ClipFrame]:
        """Yield the chosen frames from a presentation time on; see `Clip`."""
        wanted = iter([one for one in self.sources if start is None or one >= start])
        source = next(wanted, None)
        for frame in self.clip.frames(source, size) if source is not None else ():
            while source == frame.pts:
                yield frame
                source = next(wanted, None)
            if source is None:
                return


def rate_of_pictures(result: Clip) -> float:
    """Return the frame rate of the pictures that a film was made from, according to its tag, or else the film's own."""
    try:
        return float(_read_tag(result)["pictures"]["rate"])
    except (KeyError, TypeError, ValueError):
        selection = _read_selection(result) or FrameSelection()
        return float(result.info.rate * selection.every)


def select_original(result: Clip, original: Clip) -> Clip:
    """Return the frames of a clip from which a film was made: for example, those from its `--start` to its `--end`.

    Return all of them if the clip is already cut in this way, or if the film does not say, as with other programs'
    films and with animations.

    Raises: InputError: the film has another number of frames.
    """
    if result.info.frames == original.info.frames > 0:
        return original
    selection, part = _read_selection(result), original
    if selection not in (None, FrameSelection()):
        times = analyze_whole(original, selection, "none").frames
        part = SelectedClip(original, tuple(one.source for one in times))
    counts = [one.info.frames for one in (result, part)]
    if all(counts) and counts[0] != counts[1]:
        raise InputError(
            f"{result.info.path} has {counts[0]} frames, and what it would be made of, {original.info.path}, has"
            f" {counts[1]}: evaluate a film beside the clip that it was painted from, cut in the same way."
        )
    return part


def _read_selection(result: Clip) -> FrameSelection | None:
    """Return the selection of the clip's frames from which a film was made; None: the film does not say."""
    manifest = _read_tag(result)
    try:
        return FrameSelection.from_json(manifest["selection"])
    except (ValueError, KeyError, TypeError, InputError):
        return None


def _read_tag(result: Clip) -> dict[str, Any]:
    """Return the manifest in the tag of a film or of its first picture; empty: there is none."""
    has_tag = isinstance(result, VideoClip | ImageFolder)
    return (read_film_tag(result.files[0], result.info.demuxer) if has_tag else None) or {}
