"""The plot of the losses, and the timelapse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from brushwork.cli.callbacks import FRAMES, LARGEST_SIDE, IntermediateImages, ResumeNote, Timelapse, to_pillow
from brushwork.cli.plot import LossPlot, require_plottable
from brushwork.errors import InputError
from brushwork.images import resize
from brushwork.images.geometry import Size
from brushwork.jobs import Started
from brushwork.optim import OptimizationStep
from brushwork.recipes import Progress, ScheduleLevel
from brushwork.types import LossValues


def way(levels: tuple[ScheduleLevel, ...]) -> list[Progress]:
    """Every step; the picture turns from black to white."""
    steps = []
    budget = sum(level.iterations for level in levels)
    for place, level in enumerate(levels):
        for index in range(1, level.iterations + 1):
            done = len(steps) / (budget - 1)
            image = torch.full((1, 3, *level.size), done)
            losses = LossValues(
                torch.tensor(2.0 - done), {"style": torch.tensor(1.0), "content": torch.tensor(1.0 - done)}
            )
            steps.append(Progress(levels, place, OptimizationStep(index, losses, image, image), None))  # type: ignore[arg-type]
    return steps


def started(alpha: torch.Tensor) -> Started:
    """The begin of a run whose result has an alpha channel."""
    return Started(torch.device("cpu"), 1, alpha=alpha)


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_the_timelapse_ends_with_the_picture_at_its_size(tmp_path: Path, ending: str) -> None:
    film = Timelapse(tmp_path / f"film{ending}")
    for progress in way((ScheduleLevel(Size(10, 20), 300), ScheduleLevel(Size(20, 40), 100))):
        film.on_event(progress)
    film.on_end()
    with Image.open(tmp_path / f"film{ending}") as found:
        assert found.size == (40, 20)
        frames: int = found.n_frames  # type: ignore[attr-defined]
        assert FRAMES * 0.5 < frames <= FRAMES + 2
        found.seek(0)
        assert found.convert("L").getpixel((5, 5)) < 10  # type: ignore[operator]
        found.seek(frames - 1)
        assert found.convert("L").getpixel((5, 5)) > 250  # type: ignore[operator]


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_every_frame_of_a_timelapse_is_as_transparent_as_the_photograph(tmp_path: Path, ending: str) -> None:
    film = Timelapse(tmp_path / f"film{ending}")
    film.on_event(started(torch.linspace(0, 1, 40).expand(1, 1, 20, 40)))
    steps = way((ScheduleLevel(Size(10, 20), 30), ScheduleLevel(Size(20, 40), 30)))
    texture = torch.rand(1, 3, 20, 40, generator=torch.Generator().manual_seed(0))
    for place, progress in enumerate(steps):
        image = resize(texture, Size.of(progress.image)) * (0.5 + place / (2 * len(steps)))
        film.on_event(progress._replace(step=progress.step._replace(displayed=image)))
    film.on_end()
    expected = [255 * column / 39 for column in range(40)]
    if ending == ".gif":
        expected = [255.0 * (level >= 127.5) for level in expected]
    with Image.open(tmp_path / f"film{ending}") as found:
        for number in range(found.n_frames):  # type: ignore[attr-defined]
            found.seek(number)
            alpha = found.convert("RGBA").getchannel("A")
            assert alpha.size == (40, 20)
            for row in (0, 19):
                levels = [alpha.getpixel((column, row)) for column in range(40)]
                assert levels == pytest.approx(expected, abs=0.5)


def test_numbered_pictures_are_as_transparent_as_the_photograph(tmp_path: Path) -> None:
    numbered = IntermediateImages(tmp_path / "out.png", 3)
    numbered.on_event(started(alpha := torch.linspace(0, 1, 40).expand(1, 1, 20, 40)))
    for progress in way((ScheduleLevel(Size(10, 20), 3), ScheduleLevel(Size(20, 40), 6))):
        numbered.on_event(progress)
    found = sorted(tmp_path.iterdir())
    assert [one.stem for one in found] == ["out-3", "out-6", "out-9"]
    for path, size in zip(found, [Size(10, 20), Size(20, 40), Size(20, 40)], strict=True):
        with Image.open(path) as picture:
            assert (picture.mode, picture.size) == ("RGBA", (size.width, size.height))
            expected = resize(alpha, size, clamp=True).mul(255).round()[0, 0]
            assert torch.equal(torch.from_numpy(np.array(picture.getchannel("A"))).float(), expected)


@pytest.mark.parametrize(("done", "saved"), [(0, ["out-1", "out-2", "out-3"]), (1, ["out-2", "out-3"])])
def test_every_numbered_picture_is_written_also_by_a_resumed_run(tmp_path: Path, done: int, saved: list[str]) -> None:
    numbered, (level,) = IntermediateImages(tmp_path / "out.png", 1), (ScheduleLevel(Size(10, 20), 3),)
    numbered.on_event(started(None)._replace(done=done))
    for progress in way((level,)):
        if progress.iterations > done:
            numbered.on_event(progress)
    assert [one.stem for one in sorted(tmp_path.iterdir())] == saved


def test_frames_come_close_together_in_the_beginning(tmp_path: Path) -> None:
    film = Timelapse(tmp_path / "film.gif")
    seen: list[float] = []
    for progress in way((ScheduleLevel(Size(4, 4), 1000),)):
        before = len(film._frames)
        film.on_event(progress)
        seen += [progress.iterations] if len(film._frames) > before else []
    assert sum(spent <= 250 for spent in seen) == pytest.approx(FRAMES / 2, abs=2)


@pytest.mark.parametrize("done", [5, 500, 999])
def test_a_resumed_timelapse_has_the_frames_that_are_still_to_come(tmp_path: Path, done: int) -> None:
    seen: dict[int, list[int]] = {}
    for first in (0, done):
        film = Timelapse(tmp_path / "film.gif")
        film.on_event(started(None)._replace(iterations=1000, done=first))
        for progress in way((ScheduleLevel(Size(4, 4), 1000),))[first:]:
            before = len(film._frames)
            film.on_event(progress)
            seen.setdefault(first, []).extend([progress.iterations] * (len(film._frames) - before))
    assert seen[done] == [iteration for iteration in seen[0] if iteration > done]


@pytest.mark.parametrize(("done", "message"), [(0, ""), (7, "a.png and b.gif will begin at iteration 8, where")])
def test_where_a_resumed_plot_begins_is_said(done: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    ResumeNote([Path("a.png"), Path("b.gif")]).on_event(started(None)._replace(iterations=9, done=done))
    found = capsys.readouterr().err
    assert found.startswith(message) and bool(found) == bool(message)


def test_a_large_image_timelapse_is_made_smaller(tmp_path: Path) -> None:
    film = Timelapse(tmp_path / "film.gif")
    (progress,) = way((ScheduleLevel(Size(8, 8), 2),))[:1]
    film.on_event(progress._replace(levels=(ScheduleLevel(Size(1000, 3000), 2),)))
    film.on_end()
    with Image.open(tmp_path / "film.gif") as found:
        assert found.size == (LARGEST_SIDE, LARGEST_SIDE // 3)


def test_nothing_left_to_paint_is_no_film(tmp_path: Path) -> None:
    Timelapse(tmp_path / "film.gif").on_end()
    assert not list(tmp_path.iterdir())


def test_pictures_are_rounded_to_8_bits() -> None:
    picture = to_pillow(torch.tensor([0.0, 0.5, 1.2]).view(1, 3, 1, 1))
    assert picture.getpixel((0, 0)) == (0, 128, 255)


def test_a_film_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    film = Timelapse(tmp_path / "no folder" / "film.gif")
    film.on_event(way((ScheduleLevel(Size(4, 4), 2),))[0])
    with pytest.raises(InputError, match=r"the folder .* does not exist"):
        film.on_end()


def test_a_film_that_cannot_be_finished_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Any, file: Path, **_: Any) -> None:
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    (tmp_path / "film.gif").write_bytes(b"before")
    film = Timelapse(tmp_path / "film.gif")
    film.on_event(way((ScheduleLevel(Size(4, 4), 2),))[0])
    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(InputError, match=r"film\.gif cannot be written: the disk of .* is full"):
        film.on_end()
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("film.gif", b"before")]


def test_a_plot_that_cannot_be_finished_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    def full(self: Any, file: Any, **_: Any) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    (tmp_path / "losses.png").write_bytes(b"before")
    monkeypatch.setattr(Figure, "savefig", full)
    losses = LossPlot(tmp_path / "losses.png", "out")
    losses.on_event(way((ScheduleLevel(Size(4, 4), 2),))[0])
    with pytest.raises(InputError, match=r"losses\.png cannot be written: the disk of .* is full"):
        losses.on_end()
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("losses.png", b"before")]


def test_without_a_step_the_plot_of_before_stays(tmp_path: Path) -> None:
    path = tmp_path / "loss.png"
    path.write_bytes(b"before")
    LossPlot(path, "cat").on_end()
    assert path.read_bytes() == b"before"


def test_the_plot_has_a_curve_for_every_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.axes import Axes

    drawn: dict[str, tuple[list[int], list[float]]] = {}
    plot = Axes.plot

    def spy(self: Axes, x: Any, y: Any, **style: Any) -> Any:
        drawn[style["label"]] = (list(x), list(y))
        return plot(self, x, y, **style)

    monkeypatch.setattr(Axes, "plot", spy)
    losses = LossPlot(tmp_path / "losses.png", "out")
    for progress in way((ScheduleLevel(Size(4, 4), 3), ScheduleLevel(Size(8, 8), 2))):
        losses.on_event(progress)
    losses.on_end()
    assert drawn["total"] == ([1, 2, 3, 4, 5], pytest.approx([2.0, 1.75, 1.5, 1.25, 1.0]))
    assert drawn.keys() == {"total", "style", "content"}
    with Image.open(tmp_path / "losses.png") as found:
        assert min(found.size) > 300


def test_a_term_that_comes_later_keeps_its_place(tmp_path: Path) -> None:
    losses = LossPlot(tmp_path / "losses.svg", "out")
    first, second = way((ScheduleLevel(Size(4, 4), 2),))
    losses.on_event(first)
    terms = {**second.step.losses.terms, "late": torch.tensor(1.0)}
    losses.on_event(second._replace(step=second.step._replace(losses=LossValues(second.step.losses.total, terms))))
    assert [len(column) for column in losses._losses.values()] == [2, 2, 2, 2]
    losses.on_end()
    assert "<svg" in (tmp_path / "losses.svg").read_text()


def test_a_plot_needs_a_known_ending() -> None:
    require_plottable(Path("losses.pdf"))
    with pytest.raises(InputError, match=r"--plot is losses: it must end in \.png"):
        require_plottable(Path("losses"))
