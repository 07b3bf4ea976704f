"""`brushwork paint`: which pictures are meant, where they go, what is printed."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from brushwork.errors import DivergedError, InputError, WeightsError
from brushwork.images import write_image
from brushwork.jobs import Job, JobEvent, run_job
from brushwork.recipes import Progress
from brushwork.storage.pipes import STDIN
from tiny_job import TINY
from tiny_network import tiny_network

Run = Callable[..., Any]


def jobs(runner: Any) -> list[tuple[str, tuple[str, ...], str]]:
    return [(job.content.name, tuple(one.name for one in job.styles), str(job.output)) for job in runner.jobs]


def test_two_pictures_are_enough(runner: Any, workdir: Path, run: Run) -> None:
    outcome = run("paint", "photo.jpg", "waves.png")
    assert outcome.code == 0
    assert outcome.out == "photo+waves.png\n"
    assert jobs(runner) == [("photo.jpg", ("waves.png",), "photo+waves.png")]
    assert (workdir / "photo+waves.png").is_file()
    assert not list(workdir.glob("*.checkpoint"))


def test_progress_and_the_device_are_reported_on_stderr(runner: Any, workdir: Path, run: Run) -> None:
    runner.note = "the first frame is used"
    lines = run("paint", "photo.jpg", "waves.png").err.splitlines()
    assert "painting on cpu (1 thread): 48×32 → 96×64, 15 iterations" in lines[0].replace("2 threads", "1 thread")
    assert "the first frame is used" in lines[1]
    assert "48×32, iteration 1/15, loss 1000" in lines[2]
    assert lines[-1] == "15 iterations in 0:02, loss 66.67"


def test_quiet_leaves_the_result_alone(runner: Any, workdir: Path, run: Run) -> None:
    outcome = run("paint", "photo.jpg", "waves.png", "--quiet")
    assert (outcome.out, outcome.err) == ("photo+waves.png\n", "")


def test_several_paintings_are_blended(runner: Any, workdir: Path, run: Run) -> None:
    assert run("paint", "photo.jpg", "waves.png", "night.png", "--style-blend", "1,3", "-o", "out.webp").code == 0
    assert jobs(runner) == [("photo.jpg", ("waves.png", "night.png"), "out.webp")]
    assert runner.job.options.style_blend == (1.0, 3.0)


def test_each_painting_can_give_a_picture(runner: Any, workdir: Path, run: Run) -> None:
    outcome = run("paint", "photo.jpg", "waves.png", "night.png", "--each", "-o", "painted")
    assert jobs(runner) == [
        ("photo.jpg", ("waves.png",), "painted/photo+waves.png"),
        ("photo.jpg", ("night.png",), "painted/photo+night.png"),
    ]
    assert outcome.out.split() == ["painted/photo+waves.png", "painted/photo+night.png"]
    assert "2/2 photo+night.png" in outcome.err


PASSED_OVER = "photos: 1 file is skipped, without an image file's ending (.txt).\n"


@pytest.fixture
def folders(workdir: Path) -> Path:
    for name in ("photos/b.jpg", "photos/a.png", "styles/x.png", "styles/y.png"):
        (workdir / name).parent.mkdir(exist_ok=True)
        write_image(torch.rand(1, 3, 33, 33), workdir / name)
    (workdir / "photos/notes.txt").write_text("no picture")
    (workdir / "photos/.hidden.png").touch()
    (workdir / "empty").mkdir()
    return workdir


def test_folders_stand_for_their_pictures(runner: Any, folders: Path, run: Run) -> None:
    outcome = run("paint", "photos", "styles", "-o", "painted/")
    assert outcome.code == 0
    assert outcome.err.startswith(PASSED_OVER)
    assert "is skipped" not in run("paint", "photos", "styles", "-o", "painted/", "--force", "--quiet").err
    assert [(content, *styles) for content, styles, _ in jobs(runner)][:4] == [
        ("a.png", "x.png"),
        ("a.png", "y.png"),
        ("b.jpg", "x.png"),
        ("b.jpg", "y.png"),
    ]


def test_a_folder_of_photographs_with_blended_paintings(runner: Any, folders: Path, run: Run) -> None:
    assert run("paint", "photos", "waves.png", "night.png").code == 0
    assert [output for *_, output in jobs(runner)] == ["a+waves+night.png", "b+waves+night.png"]


def test_several_photographs_are_named_with_style(runner: Any, folders: Path, run: Run) -> None:
    outcome = run("paint", "photo.jpg", "photos/a.png", "--style", "waves.png", "--style", "night.png", "-o", "out")
    assert outcome.code == 0
    assert [(content, styles) for content, styles, _ in jobs(runner)] == [
        ("photo.jpg", ("waves.png", "night.png")),
        ("a.png", ("waves.png", "night.png")),
    ]


def test_results_of_the_same_name_do_not_overwrite_each_other(runner: Any, folders: Path, run: Run) -> None:
    (folders / "photo.png").write_bytes((folders / "photo.jpg").read_bytes())
    assert run("paint", "photo.jpg", "photo.png", "--style", "waves.png", "-o", "out").code == 0
    assert [output for *_, output in jobs(runner)] == ["out/photo+waves.png", "out/photo+waves-2.png"]


@pytest.mark.parametrize("again", ["--resume", "--force"])
def test_results_in_the_folder_of_the_photographs_are_no_photographs(
    runner: Any, folders: Path, run: Run, again: str
) -> None:
    assert run("paint", "photos", "waves.png", "-o", "photos/").code == 0
    first = jobs(runner)
    outcome = run("paint", "photos", "waves.png", "-o", "photos/", again)
    assert outcome.code == 0
    assert jobs(runner) == first * 2
    assert "photos/a+waves.png and 1 more are results of this command, and no input." in outcome.err
    assert {one.name for one in (folders / "photos").glob("*.*g")} == {
        *("a.png", "a+waves.png", "b.jpg", "b+waves.png", ".hidden.png")
    }


@pytest.mark.parametrize("again", ["--resume", "--force"])
def test_numbered_pictures_in_the_folder_of_the_photographs_are_no_photographs(
    runner: Any, folders: Path, run: Run, again: str
) -> None:
    arguments = ("paint", "photos", "waves.png", "-o", "photos/", "--save-every", "10")
    assert run(*arguments).code == 0
    assert (folders / "photos/a+waves-10.png").exists()
    (folders / "photos/a-10.png").write_bytes((folders / "photos/a.png").read_bytes())
    first = jobs(runner)
    outcome = run(*arguments, again)
    assert outcome.code == 0
    assert jobs(runner)[len(first) :] == [("a-10.png", ("waves.png",), "photos/a-10+waves.png"), *first]
    assert "photos/a+waves-10.png and 3 more are results of this command, and no input." in outcome.err


def test_results_in_the_folder_of_the_paintings_are_no_paintings(runner: Any, folders: Path, run: Run) -> None:
    assert run("paint", "photo.jpg", "styles", "-o", "styles/").code == 0
    first = jobs(runner)
    assert run("paint", "photo.jpg", "styles", "-o", "styles/", "--resume", "-q").err == ""
    assert jobs(runner) == first * 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("photo.jpg",), "no style image was given: brushwork paint photo.jpg STYLE"),
        (("photos", "styles", "-o", "one.png"), "one.png is one file, but there may be several results"),
        (("photo.jpg", "waves.png", "night.png", "--each", "-o", "-"), "-o - writes one image to standard output"),
        (("empty", "waves.png"), "the folder empty holds no pictures"),
        (("photos", "waves.png", "--plot", "p.png"), "--plot and --timelapse show a single run"),
        (("photo.jpg", "waves.png", "--timelapse", "t.mp4"), "--timelapse is t.mp4: it must end in .gif or .webp"),
        (("photo.jpg", "waves.png", "--plot", "p.txt"), "--plot is p.txt: it must end in"),
        (("photo.jpg", "waves.png", "--plot", "no/p.png"), "the folder no of p.png does not exist"),
        (("photo.jpg", "waves.png", "--save-every", "0"), "save-every is 0: it must be 1 or more"),
        (("photo.jpg", "waves.png", "--threads", "0"), "threads is 0: it must be from 1 to 1024"),
        (("photo.jpg", "waves.png", "--threads", "-2"), "threads is -2: it must be from 1 to 1024"),
        (("photo.jpg", "waves.png", "--threads", "1e9"), "threads is 1000000000: it must be from 1 to 1024"),
        (("photo.jpg", "waves.png", "--memory", "much"), "much is not an amount of memory: write 4GB, 512MB or 2GiB"),
        (("photo.jpg", "waves.png", "--json", "-o", "-"), "--json and -o - both write to standard output"),
        (("photo.jpg", "waves.png", "-o", "photo.jpg/x/"), "the folder photo.jpg/x cannot be created"),
        (("photos", "waves.png", "-o", "photo.jpg/x"), "the folder photo.jpg/x cannot be created"),
        (("photo.jpg", "waves.png", "-o", "x" * 246 + ".png"), "cannot be written: the name is too long"),
    ],
)
def test_what_cannot_be_is_said_before_painting(
    runner: Any, folders: Path, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    outcome = run("paint", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert outcome.err.removeprefix(PASSED_OVER).startswith("brushwork: error: ")
    assert not runner.jobs


def test_a_missing_extra_is_named_before_painting(
    runner: Any, workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    outcome = run("paint", "photo.jpg", "waves.png", "--plot", "losses.png")
    assert outcome.code == 2
    assert "pip install 'brushwork[plot]'" in outcome.err
    assert not runner.jobs


@pytest.mark.parametrize(
    "flags",
    [
        ("-o", "x.png", "--plot", "./x.png"),
        ("-o", "x.webp", "--timelapse", "x.webp"),
        ("-o", "x.png", "--plot", "both.webp", "--timelapse", "both.webp"),
        ("-o", "x.png", "--plot", "photo.jpg"),
        ("-o", "x.png", "--plot", "link.png"),
        ("-o", "new.png", "--save-every", "5"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("allowed", ["--force", "--resume"])
def test_no_file_of_a_run_replaces_another_one(
    runner: Any, workdir: Path, run: Run, flags: tuple[str, ...], allowed: str
) -> None:
    pytest.importorskip("matplotlib")
    (workdir / "link.png").symlink_to("waves.png")
    (workdir / "new-10.png").write_bytes((workdir / "night.png").read_bytes())
    before = {one.name: one.read_bytes() for one in workdir.iterdir()}
    outcome = run("paint", "photo.jpg", "waves.png", "new-10.png", *flags, allowed)
    assert outcome.code == 2
    printed = "would replace another file of this run"
    assert ("--save-every would replace the input new-10.png" if "--save-every" in flags else printed) in outcome.err
    assert {one.name: one.read_bytes() for one in workdir.iterdir()} == before
    assert not runner.jobs


@pytest.mark.parametrize("name", ["new-2024.png", "new-99.png", "new-10-b.png", "new-10.jpg", "new-010.png"])
def test_a_picture_that_no_numbered_one_replaces_is_painted(runner: Any, workdir: Path, run: Run, name: str) -> None:
    (workdir / "photo.jpg").rename(workdir / name)
    assert run("paint", name, "waves.png", "-o", "new.png", "--save-every", "5").code == 0
    assert jobs(runner) == [(name, ("waves.png",), "new.png")]


@pytest.mark.parametrize(("flag", "file"), [("--plot", "night.png"), ("--timelapse", "film.gif")])
def test_a_file_that_exists_is_reported_with_its_flag(
    runner: Any, workdir: Path, run: Run, flag: str, file: str
) -> None:
    pytest.importorskip("matplotlib")
    (workdir / file).touch()
    outcome = run("paint", "photo.jpg", "waves.png", flag, file)
    assert f"{file} already exists: choose another name with {flag}, continue with" in outcome.err
    assert not runner.jobs


@pytest.mark.parametrize("taken", ["photo+waves.png", "film.gif", "photo+waves-05.png"])
def test_nothing_is_overwritten_without_force(runner: Any, workdir: Path, run: Run, taken: str) -> None:
    (workdir / taken).write_text("precious")
    arguments = ("paint", "photo.jpg", "waves.png", "--timelapse", "film.gif", "--save-every", "5")
    outcome = run(*arguments)
    assert outcome.code == 2
    assert f"{taken} already exists" in outcome.err
    assert (workdir / taken).read_text() == "precious"
    assert not runner.jobs
    assert run(*arguments, "--force").code == 0
    assert runner.job.overwrite
    assert (workdir / taken).read_bytes() != b"precious"


def test_resuming_is_left_to_the_job(runner: Any, workdir: Path, run: Run) -> None:
    (workdir / "photo+waves.png").touch()
    assert run("paint", "photo.jpg", "waves.png", "--resume", "--memory", "2GiB", "--checkpoint-every", "5").code == 0
    assert runner.options == [{"resume": True, "checkpoint_every": 5.0, "memory": 2**31}]
    assert not runner.job.overwrite


def test_json_is_one_document(runner: Any, workdir: Path, run: Run) -> None:
    runner.note = "a note"
    outcome = run("paint", "photo.jpg", "waves.png", "--json", "--seed", "3")
    document = json.loads(outcome.out)
    assert document["output"] == "photo+waves.png"
    assert document["size"] == [96, 64]
    assert document["levels"] == [{"size": [48, 32], "iterations": 10}, {"size": [96, 64], "iterations": 5}]
    assert document["loss"] == pytest.approx(1000 / 15)
    assert document["losses"].keys() == {"style:conv1_1", "content:conv4_2"}
    assert (document["iterations"], document["seconds"], document["device"]) == (15, 2.5, "cpu")
    assert document["notes"] == ["a note"]
    assert (document["method"], document["options"]["seed"]) == ("optimize", 3)


def test_of_several_pictures_one_may_fail(runner: Any, folders: Path, run: Run) -> None:
    runner.failure, runner.fails_at = WeightsError("no weights"), 3
    outcome = run("paint", "photos", "waves.png", "--json")
    assert outcome.code == 1
    assert outcome.err.count("error: ") == 2
    assert [(one["output"], one["error"]) for one in json.loads(outcome.out)] == [
        ("a+waves.png", "no weights"),
        ("b+waves.png", "no weights"),
    ]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (InputError("the photo is bad"), 2),
        (WeightsError("no weights"), 1),
        (DivergedError("away it went", torch.zeros(1, 3, 4, 4)), 1),
        (RuntimeError("oh"), 1),
        (MemoryError("no room"), 1),
    ],
)
def test_a_failure_is_one_line_and_a_code(runner: Any, workdir: Path, run: Run, failure: Exception, code: int) -> None:
    runner.failure, runner.fails_at = failure, 2
    outcome = run("paint", "photo.jpg", "waves.png", "-q")
    assert (outcome.code, outcome.out) == (code, "")
    assert str(failure) in outcome.err
    assert outcome.err.count("\n") == 1


def test_what_was_added_to_an_error_is_said(runner: Any, workdir: Path, run: Run) -> None:
    for failure, code in ((WeightsError("no weights."), 1), (KeyboardInterrupt(), 130)):
        failure.add_note("The image so far could not be saved completely: no room")
        runner.failure, runner.fails_at = failure, 2
        outcome = run("paint", "photo.jpg", "waves.png", "-q", "--force")
        assert outcome.code == code
        assert "could not be saved completely: no room" in outcome.err


def test_ctrl_c_keeps_the_picture_and_says_how_to_go_on(runner: Any, workdir: Path, run: Run) -> None:
    runner.failure, runner.fails_at = KeyboardInterrupt(), 4
    outcome = run("paint", "photo.jpg", "waves.png", "-o", "my picture.png", "-q")
    assert outcome.code == 130
    assert (workdir / "my picture.png").is_file()
    assert "interrupted; the image so far is in my picture.png" in outcome.err
    assert "continue with: brushwork paint photo.jpg waves.png -o 'my picture.png' -q --resume" in outcome.err
    outcome = run("paint", "-q", "--force", "--", "photo.jpg", "waves.png")
    assert "continue with: brushwork paint -q --force --resume -- photo.jpg waves.png" in outcome.err


def test_what_an_earlier_run_left_is_not_what_this_one_saved(
    runner: Any, workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.failure, runner.fails_at = KeyboardInterrupt(), 4
    assert "interrupted; the image so far is in x.png" in run("paint", "photo.jpg", "waves.png", "-o", "x.png").err
    before = (workdir / "x.png").read_bytes()

    def interrupted(job: Job, **_: Any) -> Iterator[JobEvent]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("brushwork.jobs.run_job", interrupted)
    outcome = run("paint", "photo.jpg", "waves.png", "-o", "x.png", "--seed", "9", "--force")
    assert outcome.err == "brushwork: interrupted; nothing was saved.\n"
    assert (workdir / "x.png").read_bytes() == before
    outcome = run("paint", "photo.jpg", "waves.png", "-o", "x.png", "--resume")
    assert "interrupted; the image so far is in x.png" in outcome.err and "--resume" in outcome.err


def test_a_picture_without_its_checkpoint_is_reported(workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.EFBIG, "File too large")

    def interrupted(job: Job, **_: Any) -> Iterator[JobEvent]:
        with closing(run_job(replace(job, options=TINY), network=tiny_network())) as events:
            for event in events:
                yield event
                if isinstance(event, Progress):
                    raise KeyboardInterrupt

    monkeypatch.setattr("brushwork.jobs.checkpoint.replace_tensors", full)
    monkeypatch.setattr("brushwork.jobs.run_job", interrupted)
    outcome = run("paint", "photo.jpg", "waves.png", "-o", "x.png", "-q")
    assert outcome.code == 130
    assert outcome.err == "brushwork: interrupted; the image so far is in x.png.\n"


def test_a_picture_comes_and_goes_through_pipes(
    runner: Any, workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = (workdir / "photo.jpg").read_bytes()
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(sent)))
    received = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(received))
    assert run("paint", "-", "waves.png", "-o", "-").code == 0
    assert Image.open(BytesIO(received.getvalue())).format == "PNG"
    assert runner.job.content == STDIN
    assert not runner.job.output.exists(), "the copy of what was sent is gone"
    assert sorted(file.name for file in workdir.iterdir()) == ["night.png", "photo.jpg", "waves.png"]


def test_pictures_are_kept_on_the_way(runner: Any, workdir: Path, run: Run) -> None:
    assert run("paint", "photo.jpg", "waves.png", "--save-every", "4", "-o", "out.png").code == 0
    kept = sorted(file.name for file in workdir.glob("out-*.png"))
    assert kept == ["out-04.png", "out-08.png", "out-12.png"]
    with Image.open(workdir / "out-12.png") as last:
        assert (last.size, last.getpixel((0, 0))) == ((96, 64), (153, 153, 153))


def test_a_plot_that_cannot_be_written_leaves_a_painting_that_is_reported(
    runner: Any, workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise InputError("film.gif cannot be written: the disk is full.")

    monkeypatch.setattr("brushwork.cli.callbacks.Timelapse.on_end", full)
    outcome = run("paint", "photo.jpg", "waves.png", "--timelapse", "film.gif")
    assert (outcome.code, outcome.out) == (2, "photo+waves.png\n")
    assert "brushwork: error: film.gif cannot be written" in outcome.err
    outcome = run("paint", "photo.jpg", "waves.png", "--timelapse", "film.gif", "--force", "--json")
    document = json.loads(outcome.out)
    assert (outcome.code, document["output"]) == (2, "photo+waves.png")
    assert "film.gif cannot be written" in document["error"] and document["loss"] > 0
