"""The description of a film to paint: its clip, style images, options and output file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from brushwork.choices import DeviceName
from brushwork.errors import InputError
from brushwork.feedforward.options import AdaINOptions, ModelOptions, StylizeOptions
from brushwork.images.geometry import Size, fit_size
from brushwork.options import SMALLEST_SIDE, check_options, require_options
from brushwork.recipes import TransferOptions
from brushwork.storage.folders import expand_user
from brushwork.storage.hashing import file_sha256
from brushwork.video.clip_info import ClipInfo
from brushwork.video.options import Chroma, CodecName, FilmOptions, FrameSelection, OptimizedFilmOptions
from brushwork.video.sequence_names import holds_pictures, is_sequence, sequence_files


@dataclass(frozen=True, kw_only=True)
class FilmJob:
    """One film, from a clip to an output file."""

    clip: Path
    """The clip: a video, an animation, or a folder of pictures."""

    styles: tuple[Path, ...] = ()
    """The style images; none for a model, which has its style."""

    output: Path
    """Path of the film; its ending selects the container."""

    method: StylizeOptions | TransferOptions
    """Options for stylizing a frame; their type selects the method."""

    film: FilmOptions = field(default_factory=FilmOptions)

    optimized: OptimizedFilmOptions = field(default_factory=OptimizedFilmOptions)
    """Options for successive frames that are optimized."""

    selection: FrameSelection = field(default_factory=FrameSelection)

    codec: CodecName | None = None
    """Codec of the pictures; None: the container's usual one."""

    chroma: Chroma = "420"
    """Resolution of the stored colors: a quarter of the pixels, or all of them."""

    crf: int | None = None
    """Constant rate factor of the encoder, smaller is better; None: brushwork's default for the codec."""

    audio: str = "copy"
    """Sound: the clip's (copy), none, or a file with sound, which is cut where the film ends."""

    rate: float = 24.0
    """Frames per second of a folder of pictures."""

    device: DeviceName = "auto"

    masks: tuple[Path, ...] = ()
    """Masks, each a clip or a picture: a single one, outside which the clip stays unchanged, or one for each style
    image."""

    overwrite: bool = False

    plays: int | None = None
    """How many times an animation is played; 0: forever; None: as often as the clip if that is one, or else forever."""

    keep_frames: bool = False
    """Whether all frames are also written as PNG, to a folder beside the film."""

    save_flow: Path | None = None
    """Folder to which the optical flow is also written as it is computed."""

    def __post_init__(self) -> None:
        """Check the type of every value. Raises: InputError: options of other methods, or not paths or numbers."""
        require_options(self.method, AdaINOptions, ModelOptions, TransferOptions, name="method")
        check_options(self)

    @property
    def has_keyframes(self) -> bool:
        """Whether only key frames are optimized, and the flow carries the frames between them."""
        return self.method.is_iterative and self.optimized.keyframes > 1

    @property
    def has_pictures(self) -> bool:
        """Whether the clip or a mask consists of picture files, which have the job's frame rate."""
        return any(holds_pictures(expand_user(one)) for one in (self.clip, *self.masks))

    @property
    def sound_file(self) -> Path | None:
        """The file that provides the sound instead of the clip; None: there is none."""
        return None if self.audio in ("copy", "none") else expand_user(Path(self.audio))

    @property
    def outputs(self) -> list[Path]:
        """The existing files of the film: one, or the pictures that match its pattern."""
        output = expand_user(self.output)
        return sequence_files(output) if is_sequence(output) else [output] if output.exists() else []

    @property
    def is_written(self) -> bool:
        """Whether the film exists."""
        return bool(self.outputs)

    @property
    def workspace(self) -> Path:
        """Folder beside the output for unfinished work."""
        return expand_user(self.output.with_name(f"{self.output.name}.unfinished"))

    @property
    def frames_folder(self) -> Path:
        """Folder of the frames written as PNG."""
        return expand_user(self.output.with_name(f"{self.output.stem}-frames"))

    def with_absolute_paths(self) -> FilmJob:
        """Return the job with absolute paths, for processes that run in another folder."""
        return replace(
            self,
            clip=_absolute(self.clip),
            styles=tuple(map(_absolute, self.styles)),
            output=_absolute(self.output),
            masks=tuple(map(_absolute, self.masks)),
            film=replace(
                self.film,
                flow=self.film.flow if self.film.flow in ("dis", "none") else str(_absolute(Path(self.film.flow))),
                cuts=self.film.cuts if self.film.cuts in ("auto", "none") else str(_absolute(Path(self.film.cuts))),
            ),
            save_flow=self.save_flow and _absolute(self.save_flow),
            audio=self.audio if self.sound_file is None else str(self.sound_file.absolute()),
        )

    def manifest(self, files: Sequence[Path], masks: Sequence[Path], engine: str, weights: str) -> dict[str, Any]:
        """Return everything that determines the frames, as JSON values; equal manifests give the same frames.

        `files` are the files of the clip, `masks` those of the masks.

        Raises: InputError: a file cannot be read.
        """
        return {
            "method": {"kind": type(self.method).__name__, **asdict(self.method), "engine": engine},
            "film": asdict(self.film),
            "sequence": asdict(self.optimized) if self.method.is_iterative else {},
            "selection": self.selection.to_json(),
            "encoding": {"codec": self.codec, "chroma": self.chroma, "crf": self.crf},
            "clip": [file_sha256(one) for one in files],
            "styles": [file_sha256(expand_user(style)) for style in self.styles],
            "masks": [file_sha256(one) for one in masks],
            "weights": weights,
        } | ({"pictures": {"rate": self.rate}} if self.has_pictures else {})


def _absolute(path: Path) -> Path:
    return expand_user(path).absolute()


def canvas_of(method: StylizeOptions | TransferOptions, info: ClipInfo) -> Size:
    """Return the size of the film's frames: both sides are even, as most codecs require.

    Raises: InputError: a side is too short for stylization.
    """
    size = info.size if method.size == "full" else fit_size(info.size, method.size, measure=method.measure)
    even = Size(*(max(2, round(side / 2) * 2) for side in size))
    if min(even) < SMALLEST_SIDE:
        raise InputError(
            f"{info.path.name} would be painted at {even} pixels: each side must be {SMALLEST_SIDE} or more."
        )
    return even
