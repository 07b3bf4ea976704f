"""Names that are no UTF-8 in the commands that write more than pictures, and names that look like formulas."""

from __future__ import annotations

import csv
import html
import json
import os
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from brushwork.cli.main import main
from brushwork.cli.output import write_table
from brushwork.cli.plot import plot_losses
from brushwork.cli.streams import ON_STDERR, ON_STDOUT
from brushwork.encoders.weights.read import read_state_dict
from brushwork.feedforward.model import StyleModel, load_model, save_model
from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.feedforward.networks.registry import build_network
from brushwork.images import write_image
from brushwork.training import builders
from tiny_network import picture, tiny_network

Run = Callable[..., Any]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")


def foreign(name: str) -> str:
    """The name with every é as the one byte that Latin-1 has for it."""
    return os.fsdecode(name.encode("latin-1"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process, with the error handlers of its own streams."""

    def run(*arguments: str) -> tuple[int, str, str]:
        streams = [TextIOWrapper(BytesIO(), "utf-8", handler) for handler in (ON_STDOUT, ON_STDERR)]
        for name, stream in zip(("stdout", "stderr"), streams, strict=True):
            monkeypatch.setattr(sys, name, stream)
        code = main(arguments)
        for stream in streams:
            stream.flush()
        return code, *(os.fsdecode(stream.buffer.getvalue()) for stream in streams)  # type: ignore[attr-defined]

    return run


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "jpg", "webp"])
def test_losses_are_drawn(tmp_path: Path, ending: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / foreign(f"é$_^.{ending}")
    plot_losses(path, path.stem, "iterations", {"total": ([1, 2], [2.0, 1.0])})
    assert path.stat().st_size > 1000


@pytest.mark.parametrize("ending", ["md", "csv", "json"])
def test_tables_are_written(tmp_path: Path, ending: str) -> None:
    path = tmp_path / foreign(f"é.{ending}")
    write_table([{"result": foreign("é.png"), "ssim": 0.5}], path)
    text = path.read_text(encoding="utf-8")
    if ending == "json":
        assert json.loads(text) == [{"result": foreign("é.png"), "ssim": 0.5}]
    elif ending == "csv":
        assert list(csv.reader(text.splitlines())) == [["result", "ssim"], [r"\xe9.png", "0.5"]]
    else:
        assert r"| \xe9.png | 0.5 |" in text


@pytest.mark.slow
def test_a_sweep_names_its_pictures_and_its_commands_run(workdir: Path, run: Run, runner: Any) -> None:
    (workdir / "waves.png").rename(workdir / foreign("wavés.png"))
    small = ("--size", "32", "--iterations", "1", "--style-layers", "conv1_1", "--content-layers", "conv1_1")
    code, out, err = run("sweep", "photo.jpg", "--vary", "style=*.png", *small, "-o", foreign("é"))
    assert (code, out.splitlines()[0]) == (0, foreign("é/report.html")), err
    page = html.unescape((workdir / foreign("é") / "report.html").read_text(encoding="utf-8"))
    (command,) = (
        part.partition("</pre>")[0]
        for part in page.split("<pre>")
        if part.startswith("brushwork") and "wav" in part.partition("</pre>")[0]
    )
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True).stdout
    assert os.fsencode(foreign("wavés.png")) in words.split(b"\0")


@pytest.mark.slow
def test_a_model_is_trained_listed_and_painted_with(workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builders, "load_encoder_for", lambda *_: tiny_network())
    folder, model = foreign("photographiés"), foreign("é.safetensors")
    (workdir / folder).mkdir()
    for number in range(4):
        write_image(picture(number, 40, 44), workdir / folder / foreign(f"é{number}.png"))
    (workdir / "waves.png").rename(workdir / foreign("wavés.png"))
    few = ("--dataset", folder, "--iterations", "1", "--batch", "1", "--crop", "32", "--width", "2", "--blocks", "1")
    looks = ("--style-layers", "conv1_1", "--content-layers", "conv2_1", "--style-size", "40", "--device", "cpu")
    code, out, err = run("train", "johnson", foreign("wavés.png"), *few, *looks, "-o", model)
    assert (code, out) == (0, f"{model}\n"), err
    assert "after 1: " in err and r"\xe9-validation" in err
    assert load_model(workdir / model).provenance["styles"][0]["name"] == foreign("wavés.png")
    assert run("models", model, "--sheet", foreign("shéét.png"))[:2] == (0, foreign("shéét.png\n"))
    code, _, err = run("paint", "photo.jpg", "--model", model, "-o", foreign("oué.png"))
    assert code == 0, err
    assert (workdir / foreign("oué.png")).exists()


def test_weights_are_read(tmp_path: Path) -> None:
    settings = JohnsonConfig(width=2, blocks=1, norm="batch", border="reflect")
    model = StyleModel("wave", "johnson", settings, build_network(settings, 3), None, {}, "")
    save_model(model, tmp_path / foreign("é.safetensors"))
    assert read_state_dict(tmp_path / foreign("é.safetensors")).keys() == model.network.state_dict().keys()
