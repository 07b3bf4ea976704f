from __future__ import annotations

import json

import pytest
import torch

from brushwork.feedforward.model import load_model
from brushwork.feedforward.networks.configs import MGANConfig
from brushwork.images import write_image
from brushwork.training.tasks import mgan_data
from tiny_network import picture

SHORT = ("--width", "16", "--block", "64", "--batch", "2", "--iterations", "2", "--validate-every", "2")
TARGETS = ("--targets", "3", "--target-size", "72", "--target-iterations", "2", "--rotations", "0", "--scales", "1")


@pytest.fixture
def folder(workdir):
    (workdir / "photos").mkdir()
    for number in range(2):
        write_image(picture(number, 72, 72), workdir / "photos" / f"{number}.png")
    (workdir / "photos" / "2.png").write_bytes(b"no picture")
    write_image(picture(7, 72, 80), workdir / "painting.png")
    return workdir


@pytest.mark.slow
def test_photographs_are_painted_first_kept_and_trained_on(run, folder, monkeypatch):
    paint, count = mgan_data.run_job, []

    def interrupted(job, **options):
        count.append(job)
        if len(count) == 2:  # of two: the third cannot be read
            raise KeyboardInterrupt
        yield from paint(job, **options)

    given = ("train", "mgan", "painting.png", "--dataset", "photos", "-o", "p.safetensors", *SHORT, *TARGETS)
    monkeypatch.setattr(mgan_data, "run_job", interrupted)
    outcome = run(*given)
    assert outcome.code == 130 and "p-targets" in outcome.err and "--resume" in outcome.err
    first, *_ = sorted((folder / "p-targets").glob("*.png"))
    before = first.stat().st_mtime_ns
    monkeypatch.setattr(mgan_data, "run_job", paint)
    outcome = run(*given, "--resume", "--json")
    assert outcome.code == 0, outcome.err
    assert first.stat().st_mtime_ns == before and len(list((folder / "p-targets").glob("*.png"))) == 2
    assert "2.png is skipped" in outcome.err
    assert json.loads(outcome.out)["iterations"] == 2
    _require_painter(folder / "p.safetensors")


def _require_painter(path):
    model = load_model(path)
    assert model.config == MGANConfig(width=16) and model.provenance["family"] == "mgan"
    assert model.style is not None
    with torch.no_grad():
        assert model.network(torch.rand(1, 3, 40, 48)).shape == (1, 3, 40, 48)


@pytest.mark.slow
def test_without_targets_the_painting_itself_is_what_is_real(run, folder):
    outcome = run(
        "train", "mgan", "painting.png", "--dataset", "photos", "-o", "q.safetensors", *SHORT, "--targets", "0"
    )
    assert outcome.code == 0, outcome.err
    assert not (folder / "q-targets").exists() and (folder / "q.safetensors").exists()


def test_photographs_are_wanted(run, folder):
    outcome = run("train", "mgan", "painting.png")
    assert outcome.code == 2 and "--dataset" in outcome.err
