"""`brushwork video`: films in the style of paintings."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from cyclopts import App, Parameter

from brushwork import devices, feedforward, jobs
from brushwork import video as films
from brushwork.cli.config import resolve_options
from brushwork.cli.film_flags import FilmRunFlags, FrameFlags, WayFlags
from brushwork.cli.film_progress import FilmProgress
from brushwork.cli.flags import SETTINGS, ConfigFile, Given, make_flags
from brushwork.cli.output import InterruptedRunError, log, print_json, print_result
from brushwork.cli.progress import format_minutes, make_display
from brushwork.cli.signals import SIGNALS
from brushwork.errors import InputError
from brushwork.feedforward.options import AdaINOptions, ModelOptions, StylizeOptions
from brushwork.recipes import TransferOptions, load_preset
from brushwork.storage.folders import expand_user
from brushwork.video.options import FilmOptions, FrameSelection, SequenceOptions

_DEFAULT = replace(load_preset("default"), size=480, measure="short")

if TYPE_CHECKING:
    MethodFlags: TypeAlias = Given
    FilmFlags: TypeAlias = Given
    SequenceFlags: TypeAlias = Given
else:
    MethodFlags = make_flags(_DEFAULT, without=("iterations",))
    FilmFlags = make_flags(FilmOptions())
    SequenceFlags = make_flags(SequenceOptions())


app = App(name="video", usage="Usage: brushwork video [OPTIONS] CLIP STYLE... -o OUT.mp4")


@app.default
def video(
    clip: str,
    /,
    *styles: str,
    preset_name: Annotated[str, Parameter(name="--preset", group=SETTINGS)] = "default",
    config: ConfigFile = None,
    way: WayFlags = WayFlags(),  # noqa: B008
    frames: FrameFlags = FrameFlags(),  # noqa: B008
    flags: FilmRunFlags = FilmRunFlags(),  # noqa: B008
    film: Annotated[FilmFlags, Parameter(name="*")] = {},  # noqa: B006
    sequence: Annotated[SequenceFlags, Parameter(name="*")] = {},  # noqa: B006
    given: Annotated[MethodFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Paint a film in the style of a painting, so that the style stays on the objects.

    `brushwork video clip.mp4 painting.jpg -o painted.mp4`. Sound, subtitles and times are kept. Ctrl-C, SIGTERM or a
    crash lose a frame at most: `--resume` goes on, to the same film byte for byte; `--finish` makes a film of what is
    there. A folder of pictures is a film, too. Needs the extra brushwork[video].

    Parameters
    ----------
    clip
        The film: a file, a folder of pictures, or a pattern such as in/%04d.png.
    styles
        The paintings; several are blended.
    preset_name
        With --optimize: settings of a published program: ruder-2016, for films, or one that `brushwork presets` lists.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    devices.set_threads(flags.threads)
    method = _method(styles, way, preset_name, given, flags)
    job = _job(clip, styles, way, frames, flags, method, film, _sequence(preset_name, sequence, way))
    if flags.dry_run:
        _print_plan(films.plan_film(job, memory=flags.memory), job, flags.json)
        return 0
    return _run(job, flags)


def _method(
    styles: tuple[str, ...], way: WayFlags, preset: str, given: Given, flags: FilmRunFlags
) -> StylizeOptions | TransferOptions:
    ways = [name for name in ("instant", "model", "optimize") if getattr(way, name)]
    if len(ways) > 1:
        raise InputError(f"--{ways[0]} and --{ways[1]} were both given: they are two ways of painting; leave one away.")
    if way.strength is not None and way.optimize:
        raise InputError(
            "--strength is of what is painted at once: weigh with --style-weight, or leave --optimize away."
        )
    if way.model is not None and styles:
        raise InputError(f"the painting {styles[0]} and --model were both given: a model has its own style.")
    if way.model is None and not styles:
        raise InputError("a painting is missing: brushwork video CLIP PAINTING -o OUT.mp4 (or --model NAME).")
    if way.optimize:
        base = films.load_film_preset(preset)[0]
        return resolve_options(
            base if preset in films.FILM_PRESETS else replace(base, size=480, measure="short"), given
        )
    own: dict[str, Any] = {} if way.strength is None else {"strength": way.strength}
    if way.model is not None:
        feedforward.find_model_file(way.model)
        return _one_pass(ModelOptions(model=way.model, size=480, measure="short"), own, given, flags)
    return _one_pass(AdaINOptions(size=480, measure="short"), own, given, flags)


def _sequence(preset: str, given: Given, way: WayFlags) -> SequenceOptions:
    """Return how frames follow each other: as given, over the preset.

    Raises: InputError: frames are not optimized.
    """
    if (given or preset != "default") and not way.optimize:
        name = next(iter(given), "preset").replace("_", "-")
        raise InputError(f"--{name} is of frames that are optimized: add --optimize.")
    return replace(films.load_film_preset(preset)[1], **given)


def _one_pass(base: Any, own: Mapping[str, Any], given: Given, flags: FilmRunFlags) -> StylizeOptions:
    names = {field.name for field in fields(base)}
    aside = ", ".join(f"--{name.replace('_', '-')}" for name in given if name not in names)
    if aside and not flags.quiet:
        log(f"painting at once leaves aside {aside}.")
    options: StylizeOptions = replace(base, **{k: v for k, v in given.items() if k in names}, **own)
    return options


def _job(
    clip: str,
    styles: tuple[str, ...],
    way: WayFlags,
    frames: FrameFlags,
    flags: FilmRunFlags,
    method: StylizeOptions | TransferOptions,
    film: Given,
    sequence: SequenceOptions,
) -> films.FilmJob:
    source, is_folder = expand_user(clip), expand_user(clip).is_dir() or "%" in Path(clip).name
    rate = None if frames.rate is None or is_folder else Fraction(frames.rate).limit_denominator(1001)
    return films.FilmJob(
        clip=source,
        styles=tuple(map(expand_user, styles)),
        output=_output(flags.output, source, styles, way),
        method=method,
        film=FilmOptions(**film),
        sequence=sequence,
        selection=FrameSelection(frames.start, frames.end, frames.every, rate),
        codec=frames.codec,
        chroma=frames.chroma,
        crf=frames.crf,
        audio=frames.audio,
        rate=frames.rate or 24.0,
        device=flags.device,
        overwrite=flags.force,
        keep_frames=flags.keep_frames,
    )


def _output(given: str, clip: Path, styles: tuple[str, ...], way: WayFlags) -> Path:
    style = Path(styles[0]).stem if styles else Path(way.model or "").stem
    name = f"{clip.stem or 'film'}+{style}.mp4"
    if not given:
        return Path(name)
    path = expand_user(given)
    return path / name if path.is_dir() else path


def _run(job: films.FilmJob, flags: FilmRunFlags) -> int:
    events = films.run_film(job, resume=flags.resume, finish=flags.finish, memory=flags.memory)
    finished = None
    with make_display(job.output.name, flags.quiet) as display:
        progress = FilmProgress(display)
        try:
            with closing(events):
                for event in events:
                    SIGNALS.require_none()
                    progress.show(event)
                    if isinstance(event, jobs.Note):
                        display.log(event.text)
                    elif isinstance(event, films.FilmFinished):
                        finished = event
        except KeyboardInterrupt as interruption:
            kept = (job.workspace / "frames.json").exists()
            what = f"{progress.done} frames are kept in {job.workspace}." if kept else "nothing was kept."
            raise InterruptedRunError(f"interrupted; {what}", interruption, kept=kept) from None
    assert finished is not None
    _report(finished, progress.painted, flags)
    return 0


def _report(finished: films.FilmFinished, painted: int, flags: FilmRunFlags) -> None:
    if not flags.quiet:
        for note in finished.notes:
            log(note)
        log(f"{finished.frames} frames, {painted} of them painted in {format_minutes(finished.seconds)}")
    if flags.json:
        document = finished._asdict() | {"path": str(finished.path), "painted": painted}
        print_json(document)
    else:
        print_result(str(finished.path))


def _print_plan(plan: films.FilmPlan, job: films.FilmJob, json: bool) -> None:
    document = plan.to_json()
    if json:
        print_json({"output": str(job.output), **document})
        return
    for name, value in document.items():
        print_result(f"{name.replace('_', ' ')}: {value}")
