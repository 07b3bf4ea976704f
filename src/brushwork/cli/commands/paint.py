"""`brushwork paint`: content images in the style of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias, cast

from cyclopts import App, Parameter

from brushwork import feedforward as feedforward_package
from brushwork.choices import Quality
from brushwork.cli.config import is_setting, refuse_flag, resolve_options, split_init
from brushwork.cli.dashes import STREAM, Picture
from brushwork.cli.execute import execute
from brushwork.cli.flags import PICTURES, SETTINGS, ConfigFile, Given, QualityName, make_flags
from brushwork.cli.paths import has_folder, list_images, parse_regions
from brushwork.cli.request import Execute, StdStreams, feedforward_options, log_ignored, make_request
from brushwork.cli.run_flags import FeedForwardFlags, RunFlags, choose_model
from brushwork.errors import InputError, suggest_names
from brushwork.feedforward.options import AdaINOptions, FeedForwardOptions, ModelOptions
from brushwork.jobs.options_json import known_methods
from brushwork.options import Init
from brushwork.recipes import RecipeOptions, TransferOptions, load_preset

START_HELP = """Starting point: the photograph (content), the photograph in the painting's colors (recolored), half
that and half patches of the painting (patches), the painting (style), the photograph with a twentieth of the painting
(mixed), white noise (noise, or uniform), pink noise (pink), gray, the result of --instant (instant), or an image
file."""
_STYLES_IN_A_NAME = 3
_SEVERAL = " (To paint several photographs, give a folder of them.)"

NameList: TypeAlias = Annotated[
    list[str], Parameter(group=PICTURES, consume_multiple=True, negative=(), show_default=False), STREAM
]

_FIRST = sorted(known_methods().items(), key=lambda item: item[1] is not TransferOptions)
_METHODS = {name: kind for name, kind in _FIRST if kind.takes_styles}
_RECIPES = {name: kind for name, kind in _METHODS.items() if kind.is_iterative}

if TYPE_CHECKING:
    TransferFlags: TypeAlias = Given
else:
    TransferFlags = make_flags(
        *(kind() for kind in _RECIPES.values()),
        types={"init": str},
        texts={"init": START_HELP},
    )

Method: TypeAlias = Annotated[
    str,
    Parameter(
        group=SETTINGS,
        help=f"How to paint: {', '.join(f'{name} ({kind.summary})' for name, kind in _METHODS.items())}.",
    ),
]


app = App(name="paint", usage="Usage: brushwork paint [OPTIONS] CONTENT STYLE...")


@app.default
def paint(
    content: Picture,
    /,
    *styles: Picture,
    style: NameList = [],  # noqa: B006
    region: Annotated[
        list[str], Parameter(group=PICTURES, consume_multiple=True, negative=(), show_default=False)
    ] = [],  # noqa: B006
    each: Annotated[bool, Parameter(group=PICTURES, negative=(), show_default=False)] = False,
    method: Method = "optimize",
    preset_name: Annotated[str, Parameter(name="--preset", group=SETTINGS)] = "default",
    quality: QualityName = "normal",
    ratio: Annotated[float | None, Parameter(group=SETTINGS)] = None,
    config: ConfigFile = None,
    feedforward: FeedForwardFlags = FeedForwardFlags(),  # noqa: B008
    flags: RunFlags = RunFlags(),  # noqa: B008
    given: Annotated[TransferFlags, Parameter(name="*")] = {},  # noqa: B006
    execute: Annotated[Execute, Parameter(parse=False)] = execute,
) -> int:
    """Paint a photograph in the style of a painting.

    `brushwork paint photo.jpg painting.jpg` writes photo+painting.png to the current folder; `-o` names another file.

    The styles of several style images are blended into one result (`--style-blend` sets their weights). With `--each`,
    or with a folder of style images, each style image gives a result of its own. A folder of content images stands for
    all images in it. Several content images can be named when the style images follow `--style`:
    `brushwork paint one.jpg two.jpg --style painting.jpg -o painted/`.

    Flags override the `--config` file, which overrides BRUSHWORK_… environment variables, which override the preset.
    Ctrl-C saves the image so far; `--resume` continues.

    Parameters
    ----------
    content
        The content image: a file, a folder, or - for standard input.
    styles
        The style images: files or folders.
    style
        Style images, if all images named before are content images. With --model: its styles, such as a:0.6 b:0.4.
    region
        Two masks, content_mask.png:style_mask.png: the white part of the content takes its style from the white part
        of the style image, or, without a second mask, from all of it. In color maps each color is a region. Give one
        pair per style image, or several for a single one. See also `--guides` and `--feather`.
    each
        One result per style image, instead of a blend.
    preset_name
        Settings of a published program; `brushwork presets` lists them.
    ratio
        α/β as in the papers: sets the content weight to this times the style weight (1e-4 to 1e-2 are usual with the
        presets gatys-2015 and gatys-2016). What the two weights multiply depends on the preset's `normalization`.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    feedforward = _agree(method, feedforward, styles, each=each, quiet=flags.quiet)
    given, init = split_init(given, Init)
    if feedforward.model is not None:
        rest = {"method": method != "optimize", "region": bool(region), "preset": preset_name != "default"}
        rest |= {"quality": quality != "normal", "instant": feedforward.instant}
        rest |= {"ratio": ratio is not None, "init": init is not None}
        _refuse_flags(rest, "and --model were both given: choose one.", quiet=flags.quiet)
        return _with_model(content, feedforward, tuple(style), given, flags, execute)
    options = _options(method, feedforward, (preset_name, quality), given, ratio, flags)
    contents, style_images = _split_names([content, *styles], style, quiet=flags.quiet)
    each, several = each or has_folder(style_images), has_folder([*contents, *style_images])
    with StdStreams() as pipes:
        content_images = list_images([pipes.input_path(name) for name in contents], quiet=flags.quiet)
        found = list_images([pipes.input_path(name) for name in style_images], quiet=flags.quiet)
        runs = _list_runs(content_images, [(one,) for one in found] if each else [tuple(found)])
        regions = parse_regions(region, len(content_images), len(runs))
        return execute(make_request(options, runs, flags, pipes, is_batch=several, init=init, regions=regions))


def _agree(
    method: str, feedforward: FeedForwardFlags, styles: Sequence[str], *, each: bool, quiet: bool
) -> FeedForwardFlags:
    """Return the flags with `instant` set by `--method`, and without a model from settings if style images are named.

    Raises: InputError: an unknown method, two methods, or flags that do not fit.
    """
    feedforward = replace(feedforward, model=choose_model(feedforward.model, styles, _SEVERAL, quiet=quiet))
    if method not in _METHODS:
        raise InputError(f"there is no method {method!r}. {suggest_names(method, _METHODS)}")
    instant = feedforward.instant
    if instant and method not in ("optimize", "adain"):
        other = "instant" if is_setting("instant") else "method"
        refuse_flag(other, f"--instant and --method {method} were both given: choose one.", quiet=quiet)
        instant = other == "method"
    feedforward = replace(feedforward, instant=instant or method == "adain")
    feedforward.require_consistent(quiet=quiet)
    if each and feedforward.model is not None:
        said = "--each is for style images: with --model, run the command once for each --style."
        refuse_flag("each", said, quiet=quiet)
    return feedforward


def _options(
    method: str,
    feedforward: FeedForwardFlags,
    preset: tuple[str, Quality],
    given: Given,
    ratio: float | None,
    flags: RunFlags,
) -> RecipeOptions | FeedForwardOptions:
    """Return the options of the method; given ones that it does not have are logged.

    Raises: InputError: a preset, a quality or a ratio for a method that has none, or a value out of range.
    """
    name, quality = preset
    others = {"quality": quality != "normal", "ratio": ratio is not None}
    if feedforward.instant:
        why = "and --instant were both given: one forward pass has one quality and no weights; use --strength."
        _refuse_flags(others, why, quiet=flags.quiet)
        own = {"strength": feedforward.strength}
        return feedforward_options(AdaINOptions, load_preset(name), given, own, quiet=flags.quiet)
    if method == "optimize":
        base: RecipeOptions = load_preset(name, quality)
    else:
        why = f"applies to --method optimize only: remove it, or --method {method}."
        _refuse_flags({"preset": name != "default", **others}, why, quiet=flags.quiet)
        base, ratio = cast("RecipeOptions", _RECIPES[method]()), None
    names = {field.name for field in fields(base)}
    log_ignored(given, names, quiet=flags.quiet)
    return resolve_options(base, {name: value for name, value in given.items() if name in names}, ratio)


def _split_names(named: list[str], style: list[str], *, quiet: bool) -> tuple[list[str], list[str]]:
    """Return content and style images: the first named and the rest; with --style, all named and those of --style.

    A `style` from settings, which may belong to a model, is ignored if several images are named.
    """
    if style and len(named) > 1 and is_setting("style"):
        refuse_flag("style", f"the style images {named[1]} and {style[0]} were both given.", quiet=quiet)
    elif style:
        return named, style
    if len(named) == 1:
        raise InputError(
            f"no style image was given: brushwork paint {named[0]} STYLE (or --model NAME: see `brushwork models`)"
        )
    return named[:1], named[1:]


def _with_model(
    content: str, feedforward: FeedForwardFlags, style: tuple[str, ...], given: Given, flags: RunFlags, execute: Execute
) -> int:
    """Run a feed-forward model on one content image, or on a folder of them."""
    own = {"strength": feedforward.strength, "statistics": feedforward.statistics, "style": style}
    model = str(feedforward.model)
    feedforward_package.find_model_file(model)  # report unknown names before any image is read
    options = feedforward_options(ModelOptions, ModelOptions(), given, {"model": model, **own}, quiet=flags.quiet)
    with StdStreams() as pipes:
        photos = list_images([pipes.input_path(content)], quiet=flags.quiet)
        name = "+".join([Path(model).stem, *(one.partition(":")[0] for one in style[:_STYLES_IN_A_NAME])])
        runs = [(photo, (), f"{photo.stem}+{name}") for photo in photos]
        return execute(make_request(options, runs, flags, pipes, is_batch=has_folder([content]), init=None))


def _list_runs(
    contents: Sequence[Path], blends: Sequence[tuple[Path, ...]]
) -> list[tuple[Path | None, tuple[Path, ...], str]]:
    """Return each content image with each blend of style images, and the name of the result."""
    return [(one, blend, _name(one, blend)) for one, blend in product(contents, blends)]


def _name(content: Path, styles: tuple[Path, ...]) -> str:
    """Return the name of a result, content+style; for many styles, only the first ones."""
    rest = len(styles) - _STYLES_IN_A_NAME
    more = [f"{rest}-more"] if rest > 0 else []
    return "+".join([content.stem, *(one.stem for one in styles[:_STYLES_IN_A_NAME]), *more])


def _refuse_flags(others: Mapping[str, bool], why: str, *, quiet: bool) -> None:
    """Refuse the flags that were given and do not apply; settings are ignored.

    Raises: InputError: the first of them, and `why`.
    """
    for flag, is_given in others.items():
        if is_given:
            refuse_flag(flag, f"--{flag} {why}", quiet=quiet)
