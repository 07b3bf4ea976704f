"""A new loss or recipe is one file in the package: the command has it, under masks, in tiles and in the help."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

import brushwork
from brushwork.images import Size, read_image, read_metadata, write_image
from fork_server import ForkServerProcess
from tiny_network import picture
from tolerances import THROUGH_VGG

SOURCE, SUPPORT = Path(brushwork.__file__).parent, Path(__file__).parents[1] / "support"
TOYS = {"losses": "toy_loss.py", "recipes": "toy_recipe.py"}

TINY = """
import sys
from brushwork.devices import memory
from brushwork.jobs import plan
from brushwork.options import encoder
from tiny_network import tiny_network
encoder.load_encoder_for = lambda *_, **__: tiny_network()
memory.allocated_memory = plan.allocated_memory = lambda device: 0
from brushwork.cli.main import main
sys.exit(main(sys.argv[1:]))"""
"""The command, with a tiny network for the encoder; memory is that of the job alone."""

SMALL = ("--min-size", "0", "--history", "2", "--style-layers", "conv1_1", "pool2", "--quiet")
LARGE = 480
LESS = 10_000_000
"""Bytes less than the whole image takes at that size; the network's features take some 20 MB."""
ROUNDING = 1 / 255
"""Of a sample of the files that are compared."""

Command = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with both toys, two pictures and a mask."""
    folder = tmp_path_factory.mktemp("one-file")
    package = folder / "package" / "brushwork"
    package.mkdir(parents=True)
    for entry in SOURCE.iterdir():
        if entry.name not in TOYS:
            (package / entry.name).symlink_to(entry)
    for name, toy in TOYS.items():
        shutil.copytree(SOURCE / name, package / name)
        shutil.copy(SUPPORT / toy, package / name)
    write_image(picture(1, 40, 60), folder / "photo.png")
    write_image(picture(2, 50, 50), folder / "painting.png")
    mask = torch.zeros(1, 3, 40, 60)
    mask[..., :30] = 1
    write_image(mask, folder / "left.png")
    return folder


@pytest.fixture(scope="module")
def paint(folder: Path) -> Iterator[Command]:
    """Run `brushwork paint` of the copy, or another command, and return what it printed."""

    paths = os.pathsep.join(map(str, (folder / "package", SUPPORT)))
    environment = {**os.environ, "PYTHONPATH": paths, "COLUMNS": "300"}
    server = ForkServerProcess(environment)

    def run(*arguments: str, command: str = "paint") -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            done = server.run("-c", TINY, command, *arguments, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    yield run
    server.close()


@pytest.mark.slow
def test_both_are_in_the_help(paint: Command) -> None:
    shown = paint("--help-all")
    assert "toy (means alone)" in shown and "gram (Gram matrices)" in shown
    assert "toy (style without content)" in shown and "--toy-factor" in shown


@pytest.mark.slow
def test_the_loss_paints_everywhere_and_under_a_mask(paint: Command, folder: Path) -> None:
    given = ("photo.png", "painting.png", "--content-layers", "conv2_1", "--loss", "toy", "--size", "96", *SMALL)
    paint(*given, "--iterations", "2", "-o", "all.png")
    story = read_metadata(folder / "all.png") or ""
    assert '"toy:conv1_1"' in story and "style:" not in story
    alone = ("--content-weight", "0", "--tv-weight", "0", "--region", "left.png")
    for iterations in ("1", "12"):
        paint(*given, *alone, "--iterations", iterations, "-o", f"{iterations}.png")
    begun, after = (read_image(folder / name).image for name in ("1.png", "12.png"))
    moved = (after - begun).abs()
    # Where the network sees nothing of the masked half, pixels have no gradient.
    assert moved[..., :32].mean() > ROUNDING and moved[..., -32:].max() == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "given", [("--loss", "toy", "--content-layers", "conv2_1"), ("--method", "toy", "--toy-factor", "2")]
)
def test_in_tiles_the_result_is_the_same(given: tuple[str, ...], paint: Command, folder: Path) -> None:
    large = ("photo.png", "painting.png", "--size", str(LARGE), "--iterations", "2", *SMALL, *given)
    enough = json.loads(paint(*large, "--json", "-o", "planned.png", command="plan"))["memory"]
    paint(*large, "--force", "-o", "whole.png")
    paint(*large, "--force", "-o", "tiles.png", "--memory", str(enough - LESS))
    whole, tiles = (json.loads(read_metadata(folder / name) or "") for name in ("whole.png", "tiles.png"))
    assert whole["tiling"] is None and tiles["tiling"]["side"] < LARGE
    # After one step: pixels may differ where a rectification decides otherwise, losses do not.
    assert tiles["result"]["losses"] == pytest.approx(whole["result"]["losses"], rel=THROUGH_VGG)
    assert any(name.startswith(("toy:", "style:")) for name in whole["result"]["losses"])
    assert Size.of(read_image(folder / "tiles.png").image) == Size(320, LARGE)
