"""Flags of `brushwork video`: method, frames, output and machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Self

from cyclopts import Group, Parameter

from brushwork.cli.config import is_setting, refuse_flag
from brushwork.cli.flags import MACHINE, parse_integer
from brushwork.cli.run_flags import Device, Flag, Memory, Output, Quiet, Threads, choose_model
from brushwork.video.options import Chroma, CodecName

_METHOD = Group("Method", sort_key=3)
_FRAMES = Group("Frames", sort_key=4)


@Parameter(name="*", group=_METHOD)
@dataclass(frozen=True, kw_only=True)
class FilmMethodFlags:
    """How frames are painted."""

    instant: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    """By AdaIN in one forward pass, after any painting; this is the default."""

    model: str | None = None
    """By a trained network, such as gallery with --style wave: its file, or a name that `brushwork models` lists. Give
    no painting then."""

    style: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=(), show_default=False)] = ()
    """With --model: the styles of a model that has several, such as wave or wave:0.6 starry:0.4."""

    optimize: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    """By optimization, as `brushwork paint` does, each frame from the previous one moved along the flow: the best
    quality, and slow."""

    strength: Annotated[float | None, Parameter(show_default="1")] = None
    """With --instant or --model: strength of the style, from 0 (the film) to 1."""

    def with_one_method(self, styles: Sequence[str], *, quiet: bool) -> Self:
        """Return the flags with one method; given one by a flag, or style images, methods from settings are ignored.

        Raises: InputError: two flags, or style images and a model.
        """
        given = replace(self, model=choose_model(self.model, styles, quiet=quiet))
        none: dict[str, Any] = {"instant": False, "model": None, "optimize": False}
        first, *others = sorted((name for name in none if getattr(given, name)), key=is_setting) or ["instant"]
        for name in others:
            refuse_flag(name, f"--{first} and --{name} were both given: choose one.", quiet=quiet)
        return replace(given, **{name: none[name] for name in others})


@Parameter(name="*", group=_FRAMES)
@dataclass(frozen=True, kw_only=True)
class FrameFlags:
    """Which frames are painted, and how they are written."""

    start: float | None = None
    """Second at which to begin."""

    end: float | None = None
    """Second before which to end."""

    rate: float | None = None
    """Frames per second, of a folder of pictures or to resample a film. Default: as in the film."""

    every: Annotated[int, Parameter(converter=parse_integer)] = 1
    """Paint every N-th frame only."""

    mask: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    """A film or picture in black and white: what is white is painted, the rest stays as it is. Several, in the order of
    the paintings: each painting for its region."""

    codec: CodecName | None = None
    """Codec of the pictures. Default: h264 (.mp4, .mkv), prores (.mov), vp9 (.webm)."""

    crf: Annotated[int | None, Parameter(converter=parse_integer)] = None
    """Quality of the encoder, smaller is better. Default: 16 for h264."""

    chroma: Chroma = "420"
    """Colors at a quarter of the pixels, which all players show, or at all of them (444)."""

    plays: Annotated[int | None, Parameter(converter=parse_integer)] = None
    """With .gif, .apng and .webp: how many times it is played; 0: forever. Default: as the clip says, or forever."""

    audio: str = "copy"
    """Sound: that of the film (copy), none, or a file with sound (a film, M4A, MP3, WAV, FLAC, Ogg ...), which is cut
    where the film ends."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class FilmRunFlags:
    """Flags for output and machine."""

    output: Output = ""
    """The film to write (.mp4, .mov, .mkv, .webm, .gif, .apng, .webp), a folder for it, PNG files such as
    out/%04d.png, or - for Matroska on stdout. Default:
    clip+painting.mp4 in the current folder."""

    force: Flag = False
    """Overwrite an existing film, and begin anew."""

    resume: Flag = False
    """Continue an interrupted film; a finished one stays as it is."""

    finish: Flag = False
    """Make a film of the frames that are painted so far, and paint nothing."""

    dry_run: Flag = False
    """Print frames, shots, size, memory, disk and time, and paint nothing."""

    preview: Flag = False
    """Paint three seconds of the film, small, by all methods side by side, each with the time that it would take for
    the whole film. Default name: clip+painting-preview.mp4."""

    keep_frames: Flag = False
    """Also write all frames as PNG, to a folder beside the film."""

    save_flow: str | None = None
    """Also write the optical flow to a folder, as --flow reads it: backward_2_1.flo, forward_1_2.flo, and
    reliable_2_1.png; 16 bytes a pixel for each pair of frames."""

    json: Flag = False
    """Print one JSON document instead of the path."""

    quiet: Quiet = False
    device: Device = "auto"
    threads: Threads = None

    workers: Annotated[int, Parameter(group=MACHINE, converter=parse_integer)] = 1
    """Processes that paint shots at the same time; with --ray, CPUs for each shot."""

    ray: Annotated[Flag, Parameter(group=MACHINE)] = False
    """Paint shots on the Ray cluster that RAY_ADDRESS names, or on a local one; needs the extra brushwork[ray]. Its
    machines must see the files and the output's folder under the same paths."""

    memory: Memory = None
    """Memory that may be used, such as 4GB or 2GiB; default: all that is free."""
