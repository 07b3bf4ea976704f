"""The command, as a user meets it."""

from __future__ import annotations

import json
import os
from io import BytesIO, TextIOWrapper
from pathlib import Path
from threading import Thread

import pytest

from brushwork import devices
from brushwork.cli.main import main
from brushwork.images import Size, write_image
from brushwork.video.clip_file import open_clip
from brushwork.video.events import PreviewFinished
from tiny_films import panned, write_clip
from tiny_network import picture


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    """A folder with a film of four frames and a painting."""
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "clip.mp4", panned(4), seconds_of_sound=0.3)
    write_image(picture(1, 40, 50), tmp_path / "painting.png")
    return tmp_path


def refused(capfd, *words: str) -> str:
    """The one line with which a command refuses."""
    assert main(["video", *words]) == 2
    (line,) = capfd.readouterr().err.strip().splitlines()
    return line


@pytest.mark.slow
def test_a_film_is_painted_after_any_painting(workdir, capfd, monkeypatch):
    kept = []
    monkeypatch.setattr(devices, "keep_memory", lambda: kept.append(True))
    assert main(["video", "clip.mp4", "painting.png", "--size", "40", "--device", "cpu", "--json"]) == 0
    printed = capfd.readouterr()
    document = json.loads(printed.out)
    assert (document["frames"], document["painted"]) == (4, 4) and "frames of 52×40" in printed.err
    assert open_clip(workdir / document["path"]).info.size == Size(40, 52)
    assert main(["video", "clip.mp4", "painting.png", "--size", "40", "--resume", "-q"]) == 0
    assert capfd.readouterr().out.strip() == "clip+painting.mp4"
    assert kept == [True, True]


@pytest.mark.slow
def test_frames_are_optimized(workdir, capfd):
    words = ["--optimize", "--size", "40", "--first", "2", "--later", "2", "--min-size", "0", "--end", "0.2"]
    assert (
        main(
            ["video", "clip.mp4", "painting.png", *words, "-o", "out.mkv", "--keep-frames", "--save-flow", "flow", "-q"]
        )
        == 0
    )
    assert len(list((workdir / "out-frames").glob("*.png"))) == 3
    assert len(list((workdir / "flow").iterdir())) == 2 * 3  # two pairs


def test_a_plan_writes_nothing(workdir, capfd):
    assert main(["video", "clip.mp4", "painting.png", "--size", "40", "--dry-run", "--json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["frames"] == 4 and document["shots"] == 1 and document["seconds"] > 0
    assert sorted(one.name for one in workdir.iterdir()) == ["clip.mp4", "painting.png"]


@pytest.mark.slow
def test_what_cannot_be_is_refused_in_one_line(workdir, capfd):
    assert "no style image was given" in refused(capfd, "clip.mp4")
    assert "still picture" in refused(capfd, "painting.png", "painting.png")
    (workdir / "clips").mkdir()
    (workdir / "clips" / "clip 2.mp4").symlink_to(workdir / "clip.mp4")
    assert "give one of them, clips/clip 2.mp4" in refused(capfd, "clips", "painting.png")
    assert "choose one" in refused(capfd, "clip.mp4", "painting.png", "--instant", "--optimize")
    assert "brings its own styles" in refused(capfd, "clip.mp4", "painting.png", "--model", "gallery")
    assert "add --optimize" in refused(capfd, "clip.mp4", "painting.png", "--later", "3")
    assert "is not a film's name" in refused(capfd, "clip.mp4", "painting.png", "-o", "out.txt")
    assert "out/%04d.png" in refused(capfd, "clip.mp4", "painting.png", "-o", "out.png")
    assert "one of the inputs" in refused(capfd, "clip.mp4", "painting.png", "-o", "clip.mp4", "--force")
    assert "consistency is 2.0" in refused(capfd, "clip.mp4", "painting.png", "--consistency", "2")
    assert "end is 0.1" in refused(capfd, "clip.mp4", "painting.png", "--start", "0.2", "--end", "0.1")
    assert "no unfinished film" in refused(capfd, "clip.mp4", "painting.png", "--finish")
    assert "shorter" in refused(capfd, "clip.mp4", "painting.png", "--start", "60", "--force", "-q", "--device", "cpu")
    assert "flow is warm" in refused(capfd, "clip.mp4", "painting.png", "--flow", "warm", "--force", "-q")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--optimize", "--consistency", "0.9"), "--consistency applies to --instant and --model only"),
        (("--optimize", "--no-align"), "--align applies to --instant and --model only"),
        (("--optimize", "--keyframes", "3", "--long-term", "1", "2"), "it must be 1 where --keyframes is given"),
        (("--optimize", "--keyframes", "3", "--warm-start", "random"), "warm-start is random: it must be warped"),
        (("--rate", "nan"), "rate is nan: it must be at least 0.001"),
        (("--rate", "inf"), "rate is inf: it must be at least 0.001"),
        (("--rate", "1e-5"), "rate is 1e-05: it must be at least 0.001"),
        (("--start", "nan"), "start is nan: it must be 0 or more seconds, and finite"),
        (("--end", "inf"), "end is inf: it must be after the start, 0 seconds, and finite"),
    ],
)
def test_what_would_be_ignored_and_numbers_that_are_none_are_refused(workdir, capfd, flags, message):
    assert message in refused(capfd, "clip.mp4", "painting.png", *flags)


def test_settings_for_other_methods_are_ignored(workdir, capfd, monkeypatch):
    (workdir / "mine.toml").write_text("consistency = 0.3\nstrength = 0.5\nlater = 5\n")
    words = ["video", "clip.mp4", "painting.png", "--config", "mine.toml", "--size", "40", "--dry-run"]
    ignored = "of the environment or the settings file is ignored here"
    assert main([*words, "--optimize"]) == 0
    printed = capfd.readouterr().err
    assert f"--consistency {ignored}" in printed and f"--strength {ignored}" in printed and "--later" not in printed
    (workdir / "style.toml").write_text('style = "wave"\n')
    assert main(["video", "clip.mp4", "painting.png", "--config", "style.toml", "--dry-run"]) == 0
    assert f"--style {ignored}" in capfd.readouterr().err
    monkeypatch.setenv("BRUSHWORK_INSTANT", "1")
    assert main([*words, "--optimize"]) == 0
    assert f"--instant {ignored}" in capfd.readouterr().err
    monkeypatch.setenv("BRUSHWORK_PRESET", "ruder-2016")
    monkeypatch.setenv("BRUSHWORK_STYLE", "wave")
    assert main(words) == 0
    printed = capfd.readouterr().err
    assert (
        all(f"--{name} {ignored}" in printed for name in ("later", "preset", "style")) and "consistency" not in printed
    )
    monkeypatch.setenv("BRUSHWORK_MODEL", "wave")
    assert main(words) == 0
    assert f"--model {ignored}" in capfd.readouterr().err


def test_a_rate_of_zero_is_none_for_a_folder_either(workdir, capfd):
    (workdir / "in").mkdir()
    write_image(picture(1, 40, 50), workdir / "in" / "1.png")
    assert "rate is 0.0: it must be at least 0.001" in refused(capfd, "in", "painting.png", "--rate", "0")


def test_a_film_with_a_percent_sign_in_its_name_is_no_pattern(workdir, capfd):
    for name in ("100%.mp4", "%d.mp4"):
        (workdir / "clip.mp4").rename(workdir / name)
        words = ["video", name, "painting.png", "-o", "out.mp4", "--size", "40", "--dry-run", "--json", "-q"]
        assert main(words) == 0
        assert json.loads(capfd.readouterr().out)["frames"] == 4
        (workdir / name).rename(workdir / "clip.mp4")
    assert "check the name" in refused(capfd, "100%.mp4", "painting.png")


def planned_output(capfd, *words: str) -> str:
    """The file that a film would be written to."""
    assert main(["video", *words, "--size", "40", "--dry-run", "--json", "-q"]) == 0
    return json.loads(capfd.readouterr().out)["output"]


def test_a_film_of_numbered_pictures_has_a_name(workdir, capfd):
    (workdir / "in").mkdir()
    for number in (1, 2):
        for name in (f"in/{number}.png", f"in/frame-{number}.png", f"{number}.png"):
            write_image(picture(number, 40, 50), workdir / name)
    assert planned_output(capfd, "in/%04d.png", "painting.png") == "in+painting.mp4"
    assert planned_output(capfd, "in/frame-%04d.png", "painting.png") == "frame+painting.mp4"
    assert planned_output(capfd, "%04d.png", "painting.png") == "film+painting.mp4"
    assert planned_output(capfd, "in/%04d.png", "painting.png", "-o", "in") == "in/in+painting.mp4"


def test_a_new_folder_is_made_for_a_film_and_not_for_its_plan(workdir, capfd, monkeypatch):
    assert planned_output(capfd, "clip.mp4", "painting.png", "-o", "new/") == "new/clip+painting.mp4"
    assert not (workdir / "new").exists()
    made = []

    def preview(_, output, **__):
        made.append(output)
        yield PreviewFinished(output, 1, ())

    monkeypatch.setattr("brushwork.cli.commands.video._run", lambda job, *_, **__: made.append(job.output))
    monkeypatch.setattr("brushwork.video.preview_film", preview)
    assert main(["video", "clip.mp4", "painting.png", "-o", "new/"]) == 0
    assert (workdir / "new").is_dir()
    assert main(["video", "clip.mp4", "painting.png", "-o", "newer/deep/", "--preview", "-q"]) == 0
    assert (workdir / "newer/deep").is_dir()
    assert made == [Path("new/clip+painting.mp4"), Path("newer/deep/clip+painting-preview.mp4")]


def test_a_plan_in_words_says_what_does_not_grow_with_the_film(workdir, capfd):
    assert main(["video", "clip.mp4", "painting.png", "--size", "40", "--dry-run"]) == 0
    first, sound, memory, disk, time = capfd.readouterr().out.splitlines()
    assert "4 frames of 52×40 in 1 shot, h264" in first and sound == "sound: copy: aac"
    assert "however long" in memory and "are free" in disk and "for the first of each shot" in time


def test_a_film_from_and_to_a_pipe(workdir, capfd, monkeypatch):
    """Standard input is read to its end, and standard output gets a film and nothing else."""
    sent, got = BytesIO((workdir / "clip.mp4").read_bytes()), BytesIO()
    monkeypatch.setattr("sys.stdin", TextIOWrapper(sent))
    monkeypatch.setattr("sys.stdout", TextIOWrapper(got, write_through=True))
    assert main(["video", "-", "painting.png", "-o", "-", "--size", "40", "--device", "cpu", "-q"]) == 0
    (workdir / "got.mkv").write_bytes(got.getvalue())
    assert len(list(open_clip(workdir / "got.mkv").frames())) == 4
    assert sorted(one.name for one in workdir.iterdir()) == ["clip.mp4", "got.mkv", "painting.png"]


def test_a_named_pipe_is_read_once(workdir, capfd):
    os.mkfifo(workdir / "pipe")
    writer = Thread(target=lambda: (workdir / "pipe").write_bytes((workdir / "clip.mp4").read_bytes()))
    writer.start()
    assert main(["video", "pipe", "painting.png", "--size", "40", "--dry-run", "--json", "-q"]) == 0
    writer.join()
    assert json.loads(capfd.readouterr().out)["frames"] == 4


def test_what_does_not_go_with_a_pipe_is_refused(workdir, capfd):
    assert "--json, --dry-run" in refused(capfd, "clip.mp4", "painting.png", "-o", "-", "--json")
