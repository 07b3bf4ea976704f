"""The job that the flags of `brushwork video` describe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from brushwork import feedforward
from brushwork import video as films
from brushwork.cli.config import refuse_flag, resolve_options
from brushwork.cli.film_flags import FilmMethodFlags, FilmRunFlags, FrameFlags
from brushwork.cli.flags import Given
from brushwork.cli.paths import is_folder_name
from brushwork.cli.request import feedforward_options
from brushwork.errors import InputError
from brushwork.feedforward.options import AdaINOptions, ModelOptions, StylizeOptions
from brushwork.recipes import TransferOptions
from brushwork.storage.folders import expand_user, make_folder, nearest_folder
from brushwork.video.options import (
    KEYFRAMES_TAKE,
    ONE_PASS_OPTIONS,
    FilmOptions,
    FrameSelection,
    OptimizedFilmOptions,
    require_rate,
)
from brushwork.video.sequence_names import holds_pictures, name_without_number

_KEYFRAMES = 8
"""Key frames of a preview."""


@dataclass(frozen=True, kw_only=True)
class FilmRequest:
    """The arguments given on the command line."""

    clip: str
    styles: tuple[str, ...]
    preset: str
    method: FilmMethodFlags
    frames: FrameFlags
    flags: FilmRunFlags
    film: Given
    optimized: Given
    options: Given

    def job(self) -> films.FilmJob:
        """Return the job.

        Raises: InputError: flags that contradict each other, or values out of range.
        """
        self._require_consistent()
        options, optimized = self._options(), self._optimized()
        source = expand_user(self.clip)
        frames, flags = self.frames, self.flags
        if frames.rate is not None:
            require_rate(frames.rate)
        rate = None if frames.rate is None or holds_pictures(source) else Fraction(frames.rate).limit_denominator(1001)
        return films.FilmJob(
            clip=source,
            styles=tuple(map(expand_user, self.styles)),
            output=self._output(source),
            method=options,
            film=FilmOptions(**self._film()),
            optimized=optimized,
            selection=FrameSelection(frames.start, frames.end, frames.every, rate),
            codec=frames.codec,
            chroma=frames.chroma,
            crf=frames.crf,
            audio=frames.audio,
            plays=frames.plays,
            rate=24.0 if frames.rate is None else frames.rate,
            masks=tuple(map(expand_user, frames.mask)),
            device=flags.device,
            overwrite=flags.force,
            keep_frames=flags.keep_frames,
            save_flow=None if flags.save_flow is None else expand_user(flags.save_flow),
        )

    def methods(self) -> dict[str, films.FilmJob]:
        """Return a job for each method, by its flags.

        Raises: InputError: as `job`.
        """
        if self.method.model is not None:
            return {f"--model {Path(self.method.model).stem}": self.job()}
        at_once = replace(self.method, instant=True, optimize=False)
        by_optimization = replace(
            self,
            method=replace(self.method, instant=False, optimize=True, strength=None),
            film={name: value for name, value in self.film.items() if name not in ONE_PASS_OPTIONS},
        )
        keys = {"keyframes": _KEYFRAMES, **self.optimized, **KEYFRAMES_TAKE}
        return {
            "--instant": replace(self, method=at_once, optimized={}, preset="default").job(),
            f"--optimize --keyframes {keys['keyframes']}": replace(by_optimization, optimized=keys).job(),
            "--optimize": replace(by_optimization, optimized={**self.optimized, "keyframes": 0}).job(),
        }

    def preview_output(self) -> Path:
        """Return the file that a preview is written to."""
        whole = self._output(expand_user(self.clip))
        return whole if whole.name == Path(self.flags.output).name else whole.with_stem(f"{whole.stem}-preview")

    def without_new_folder(self, job: films.FilmJob) -> films.FilmJob:
        """Return a job for a plan, which makes no folder: where `-o FOLDER/` is missing, the film goes beside it."""
        if not is_folder_name(self.flags.output):
            return job
        return replace(job, output=nearest_folder(job.output.parent) / job.output.name)

    def make_folder(self) -> None:
        """Make the folder that `-o FOLDER/` names.

        Raises: InputError: it cannot be made.
        """
        if is_folder_name(self.flags.output):
            make_folder(expand_user(self.flags.output))

    def _require_consistent(self) -> None:
        if self.method.strength is not None and self.method.optimize:
            self._refuse("strength", "applies to --instant and --model only: use --style-weight, or remove --optimize.")
        if self.method.style and self.method.model is None:
            self._refuse("style", "applies to --model only: name the style image after the film.")
        if self.method.model is None and not self.styles:
            raise InputError("no style image was given: brushwork video CLIP STYLE -o OUT.mp4 (or --model NAME).")

    def _refuse(self, name: str, why: str) -> None:
        refuse_flag(name, f"--{name.replace('_', '-')} {why}", quiet=self.flags.quiet)

    def _film(self) -> Given:
        """Return the given film options that the method has.

        Raises: InputError: flags of the other methods.
        """
        if not self.method.optimize:
            return self.film
        for name in ONE_PASS_OPTIONS:
            if name in self.film:
                self._refuse(name, "applies to --instant and --model only: remove it, or --optimize.")
        return {name: value for name, value in self.film.items() if name not in ONE_PASS_OPTIONS}

    def _options(self) -> StylizeOptions | TransferOptions:
        method = self.method
        if method.optimize:
            base = films.load_film_preset(self.preset)[0]
            own_size = self.preset in films.FILM_PRESETS
            return resolve_options(base if own_size else replace(base, size=480, measure="short"), self.options)
        one_pass: StylizeOptions = AdaINOptions(size=480, measure="short")
        if method.model is not None:
            feedforward.find_model_file(method.model)
            one_pass = ModelOptions(model=method.model, style=method.style, size=480, measure="short")
        own = {"strength": method.strength}
        return feedforward_options(type(one_pass), one_pass, self.options, own, quiet=self.flags.quiet)

    def _optimized(self) -> OptimizedFilmOptions:
        """Return the options of an optimized film: as given, over the preset.

        Raises: InputError: frames are not optimized.
        """
        if not self.method.optimize:
            for name in (*self.optimized, *(["preset"] if self.preset != "default" else [])):
                self._refuse(name, "applies to optimized frames only: add --optimize.")
            return OptimizedFilmOptions()
        return replace(films.load_film_preset(self.preset)[1], **self.optimized)

    def _output(self, clip: Path) -> Path:
        style = name_without_number(Path(self.styles[0] if self.styles else self.method.model or ""))
        name = f"{name_without_number(clip) or 'film'}+{style}.mp4"
        if not self.flags.output:
            return Path(name)
        path = expand_user(self.flags.output)
        return path / name if path.is_dir() or is_folder_name(self.flags.output) else path
