"""Flag, settings file, environment, preset, default: the first that has a value wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from brushwork.recipes import PRESETS, TransferOptions, load_preset


def options(runner: Any) -> TransferOptions:
    found = runner.job.options
    assert isinstance(found, TransferOptions)
    return found


@pytest.fixture
def paint(runner: Any, workdir: Path, run: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *flags: run("paint", "photo.jpg", "waves.png", "-q", *flags)


def test_without_anything_the_default_preset_is_taken(runner: Any, paint: Callable[..., Any]) -> None:
    assert paint().code == 0
    assert options(runner) == load_preset("default")


def test_the_layers_cover_each_other(
    runner: Any, workdir: Path, paint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (workdir / "mine.toml").write_text('preset = "gatys-2016"\nsize = 200\nnoise = 0.5\nstyle-layers = ["conv1_1"]\n')
    monkeypatch.setenv("BRUSHWORK_NOISE", "0.25")
    monkeypatch.setenv("BRUSHWORK_HISTORY", "7")
    monkeypatch.setenv("BRUSHWORK_CACHE", "somewhere")
    assert paint("--config", "mine.toml", "--size", "300").code == 0
    found = options(runner)
    assert found.size == 300, "flag over file"
    assert found.noise == 0.5, "file over environment"
    assert found.history == 7, "environment over preset"
    assert found.init == PRESETS["gatys-2016"].init, "preset over default"
    assert found.style_layers == ("conv1_1",)
    assert found.iteration_decay == TransferOptions().iteration_decay


def test_flags_cover_the_quality(runner: Any, paint: Callable[..., Any]) -> None:
    assert paint("--quality", "draft", "--iterations", "7").code == 0
    assert options(runner) == replace(load_preset("default", "draft"), iterations=7)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--preset", "pastiche"), "quality draft applies to the preset default only"),
        (("--method", "mdan"), "--quality applies to --method optimize"),
        (("--instant",), "--quality and --instant were both given"),
    ],
)
def test_other_ways_of_painting_have_one_quality(
    paint: Callable[..., Any], words: tuple[str, ...], message: str
) -> None:
    outcome = paint("--quality", "draft", *words)
    assert outcome.code == 2
    assert message in outcome.err


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ratio", "1e-3", ("--instant",)),
        ("quality", "draft", ("--instant",)),
        ("ratio", "1e-3", ("--method", "mdan")),
        ("preset", "pastiche", ("--method", "mdan")),
        ("method", "mdan", ("--instant",)),
        ("strength", "0.5", ()),
        ("statistics", "frozen", ()),
    ],
)
def test_a_setting_for_other_methods_is_ignored(
    runner: Any,
    workdir: Path,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    words: tuple[str, ...],
) -> None:
    (workdir / "mine.toml").write_text(f'{name} = "{value}"\n')
    printed = f"--{name} of the environment or the settings file is ignored here"
    outcome = run("paint", "photo.jpg", "waves.png", "--config", "mine.toml", *words)
    assert outcome.code == 0 and printed in outcome.err
    ignored = runner.jobs.pop().options
    monkeypatch.setenv(f"BRUSHWORK_{name.upper()}", value)
    assert printed in run("paint", "photo.jpg", "waves.png", "--force", *words).err
    assert runner.jobs.pop().options == ignored
    monkeypatch.delenv(f"BRUSHWORK_{name.upper()}")
    assert run("paint", "photo.jpg", "waves.png", f"--{name}", value, *words).code == 2, "a flag is refused"


def test_a_file_sets_the_options_that_are_also_names_of_commands(
    runner: Any, workdir: Path, run: Callable[..., Any]
) -> None:
    (workdir / "mine.toml").write_text('style = ["waves.png", "night.png"]\n')
    assert run("paint", "photo.jpg", "--config", "mine.toml", "-q").code == 0
    assert runner.job.styles == (Path("waves.png"), Path("night.png"))


def test_named_style_images_cover_those_of_settings(
    runner: Any, workdir: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = "--style of the environment or the settings file is ignored here"
    (workdir / "mine.toml").write_text('style = "wave"\nmodel = "gallery"\n')
    outcome = run("paint", "photo.jpg", "waves.png", "-o", "out.png", "--config", "mine.toml")
    assert outcome.code == 0 and printed in outcome.err
    monkeypatch.setenv("BRUSHWORK_MODEL", "gallery")
    monkeypatch.setenv("BRUSHWORK_STYLE", "wave")
    outcome = run("paint", "photo.jpg", "waves.png", "-o", "other.png")
    assert outcome.code == 0 and printed in outcome.err
    assert [(job.content, job.styles) for job in runner.jobs] == [(Path("photo.jpg"), (Path("waves.png"),))] * 2
    assert "is one file, but there may be" in run("paint", "a.jpg", "b.jpg", "--style", "c.png", "-o", "out.png").err


def test_a_weight_by_flag_covers_a_ratio_in_the_environment(
    runner: Any, paint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRUSHWORK_RATIO", "1e-3")
    assert paint("--content-weight", "7").code == 0
    assert options(runner).content_weight == 7
    monkeypatch.delenv("BRUSHWORK_RATIO")
    monkeypatch.setenv("BRUSHWORK_CONTENT_WEIGHT", "7")
    assert paint("--ratio", "0.5", "--style-weight", "8", "--force").code == 0
    assert runner.jobs[-1].options.content_weight == 4


def test_the_file_may_be_named_in_the_environment(
    runner: Any, workdir: Path, paint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (workdir / "mine.toml").write_text("style_scale = 2\nforce = true\n")
    (workdir / "photo+waves.png").touch()
    monkeypatch.setenv("BRUSHWORK_CONFIG", "mine.toml")
    assert paint().code == 0
    assert options(runner).style_scale == (2.0,)
    assert runner.job.overwrite


def test_a_file_for_all_commands_may_have_options_of_others(
    runner: Any, run: Callable[..., Any], workdir: Path, paint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (workdir / "mine.toml").write_text("batch-size = 2\nstyle_scale = 2\n")
    monkeypatch.setenv("BRUSHWORK_CONFIG", "mine.toml")
    assert paint().err == ""
    outcome = run("paint", "photo.jpg", "waves.png", "--force")
    assert outcome.code == 0 and "mine.toml: batch-size ignored: no options of this command." in outcome.err
    assert [job.options.style_scale for job in runner.jobs] == [(2.0,)] * 2
    monkeypatch.delenv("BRUSHWORK_CONFIG")
    assert 'Unknown option: "[batch-size]" from mine.toml' in paint("--config", "mine.toml", "--force").err


@pytest.mark.parametrize(("value", "searches"), [("true", False), ("false", True)])
def test_a_negated_flag_may_be_set(
    runner: Any, workdir: Path, paint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, value: str, searches: bool
) -> None:
    (workdir / "mine.toml").write_text(f"no-line-search = {value}\n")
    assert paint("--config", "mine.toml").code == 0
    monkeypatch.setenv("BRUSHWORK_NO_LINE_SEARCH", value)
    assert paint("--force").code == 0
    assert paint("--force", "--no-line-search").code == 0
    assert [job.options.line_search for job in runner.jobs] == [searches, searches, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("style-wieght = 3", "Did you mean --style-weight?"),
        ('size = "large"', "Invalid value for [size]: 'large' is not a whole number."),
        ("size = 2.5", "'2.5' is not a whole number"),
        ("[paint]\nsize = 3", "mine.toml has a table [paint]"),
        ("size 3", "mine.toml is not TOML"),
        ("size = 3", "size is 3: it must be 32 pixels or more"),
        ('preset = "gatys"', "there is no preset 'gatys'. Did you mean 'gatys-201"),
    ],
)
def test_a_wrong_file_is_refused(workdir: Path, paint: Callable[..., Any], text: str, message: str) -> None:
    (workdir / "mine.toml").write_text(text)
    outcome = paint("--config", "mine.toml")
    assert outcome.code == 2
    assert message in outcome.err


def test_a_missing_file_is_refused(paint: Callable[..., Any]) -> None:
    outcome = paint("--config", "none.toml")
    assert outcome.code == 2
    assert "the settings file none.toml does not exist" in outcome.err


@pytest.mark.parametrize(
    ("flags", "content"),
    [
        (("--preset", "gatys-2015", "--ratio", "1e-3"), 1e6),
        (("--preset", "gatys-2016", "--ratio", "1e-2"), 10.0),
        (("--ratio", "0.5", "--style-weight", "8"), 4.0),
    ],
)
def test_the_ratio_sets_the_weight_of_the_content(
    runner: Any, paint: Callable[..., Any], flags: tuple[str, ...], content: float
) -> None:
    assert paint(*flags).code == 0
    assert options(runner).content_weight == pytest.approx(content)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--ratio", "1", "--content-weight", "1"), "--ratio and --content-weight were both given"),
        (("--ratio", "-1"), "ratio is -1.0: it must be 0 or more"),
        (("--preset", "pastische"), "Did you mean 'pastiche'?"),
        (("--pooling", "sum"), "--pooling"),
        (("--style-layer-weights", "1,2"), "style-layer-weights is 2 numbers"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    paint: Callable[..., Any], flags: tuple[str, ...], message: str
) -> None:
    outcome = paint(*flags)
    assert outcome.code == 2
    assert message in outcome.err


def test_the_start_is_a_name_or_a_file(runner: Any, workdir: Path, paint: Callable[..., Any]) -> None:
    assert paint("--init", "night.png").code == 0
    assert runner.job.init == Path("night.png")
    assert options(runner).init == load_preset("default").init
    runner.jobs.clear()
    assert paint("--init", "gray", "--force").code == 0
    assert runner.job.init is None
    assert options(runner).init == "gray"
    outcome = paint("--init", "nois", "--force")
    assert outcome.code == 2
    assert "Did you mean 'noise'?" in outcome.err
