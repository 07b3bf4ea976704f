"""Checks before a film is painted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch

from brushwork.devices.select import select_device
from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.storage.atomic import is_same_file, require_writable
from brushwork.storage.folders import expand_user
from brushwork.video.analysis import FilmAnalysis
from brushwork.video.animation_loops import require_plays, times_played
from brushwork.video.clip import Clip, ClipFrame
from brushwork.video.clip_file import open_clip
from brushwork.video.clip_info import ClipInfo
from brushwork.video.codecs import Encoding, choose_encoding
from brushwork.video.film_job import FilmJob, canvas_of
from brushwork.video.film_mask import FilmMask, open_mask
from brushwork.video.film_requirements import frame_memory, require_memory
from brushwork.video.film_tracks import Soundtrack
from brushwork.video.finished_film import TAG
from brushwork.video.flow_files import require_flow_folder
from brushwork.video.frame_painter import FramePainter
from brushwork.video.frame_reader import KEPT, FrameReader
from brushwork.video.frame_store import FrameStores
from brushwork.video.optimized_painter import WatchSteps, ignore_step
from brushwork.video.optional_imports import import_video
from brushwork.video.options import FrameSelection
from brushwork.video.output_frames import OutputFrames
from brushwork.video.painters import PainterInputs, PainterSource, load_painter, with_engine
from brushwork.video.segment_file import FilmFormat
from brushwork.video.sequence_names import holds_pictures, is_sequence
from brushwork.video.signatures import ANIMATIONS
from brushwork.video.sound_source import SoundSource
from brushwork.video.workspace import Workspace


@dataclass(frozen=True)
class PreparedFilm:
    """A film ready for painting."""

    job: FilmJob
    clip: Clip
    size: Size
    encoding: Encoding
    device: torch.device
    painter: PainterSource
    manifest: dict[str, Any]
    """Everything that determines the frames."""
    workspace: Workspace
    sound: SoundSource | None = None
    """Source of sound, subtitles and tags; None: there are none."""
    masks: tuple[FilmMask, ...] = ()

    @property
    def bits(self) -> int:
        """Bits per sample in which frames are stored: 8, or 16 for films with more."""
        return self.encoding.kept_bits

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the user on the film and its output."""
        return (*self.clip.info.notes, *_list_losses(self.clip.info, self.encoding), *_list_unused(self))

    def make_painter(
        self, analysis: FilmAnalysis, stores: FrameStores, watch: WatchSteps = ignore_step
    ) -> FramePainter:
        """Return the painter of the frames, with its own readers; `watch` is called after every step."""
        kept = max(KEPT, 2 + max(self.job.optimized.long_term))
        frames, samples = (FrameReader(self.clip, analysis, self.size, self.device, kept) for _ in range(2))
        return self.painter.make(PainterInputs(frames, samples, self.size, stores, analysis.keyframes, watch))

    def output_frames(self, analysis: FilmAnalysis) -> OutputFrames:
        """Return the object that composes the written frames."""
        alpha = FrameReader(self.clip, analysis, self.size, plane=ClipFrame.to_alpha)
        return OutputFrames(
            self.bits,
            FrameReader(self.clip, analysis, self.size),
            tuple(one.reader(self.clip, analysis, self.size) for one in self.masks),
            alpha if self.encoding.has_alpha else None,
            self.painter.recolor,
        )

    @property
    def plays(self) -> int:
        """How many times an animation is played; 0: forever."""
        own = self.job.plays
        return times_played(self.clip.info.path, self.clip.info.demuxer) if own is None else own

    def film_format(self, analysis: FilmAnalysis) -> FilmFormat:
        """Return the common format of all segments."""
        rate = self.job.selection.rate or self.clip.info.rate / self.job.selection.every
        return FilmFormat(self.encoding, self.size, analysis.time_base, Fraction(rate))

    def soundtrack(self, analysis: FilmAnalysis) -> Soundtrack:
        """Return the sound and subtitles that the film gets."""
        selection = self.job.selection
        if self.sound is not None and self.job.sound_file is not None:
            begin, length = self._span(analysis)
            return Soundtrack(self.sound, end=self.sound.start + length, shift=begin - self.sound.start)
        start = None if selection.start is None else Fraction(selection.start)
        end = None if selection.end is None else Fraction(selection.end)
        return Soundtrack(self.sound, start, end, analysis.shift)

    def sound_notes(self, analysis: FilmAnalysis) -> tuple[str, ...]:
        """Return notes for the user on a sound file whose length differs from the film's."""
        if self.sound is None or self.job.sound_file is None:
            return ()
        return self.sound.compare_length(self._span(analysis)[1])

    def _span(self, analysis: FilmAnalysis) -> tuple[Fraction, Fraction]:
        """Return when the first frame begins and how long it is to the end of the last one, in seconds."""
        first, last = analysis.frames[0].pts, analysis.frames[-1].pts
        length = (last - first) * analysis.time_base + 1 / self.film_format(analysis).rate
        return first * analysis.time_base, length

    @property
    def film_manifest(self) -> dict[str, Any]:
        """Everything that determines the film: its frames and its sound."""
        return self.manifest | {"sound": {"audio": self.job.audio}}

    def make_tag(self, missing: int = 0) -> str:
        """Return the tag that says how the film was made, and how many of its frames are missing."""
        return f"{TAG}{json.dumps(self.film_manifest | ({'missing': missing} if missing else {}))}"


def open_sound(job: FilmJob, info: ClipInfo, encoding: Encoding) -> SoundSource | None:
    """Return the source of a job's sound; None: there is none.

    Raises: InputError: the file cannot be used, or has no sound.
    """
    if encoding.container.is_animation or job.audio == "none":
        return None
    if job.sound_file is not None:
        return SoundSource.probe(job.sound_file)
    return None if info.demuxer == "images" else SoundSource.of_clip(info)


def prepare_film(
    job: FilmJob, *, resume: bool, memory: int | None = None, network: Any = None, copies: int = 1
) -> PreparedFilm:
    """Check everything possible before the first frame and load the network; `copies` processes paint at once.

    Raises:
        InputError: unusable clip, style images, options or output.
        WeightsError: the network's weights are missing.
        OutOfMemoryError: a frame does not fit.
    """
    import_video("cv2")
    job.method.require_taken(styles=job.styles)
    clip = open_clip(job.clip, job.rate)
    info, device = clip.info, select_device(job.device)
    size = canvas_of(job.method, info)
    encoding = choose_encoding(job.output, job.codec, job.chroma, job.crf, info.bits, info.has_alpha)
    require_plays(job.plays)
    masks, sound = open_masks(job, info), open_sound(job, info, encoding)
    workspace = Workspace(job.workspace, encoding.segment_suffix)
    require_output(job, resume=resume)
    if workspace.exists and not resume and not job.overwrite:
        raise InputError(
            f"{workspace.folder} holds an unfinished film: continue with --resume, or start over with --force."
        )
    if resume and workspace.exists:
        job = with_engine(job, workspace.engine)
    painter = load_painter(job, device, encoding.kept_bits, network)
    require_memory(copies * frame_memory(job, size, painter.engine), size, device, memory)
    manifest = job.manifest(clip.files, [file for one in masks for file in one.files], painter.engine, painter.weights)
    return PreparedFilm(job, clip, size, encoding, device, painter, manifest, workspace, sound, masks)


def open_masks(job: FilmJob, film: ClipInfo) -> tuple[FilmMask, ...]:
    """Return the masks of a job.

    Raises: InputError: there is neither one mask nor one for each style image, or a mask cannot be used.
    """
    if len(job.masks) > 1 and len(job.masks) != len(job.styles):
        raise InputError(
            f"{len(job.masks)} masks were given for {len(job.styles)} style images: give one mask, outside of which "
            "the film stays as it is, or one for each style image."
        )
    return tuple(open_mask(one, film, job.rate) for one in job.masks)


def _list_losses(info: ClipInfo, encoding: Encoding) -> Iterator[str]:
    """Yield notes on the parts of the clip that the output cannot hold."""
    if info.has_alpha and not encoding.has_alpha and info.demuxer not in ANIMATIONS:
        what = encoding.name if encoding.container.holds_alpha else f"{encoding.name} in {encoding.container.muxer}"
        yield f"{what} has no alpha: what is transparent shows the film's mean color; .mov, .webm and .mkv keep it"
    if encoding.has_alpha and encoding.chroma == "444" and "420" in encoding.pixel_format:
        yield f"{encoding.name} has no alpha with chroma 444: colors are at a quarter of the pixels; .mov keeps both"


def _list_unused(film: PreparedFilm) -> Iterator[str]:
    """Yield notes on the sound and options of the job that do not affect this output."""
    container = film.encoding.container
    if container.is_animation and film.job.audio != "none" and (film.clip.info.audio or film.job.sound_file):
        yield f"the sound is left out: {container.muxer} holds none"
    if film.job.plays is not None and container.muxer not in ANIMATIONS:
        yield "plays has no effect: only animated pictures (.gif, .apng, .webp) say how often they are played"


def require_output(job: FilmJob, *, resume: bool = False) -> None:
    """Raise if the output cannot be written, or is one of the inputs.

    Raises: InputError.
    """
    output = expand_user(job.output)
    for one in (output, *job.outputs[:1]):
        require_writable(one, overwrite=job.overwrite or resume)
    sources = [expand_user(one) for one in (job.clip, *job.styles, *job.masks)]
    files = [*sources, *(one for one in (job.sound_file,) if one)]
    for one in job.outputs:
        if any(is_same_file(one, source) for source in files):
            raise InputError(f"{one} is one of the inputs, and would be overwritten: write elsewhere.")
    folders = {source if source.is_dir() else source.parent for source in sources if holds_pictures(source)}
    if is_sequence(output) and output.parent.absolute() in {one.absolute() for one in folders}:
        raise InputError(f"the pictures of a clip or mask are in {output.parent}: write to another folder.")
    is_ours = job.overwrite or (resume and (job.workspace.exists() or job.is_written))
    if job.keep_frames:
        _require_frames_folder(job.frames_folder, is_ours)
    if job.save_flow is not None:
        require_flow_folder(expand_user(job.save_flow), job.film.flow, is_ours)


def _require_frames_folder(folder: Path, overwrite: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"frames cannot be kept in {folder}, which is a file: choose another output with -o.")
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise InputError(
            f"the folder {folder}, in which frames are kept, is not empty: choose another output with -o, or --force."
        )


def selection_note(selection: FrameSelection, frames: int) -> Iterator[str]:
    """Yield notes for the user on the selected frames."""
    if selection.every > 1:
        yield f"every {selection.every} frames one is painted: {frames} in all"
