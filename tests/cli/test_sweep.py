"""`--vary name=value,value`."""

from __future__ import annotations

from pathlib import Path

import pytest

from brushwork.cli.variations import parse_variations
from brushwork.errors import InputError


@pytest.mark.parametrize(
    ("written", "name", "values"),
    [
        ("style-weight=1e2,1e3", "style_weight", {"1e2": 100.0, "1e3": 1000.0}),
        ("--style_weight= 1 , 2 ", "style_weight", {"1": 1.0, "2": 2.0}),
        ("iterations=1e2,5", "iterations", {"1e2": 100, "5": 5}),
        ("size=64,full", "size", {"64": 64, "full": "full"}),
        ("bounded=yes,no", "bounded", {"yes": True, "no": False}),
        ("init=content,noise", "init", {"content": "content", "noise": "noise"}),
        ("network=vgg19", "network", {"vgg19": "vgg19"}),
        ("ratio=1e-3,1e-4", "ratio", {"1e-3": 1e-3, "1e-4": 1e-4}),
        ("quality=draft,best", "quality", {"draft": "draft", "best": "best"}),
        ("preset=default,gatys-2015", "preset", {"default": "default", "gatys-2015": "gatys-2015"}),
        (
            "style-layers=conv1_1+conv2_1,conv3_1",
            "style_layers",
            {"conv1_1+conv2_1": ("conv1_1", "conv2_1"), "conv3_1": ("conv3_1",)},
        ),
        ("style-weight=100,1e2,1e3", "style_weight", {"100": 100.0, "1e3": 1000.0}),
    ],
)
def test_values_are_read_as_their_options_are(written: str, name: str, values: dict[str, object]) -> None:
    assert parse_variations([written]) == {name: values}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ([], "nothing to vary"),
        (["style-weight"], "has no values"),
        (["style-weight="], "has no values"),
        (["style-weigth=1"], "'style-weight'"),
        (["style-weight=1", "style_weight=2"], "given twice"),
        (["style-weight=much"], "--vary style-weight=much: .*unable to convert .much. into float"),
        (["iterations=2.5"], "not a whole number"),
        (["bounded=perhaps"], "unable to convert .perhaps. into bool"),
        (["init=conten"], "Choose from: .content."),
        (["quality=quick"], "--vary quality=quick: .*Choose from: .draft., .normal., .best."),
        (["style=*.nothing"], r"style=\*\.nothing: there is no such style image"),
    ],
)
def test_what_cannot_be_varied_is_reported(written: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_variations(written)


def test_patterns_folders_and_names_stand_for_paintings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg", "c [1].png", "more/a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert parse_variations(["style=*.jpg"]) == {"style": {"a": Path("a.jpg"), "b": Path("b.jpg")}}
    assert parse_variations(["style=c [1].png,more"]) == {
        "style": {"c [1]": Path("c [1].png"), "a": Path("more/a.jpg")}
    }
    assert list(parse_variations(["style=*.jpg,more"])["style"]) == ["a.jpg", "b", "more/a.jpg"]
