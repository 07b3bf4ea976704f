"""`brushwork evaluate`: which images are compared with which, and the tables."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from brushwork.images import read_metadata, write_image
from brushwork.jobs.manifest import make_source
from brushwork.jobs.rerun import ImageOrigin
from brushwork.metrics import EVALUATION_SIZE, Metrics
from tiny_job import TINY, picture, run_tiny_job, tiny_job

Run = Callable[..., Any]

FIGURES = {
    "lpips_alexnet": 0.5,
    "lpips_vgg16": 0.6,
    "content": 0.25,
    "ssim": 0.75,
    "psnr": float("inf"),
    "chroma_content": 0.1,
    "gram_style": 1.23456,
    "moments_style": 0.3,
    "sliced_style": 0.2,
    "frechet_style": 12.0,
    "chroma_style": 0.4,
}


class FakeEvaluator:
    """Records what it is called with."""

    def __init__(self) -> None:
        self.loaded: list[tuple[str, torch.device]] = []
        self.calls: list[dict[str, Any]] = []
        self.encoder = self
        self.name = "vgg16"

    def load(self, network: str, device: torch.device) -> FakeEvaluator:
        self.loaded.append((network, device))
        self.name = network
        return self

    def __call__(self, result: torch.Tensor, **options: Any) -> Metrics:
        self.calls.append({"result": result, **options})
        return Metrics(network=self.name, size=(60, 40), **FIGURES)


@pytest.fixture
def evaluator(monkeypatch: pytest.MonkeyPatch) -> FakeEvaluator:
    evaluator = FakeEvaluator()
    monkeypatch.setattr("brushwork.metrics.Evaluator", evaluator)
    return evaluator


@pytest.fixture
def external_result(workdir: Path) -> tuple[str, ...]:
    """A result that brushwork did not paint, and what it is compared with."""
    write_image(torch.full((1, 3, 40, 60), 0.4), workdir / "out.png")
    return ("out.png", "--content", "photo.jpg", "--style", "waves.png")


def write_result(folder: Path, name: str, method: str, **files: Any) -> None:
    """A result whose metadata name these files."""

    def source(file: str) -> dict[str, str]:
        return make_source(folder / file, (folder / name).parent)._asdict()

    data: dict[str, Any] = {"content": None, "init": None, "styles": [], "method": method, "network": "vgg19"}
    data |= {role: [*map(source, one)] if role == "styles" else source(one) for role, one in files.items()}
    write_image(torch.full((1, 3, 40, 60), 0.4), folder / name, metadata=json.dumps(data))


def test_the_three_pictures_reach_the_evaluator(
    run: Run, evaluator: FakeEvaluator, external_result: tuple[str, ...]
) -> None:
    outcome = run("evaluate", *external_result, "--network", "alexnet", "--size", "256", "--device", "cpu")
    assert outcome.code == 0
    assert evaluator.loaded == [("alexnet", torch.device("cpu"))]
    (call,) = evaluator.calls
    assert [round(call[name].mean().item(), 1) for name in ("result", "content", "style")] == [0.4, 0.2, 0.5]
    assert call["size"] == 256
    assert "comparing out.png with photo.jpg and waves.png" in outcome.err
    assert "size is -5: it must be 1 pixel or more" in run("evaluate", *external_result, "--size", "-5").err


def test_settings_of_paintings_are_not_for_measures(
    run: Run, evaluator: FakeEvaluator, external_result: tuple[str, ...], workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"SIZE": "full", "NETWORK": "alexnet", "STYLE": "wave", "OUTPUT": "table.md"}.items():
        monkeypatch.setenv(f"BRUSHWORK_{name}", value)
    outcome = run("evaluate", *external_result)
    assert (outcome.code, evaluator.loaded[0][0], evaluator.calls[0]["size"]) == (0, "vgg16", EVALUATION_SIZE)
    assert not (workdir / "table.md").exists()
    assert "wave" not in run("evaluate", "out.png", "--content", "photo.jpg").err


def test_without_a_terminal_it_prints_a_table_of_tabs(
    run: Run, evaluator: FakeEvaluator, external_result: tuple[str, ...]
) -> None:
    head, row = (line.split("\t") for line in run("evaluate", *external_result).out.splitlines())
    found = dict(zip(head, row, strict=True))
    assert (found["result"], found["network"], found["size"]) == ("out.png", "vgg16", "60×40")
    assert (found["gram_style"], found["psnr"]) == ("1.235", "inf")


def test_json_holds_every_figure(run: Run, evaluator: FakeEvaluator, external_result: tuple[str, ...]) -> None:
    (row,) = json.loads(run("evaluate", *external_result, "--json", "--quiet").out)
    assert (row["result"], row["content_image"], row["style_image"]) == ("out.png", "photo.jpg", "waves.png")
    assert (row["content"], row["gram_style"], row["psnr"], row["size"]) == (0.25, 1.23456, None, [60, 40])


@pytest.mark.parametrize("ending", ["md", "csv", "json"])
def test_a_table_goes_into_a_file_of_its_kind(
    run: Run, evaluator: FakeEvaluator, external_result: tuple[str, ...], ending: str, workdir: Path
) -> None:
    write_image(torch.full((1, 3, 40, 60), 0.4), workdir / "a|b.png")
    outcome = run("evaluate", "a|b.png", *external_result, "-o", f"table.{ending}")
    assert outcome.code == 0 and f"wrote table.{ending}" in outcome.err
    text = (workdir / f"table.{ending}").read_text()
    if ending == "md":
        head, rule, first, _ = text.splitlines()
        assert head.startswith("| result | content_image | style_image | network")
        assert rule.count("---:") == len(FIGURES)
        assert first.startswith("| a\\|b.png | photo.jpg")
    elif ending == "csv":
        rows = list(csv.DictReader(text.splitlines()))
        assert [row["result"] for row in rows] == ["a|b.png", "out.png"]
        assert float(rows[0]["gram_style"]) == 1.23456
    else:
        assert [row["result"] for row in json.loads(text)] == ["a|b.png", "out.png"]


def test_a_terminal_gets_meanings_or_one_line_each(
    run: Run, evaluator: FakeEvaluator, external_result: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "180")
    one = run("evaluate", *external_result).out
    assert "Learned perceptual distance" in one
    many = run("evaluate", "night.png", *external_result).out
    assert "Learned perceptual distance" not in many
    assert "night" in many
    assert "ssim ↑" in " ".join(many.split())


@pytest.mark.slow
def test_photograph_and_painting_are_those_of_the_metadata(run: Run, evaluator: FakeEvaluator, workdir: Path) -> None:
    run_tiny_job(tiny_job(workdir))
    outcome = run("evaluate", "out.png")
    assert outcome.code == 0
    (call,) = evaluator.calls
    assert (call["content"] - picture(1, 40, 60)).abs().max() < 0.01
    assert (call["style"] - picture(2, 50, 50)).abs().max() < 0.01
    assert "comparing out.png with photograph.png and painting.png" in outcome.err
    assert "are biased" not in outcome.err
    assert run("evaluate", "out.png", "--style", "waves.png").code == 0
    assert evaluator.calls[-1]["style"].mean().item() == pytest.approx(0.5, abs=0.01)


@pytest.mark.slow
def test_a_network_that_evaluates_its_own_result_is_warned_about(
    run: Run, evaluator: FakeEvaluator, workdir: Path
) -> None:
    run_tiny_job(tiny_job(workdir))
    assert "are biased" in run("evaluate", "out.png", "--network", "tiny").err


@pytest.mark.parametrize(
    ("optimized_with", "expected"),
    [(("vgg19-normalized",), "vgg16"), (("vgg16",), "alexnet"), (("vgg19", "vgg16-caffe"), "alexnet")],
)
def test_no_network_evaluates_its_own_result(
    run: Run,
    evaluator: FakeEvaluator,
    workdir: Path,
    monkeypatch: pytest.MonkeyPatch,
    optimized_with: tuple[str, ...],
    expected: str,
) -> None:
    names = dict(zip(("night.png", "waves.png"), optimized_with, strict=False))
    photo = workdir / "photo.jpg"
    monkeypatch.setattr("brushwork.jobs.read_origin", lambda path: ImageOrigin(photo, (photo,)))
    monkeypatch.setattr("brushwork.jobs.read_network", lambda path: names[path.name])
    outcome = run("evaluate", *names)
    assert outcome.code == 0
    assert [network for network, _ in evaluator.loaded] == [expected]
    assert "are biased" not in outcome.err


def test_the_normalized_network_is_the_original_one(
    run: Run, evaluator: FakeEvaluator, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = workdir / "photo.jpg"
    monkeypatch.setattr("brushwork.jobs.read_origin", lambda path: ImageOrigin(photo, (photo,)))
    monkeypatch.setattr("brushwork.jobs.read_network", lambda path: "vgg19-normalized")
    assert (
        "was optimized with vgg19-normalized, so its distances"
        in run("evaluate", "night.png", "--network", "vgg19").err
    )


@pytest.mark.slow
def test_several_paintings_need_a_choice(run: Run, evaluator: FakeEvaluator, workdir: Path) -> None:
    job = tiny_job(workdir, options=TINY)
    write_image(picture(3, 40, 40), workdir / "second.png")
    run_tiny_job(tiny_job(workdir, styles=(*job.styles, workdir / "second.png")))
    outcome = run("evaluate", "out.png")
    assert (outcome.code, evaluator.calls) == (2, [])
    assert "out.png was made with 2 style images: choose one of them with --style" in outcome.err


@pytest.mark.parametrize(
    ("method", "files", "arguments", "message"),
    [
        ("model", {"content": "photo.jpg"}, (), "without a style image: give what to compare it with: --style PAINT"),
        ("model", {"content": "photo.jpg"}, ("--style", "waves.png"), "with photo.jpg and waves.png"),
        ("texture", {"content": "waves.png"}, (), "--content PHOTO (the style's distances do not depend on the"),
        ("texture", {"content": "waves.png"}, ("--content", "photo.jpg"), "with photo.jpg and waves.png"),
        ("texture", {"content": "waves.png", "init": "photo.jpg"}, (), "with photo.jpg and waves.png"),
        ("texture-model", {}, (), "without a content image and a style image: give what to compare it with: --content"),
        ("texture-model", {}, ("--content", "photo.jpg", "--style", "waves.png"), "with photo.jpg and waves.png"),
        (
            "optimize",
            {"content": "photo.jpg", "styles": ["w.style"]},
            (),
            "the style of made.png is the style file w.style, which holds no picture: give --style PAINTING",
        ),
        ("optimize", {"content": "photo.jpg", "styles": ["w.style"]}, ("--style", "waves.png"), "and waves.png"),
    ],
)
def test_each_kind_of_result_says_what_it_lacks(
    run: Run,
    evaluator: FakeEvaluator,
    workdir: Path,
    method: str,
    files: dict[str, Any],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    (workdir / "w.style").write_bytes(b"a style")
    write_result(workdir, "made.png", method, **files)
    outcome = run("evaluate", "made.png", *arguments)
    assert message in outcome.err and len(outcome.err.splitlines()) == 1
    assert outcome.code == (0 if evaluator.calls else 2)


def test_the_rest_of_a_folder_is_evaluated(run: Run, evaluator: FakeEvaluator, workdir: Path) -> None:
    (workdir / "fold").mkdir()
    for name in ("a.png", "c.png"):
        write_result(workdir, f"fold/{name}", "optimize", content="photo.jpg", styles=["waves.png"])
    (workdir / "fold" / "b.png").write_bytes((workdir / "night.png").read_bytes())
    outcome = run("evaluate", "fold", "-o", "table.csv")
    assert outcome.code == 2 and len(evaluator.calls) == 2
    (error,) = (line for line in outcome.err.splitlines() if "error" in line)
    assert error.startswith("brushwork: error: fold/b.png holds no record of how it was painted")
    rows = list(csv.DictReader((workdir / "table.csv").read_text().splitlines()))
    assert [row["result"] for row in rows] == ["fold/a.png", "fold/c.png"]
    assert [row["content_image"] for row in rows] == ["photo.jpg"] * 2  # not fold/../photo.jpg
    *_, last = json.loads(run("evaluate", "fold", "--json").out)
    assert last["result"] == "fold/b.png" and last["error"].startswith("fold/b.png holds no record")


def test_a_result_that_cannot_be_measured_is_named(run: Run, evaluator: FakeEvaluator, workdir: Path) -> None:
    (workdir / "gone.jpg").write_bytes(b"no picture")
    outcome = run("evaluate", "night.png", "waves.png", "--content", "gone.jpg", "--style", "waves.png")
    assert outcome.code == 2 and outcome.out == "" and evaluator.calls == []
    assert "error: night.png: gone.jpg is not a picture" in outcome.err
    assert "error: waves.png: gone.jpg is not a picture" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no result was given"),
        (("photo.jpg",), "Or give the images to compare photo.jpg with: --content PHOTO --style PAINTING"),
        (("photo.jpg", "-o", "table.xls"), "the table is table.xls: it must end in .md, .csv, .json"),
        (("photo.jpg", "-o", "nowhere/table.md"), "the folder nowhere does not exist"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(
    run: Run, evaluator: FakeEvaluator, workdir: Path, arguments: tuple[str, ...], message: str
) -> None:
    outcome = run("evaluate", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert evaluator.calls == []


def test_missing_weights_say_how_they_are_got(
    run: Run, external_result: tuple[str, ...], workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRUSHWORK_CACHE", str(workdir / "cache"))
    outcome = run("evaluate", *external_result)
    assert outcome.code == 1
    assert "brushwork weights get alexnet vgg16" in outcome.err


def test_a_result_whose_photograph_has_moved_is_not_evaluated_by_its_own_network(
    run: Run, evaluator: FakeEvaluator, workdir: Path
) -> None:
    (workdir / "old.jpg").write_bytes((workdir / "photo.jpg").read_bytes())
    write_result(workdir, "out.png", "optimize", content="old.jpg", styles=["waves.png"])
    data = json.loads(read_metadata(workdir / "out.png") or "") | {"network": "vgg16"}
    write_image(torch.full((1, 3, 40, 60), 0.4), workdir / "out.png", metadata=json.dumps(data), overwrite=True)
    (workdir / "old.jpg").unlink()
    assert run("evaluate", "out.png", "--content", "photo.jpg", "--style", "waves.png").code == 0
    assert [network for network, _ in evaluator.loaded] == ["alexnet"]
