"""Options dataclasses as flags."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_args, get_type_hints

import pytest
from cyclopts import App, CoercionError, Parameter

from brushwork.cli.commands.paint import START_HELP
from brushwork.cli.flags import make_flags
from brushwork.options import Init
from brushwork.options.describe import field_docs
from brushwork.recipes import ReconstructionOptions, TextureOptions, TransferOptions


@dataclass(frozen=True, kw_only=True)
class Brush:
    """How the brush is held."""

    width: int = 3
    """Width in
    pixels."""

    soft: bool = True
    """Whether it is soft."""

    dry_time: float = 1e-3
    """Seconds."""


@dataclass(frozen=True, kw_only=True)
class Stroke(Brush):
    """Options of a stroke."""

    colors: tuple[str, ...] = ("red", "blue")
    """Colors, in turn."""

    weights: tuple[float, ...] = ()
    """Weights of the colors."""

    width: int = 5
    """Width of the stroke, for `dry_time` or as `long_ago`."""


def parse(*tokens: str, **changes: Any) -> dict[str, Any]:
    kind = make_flags(Stroke(), **changes)
    seen: list[dict[str, Any]] = []
    app = App(result_action="return_value")

    def command(given: Annotated[kind, Parameter(name="*")] = {}) -> None:  # noqa: B006
        seen.append(given)

    command.__annotations__["given"] = Annotated[kind, Parameter(name="*")]
    app.default(command)
    app(tokens, exit_on_error=False, print_error=False)
    return seen[0]


def parameter(field: str, **changes: Any) -> Parameter:
    (found,) = get_type_hints(make_flags(Stroke(), **changes), include_extras=True)[field].__metadata__
    assert isinstance(found, Parameter)
    return found


def test_help_names_flags_for_fields() -> None:
    assert parameter("width").help == "Width of the stroke, for --dry-time or as `long-ago`."
    assert parameter("width", names={"dry_time": "--dry"}).help == "Width of the stroke, for --dry or as `long-ago`."
    assert parameter("width", without=["dry_time"]).help == "Width of the stroke, for `dry-time` or as `long-ago`."


def test_only_what_was_given_is_there() -> None:
    assert parse() == {}
    assert parse("--width", "7") == {"width": 7}
    assert parse("--no-soft", "--width=1e2") == {"soft": False, "width": 100}


@pytest.mark.parametrize(
    "tokens",
    [
        ("--colors", "red", "green"),
        ("--colors", "red,green"),
        ("--colors", "red", "--colors", "green"),
        ("--colors", "red, green"),
    ],
)
def test_a_tuple_can_be_given_in_every_usual_way(tokens: tuple[str, ...]) -> None:
    assert parse(*tokens) == {"colors": ("red", "green")}


def test_the_items_of_a_tuple_are_converted() -> None:
    assert parse("--weights", "1,2.5", "1e3") == {"weights": (1.0, 2.5, 1000.0)}
    with pytest.raises(CoercionError):
        parse("--weights", "1,many")


def test_whole_numbers_are_not_cut_off() -> None:
    with pytest.raises(CoercionError, match=r"'2\.5' is not a whole number"):
        parse("--width", "2.5")


def test_whole_numbers_of_any_length_are_kept() -> None:
    assert parse("--width", "9007199254740993") == {"width": 2**53 + 1}
    assert parse("--width", "1e3") == {"width": 1000}


def test_underscores_and_dashes_are_the_same() -> None:
    assert parse("--dry_time", "3") == parse("--dry-time", "3") == {"dry_time": 3.0}


def test_help_comes_from_the_docstrings_of_the_class_and_its_bases() -> None:
    assert field_docs(Stroke) == {
        "width": "Width of the stroke, for `dry_time` or as `long_ago`.",
        "soft": "Whether it is soft.",
        "dry_time": "Seconds.",
        "colors": "Colors, in turn.",
        "weights": "Weights of the colors.",
    }
    assert field_docs(Brush)["width"] == "Width in pixels."


def test_an_overridden_field_stays_in_its_group() -> None:
    (brush,) = parameter("width").group
    (stroke,) = parameter("colors").group
    assert (brush.name, brush.help) == ("Brush", "How the brush is held.")  # type: ignore[union-attr]
    assert (stroke.name, stroke.help) == ("Stroke", "Options of a stroke.")  # type: ignore[union-attr]


def test_defaults_are_shown_as_a_person_would_write_them() -> None:
    shown = {field.name: parameter(field.name).show_default for field in fields(Stroke)}
    assert shown == {"width": "5", "soft": "yes", "dry_time": "0.001", "colors": "red blue", "weights": False}


def test_a_field_can_be_renamed_retyped_and_left_out() -> None:
    assert parse("--breadth", "4", names={"width": "--breadth"}) == {"width": 4}
    assert parse("--width", "wide", types={"width": str}) == {"width": "wide"}
    assert parameter("width", texts={"width": "Other."}).help == "Other."
    assert "soft" not in get_type_hints(make_flags(Stroke(), without=("soft",)))


@pytest.mark.parametrize("recipe", [TransferOptions, ReconstructionOptions, TextureOptions])
def test_every_field_of_every_recipe_is_a_flag_with_help(recipe: type) -> None:
    hints = get_type_hints(make_flags(recipe()), include_extras=True)
    assert set(hints) == {field.name for field in fields(recipe)} - {"cuda_graphs"}
    for name, hint in hints.items():
        (found,) = hint.__metadata__
        assert found.help, f"{recipe.__name__}.{name} has no docstring"


def test_a_size_is_a_whole_number_or_full() -> None:
    hint = get_type_hints(TransferOptions)["size"]
    assert parse("--width", "full", types={"width": hint}) == {"width": "full"}
    assert parse("--width", "1e3", types={"width": hint}) == {"width": 1000}
    with pytest.raises(CoercionError, match="'large' is not a whole number"):
        parse("--width", "large", types={"width": hint})


def test_options_without_a_flag_stay_in_python():
    assert "cuda_graphs" not in get_type_hints(make_flags(TransferOptions()))


def test_the_help_of_init_names_every_start():
    assert [name for name in get_args(Init) if not re.search(rf"\b{name}\b", START_HELP.partition(":")[2])] == []
