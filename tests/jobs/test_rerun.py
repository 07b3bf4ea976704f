from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from brushwork.encoders import load
from brushwork.encoders.backends import usable_engines
from brushwork.errors import InputError
from brushwork.images import read_image, read_metadata, write_image
from brushwork.jobs import job_from_image, read_origin
from tiny_job import TINY, picture, run_tiny_job, tiny_job
from tiny_network import tiny_network


@pytest.fixture
def job(tmp_path):
    job = tiny_job(tmp_path)
    run_tiny_job(job)
    return job


def rewritten(job, change):
    """The picture with another record."""
    data = json.loads(read_metadata(job.output))
    change(data)
    write_image(read_image(job.output).image, job.output, metadata=json.dumps(data), overwrite=True)


@pytest.mark.slow
def test_a_picture_is_repeated_bit_for_bit(job):
    found, notes = job_from_image(job.output)
    assert notes == ()
    assert found.output.name == "out-rerun.png"
    assert (replace(found.options, engine="auto"), found.device) == (job.options, "cpu")
    assert found.options.engine in usable_engines()
    run_tiny_job(found)
    assert found.output.read_bytes() == job.output.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".jpg", ".webp", ".tif"])
def test_every_format_carries_the_metadata(tmp_path, ending):
    job = tiny_job(tmp_path, output=tmp_path / f"out{ending}")
    run_tiny_job(job)
    found, _ = job_from_image(job.output, tmp_path / f"other{ending}")
    run_tiny_job(found)
    assert found.output.read_bytes() == job.output.read_bytes()


def test_the_inputs_of_a_symbolic_link_are_beside_the_picture_that_it_leads_to(job, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    Path("link.png").symlink_to(job.output)
    found, _ = job_from_image(Path("link.png"))
    assert found.content is not None and found.content.samefile(job.content)
    assert found.output == Path("link-rerun.png")
    assert read_origin(Path("link.png")).styles[0].samefile(job.styles[0])


def test_a_start_picture_is_found_again(tmp_path):
    write_image(picture(4, 40, 60), tmp_path / "start.png")
    job = tiny_job(tmp_path, init=tmp_path / "start.png")
    run_tiny_job(job)
    found, _ = job_from_image(job.output)
    assert found.init is not None and found.init.samefile(job.init)


def test_a_folder_that_was_moved_as_a_whole(job, tmp_path, monkeypatch):
    moved = tmp_path.with_name(f"{tmp_path.name}-moved")
    tmp_path.rename(moved)
    found, _ = job_from_image(moved / "out.png")
    assert found.content == moved / "photograph.png"
    monkeypatch.chdir(moved)
    (moved / "alone").mkdir()
    (moved / "out.png").rename(moved / "alone" / "out.png")
    found, _ = job_from_image(Path("alone/out.png"))
    assert found.content.samefile("photograph.png")


def test_a_changed_input_is_named(job):
    write_image(picture(9, 50, 50), job.styles[0], overwrite=True)
    with pytest.raises(InputError, match=r"painting.png has changed"):
        job_from_image(job.output)


def test_changed_weights_of_the_network_are_named(job):
    rewritten(job, lambda data: data.update(weights="0" * 64))
    with pytest.raises(InputError, match="the weights of the network tiny have changed"):
        run_tiny_job(job_from_image(job.output).job)


def test_a_weights_file_is_found_beside_the_picture(tmp_path, monkeypatch):
    job = tiny_job(tmp_path, options=replace(TINY, network="weights/tiny.pth", preprocessing="torchvision"))
    run_tiny_job(job)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"the network weights/tiny\.pth is missing"):
        job_from_image(job.output)
    (tmp_path / "tiny.pth").touch()
    options = []
    monkeypatch.setattr(load, "load_encoder", lambda file, **given: options.append(given) or tiny_network())
    assert job_from_image(job.output).job.options.network == str(tmp_path / "tiny.pth")
    assert options == [{"preprocessing": "torchvision"}]  # the hash counts its mean and std
    monkeypatch.setattr(load, "load_encoder", lambda *_, **__: tiny_network(drawn=torch.float64))
    with pytest.raises(InputError, match=r"tiny\.pth has changed"):
        job_from_image(job.output)


def test_a_missing_input_is_named(job):
    job.content.unlink()
    with pytest.raises(InputError, match=r"photograph.png is missing"):
        job_from_image(job.output)


def test_a_picture_of_another_program(tmp_path):
    write_image(picture(1, 40, 40), tmp_path / "other.png")
    with pytest.raises(InputError, match="no record"):
        job_from_image(tmp_path / "other.png")
    write_image(picture(1, 40, 40), tmp_path / "foreign.png", metadata="made by hand")
    with pytest.raises(InputError, match="cannot be read"):
        job_from_image(tmp_path / "foreign.png")
    write_image(picture(1, 40, 40), tmp_path / "list.png", metadata="[1]")
    with pytest.raises(InputError, match="cannot be read"):
        job_from_image(tmp_path / "list.png")


def test_other_circumstances_are_reported(job):
    rewritten(job, lambda data: data["machine"].update(torch="1.0", threads=99))
    _, (note,) = job_from_image(job.output)
    assert "1.0 there" in note and "99 there" in note


@pytest.mark.slow
def test_a_device_that_is_not_here(job):
    rewritten(job, lambda data: data["machine"].update(device="tpu"))
    found, (note,) = job_from_image(job.output)
    assert found.device == "auto"
    assert "tpu there" in note


def test_a_changed_option_is_named(job):
    rewritten(job, lambda data: data["options"].update(size="large"))
    with pytest.raises(InputError, match="size is 'large'"):
        job_from_image(job.output)


def test_the_repeat_does_not_overwrite(job):
    with pytest.raises(InputError, match="already exists"):
        run_tiny_job(replace(job_from_image(job.output, job.output).job))


def test_what_is_no_path_is_refused():
    with pytest.raises(InputError, match=r"the image is given as NoneType: give a path\."):
        job_from_image(None)
