from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images import read_image, write_image
from brushwork.images.geometry import Size
from brushwork.jobs import Note, run_job
from brushwork.recipes import MDANOptions
from brushwork.training.tasks import mgan_data
from brushwork.training.tasks.mgan_data import load_pair, make_target_jobs, optimize_targets, require_large_targets
from tiny_network import picture, tiny_network

TINY = MDANOptions(size=48, iterations=2, content_layer="conv3_1", style_layer="conv2_1", patch=4, patch_stride=2)


def test_a_job_for_each_photograph_and_a_pair_of_each_job(tmp_path):
    for name, seed in (("a.png", 1), ("b.png", 2), ("painting.png", 3)):
        write_image(picture(seed, 60, 90), tmp_path / name)
    folder = tmp_path / "targets"
    folder.mkdir()
    jobs = make_target_jobs([tmp_path / "a.png", tmp_path / "b.png"], [tmp_path / "painting.png"], TINY, folder, "cpu")
    assert [job.output.name for job in jobs] == ["0000-a.png", "0001-b.png"]
    for job in jobs:
        list(run_job(job, network=tiny_network()))
    photograph, painted = load_pair(tmp_path / "b.png", jobs[1].output)
    assert Size.of(photograph) == Size.of(painted) == Size(32, 48)
    assert 0 < (photograph - painted).abs().mean() < 0.1
    (done,) = run_job(jobs[0], resume=True, network=tiny_network())
    assert "already finished" in done.notes[0]


@pytest.fixture
def paint(tmp_path, monkeypatch):
    """Paints targets of all photographs in the style of a file; returns the notes."""
    monkeypatch.setattr(mgan_data, "load_encoder_for", lambda *given, **options: tiny_network())
    for name, seed in (("photo.png", 1), ("one.png", 3), ("two.png", 4)):
        write_image(picture(seed, 60, 90), tmp_path / name)

    def run(style, names=("photo.png",), asked=TINY, **options):
        photos = [tmp_path / name for name in names]
        jobs = make_target_jobs(photos, [tmp_path / style], asked, tmp_path / "targets", "cpu", **options)
        events = list(optimize_targets(photos, jobs, asked, torch.device("cpu")))
        return [event.text for event in events if isinstance(event, Note)]

    return run


def test_targets_of_another_style_are_replaced_only_on_request(paint, tmp_path):
    target = tmp_path / "targets" / "0000-photo.png"
    assert paint("one.png") == ["target 1/1: photo.png"]
    before = read_image(target).image
    with pytest.raises(InputError, match=r"is a target of another training .other style images.: give the same"):
        paint("two.png")
    assert torch.equal(read_image(target).image, before)
    assert paint("two.png", overwrite=True) == ["target 1/1: photo.png"]
    assert not torch.equal(read_image(target).image, before)
    assert paint("two.png", overwrite=True) == []  # its own stay


def test_targets_of_other_options_are_refused_by_the_names_that_a_training_has(paint):
    paint("one.png")
    with pytest.raises(InputError) as refusal:
        paint("one.png", asked=replace(TINY, size=64, iterations=3))
    assert str(refusal.value).endswith(
        "0000-photo.png is a target of another training (target-iterations: 3 here, 2 there; target-size: 64 here, 48 "
        "there): give the same pictures and options, choose another output, or start over with --force."
    )


def test_photographs_that_cannot_be_read_are_skipped(paint, tmp_path):
    (tmp_path / "broken.png").write_text("no picture")
    skipped, painted = paint("one.png", ["broken.png", "photo.png"])
    assert skipped.startswith("broken.png is skipped")
    assert painted == "target 2/2: photo.png"


def test_a_full_disk_ends_the_training(paint, monkeypatch):
    def refuse(*given, **options):
        raise InputError("the disk is full.")

    monkeypatch.setattr("brushwork.jobs.preflight.check_writable", refuse)
    with pytest.raises(InputError, match="the disk is full"):
        paint("one.png")


def test_a_file_in_place_of_the_folder_is_named(paint, tmp_path):
    (tmp_path / "targets").touch()
    with pytest.raises(InputError, match="targets cannot be created"):
        paint("one.png")


def test_targets_without_a_block_are_refused_before_any_is_painted(tmp_path):
    for name, size in (("large.png", (90, 90)), ("flat.png", (30, 90))):
        write_image(picture(1, *size), tmp_path / name)
    (tmp_path / "broken.png").write_text("no picture")
    photos = [tmp_path / name for name in ("broken.png", "large.png", "flat.png")]
    require_large_targets(photos, TINY, 16)
    with pytest.raises(InputError, match=r"flat\.png gives a target of 48×16, which holds no block of 24 pixels"):
        require_large_targets(photos, TINY, 24)
