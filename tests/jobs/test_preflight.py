from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from PIL import Image as PillowImage

from brushwork.controls import RecipeInputs
from brushwork.encoders import precision
from brushwork.errors import InputError
from brushwork.feedforward.adain_transfer import transfer_adain
from brushwork.feedforward.options import AdaINOptions
from brushwork.images import Size, write_image
from brushwork.jobs import job_from_image, plan_job, run_job
from brushwork.jobs.inputs import read_inputs
from brushwork.jobs.optimization import make_adain_init
from brushwork.jobs.plan import load_method
from brushwork.jobs.preflight import prepare_job
from brushwork.recipes import TransferOptions
from tiny_job import TINY, run_tiny_job, tiny_job
from tiny_network import picture, tiny_network

CPU = torch.device("cpu")
OPTIONS = replace(TINY, init="instant", init_noise=0.0)


@pytest.mark.slow
def test_it_is_what_is_painted_at_once_at_the_first_size(tmp_path):
    inputs = read_inputs(tiny_job(tmp_path))
    found, first = make_adain_init(OPTIONS, inputs, CPU), inputs.levels[0].size
    assert Size.of(found) == first
    (painting,) = inputs.to_device(CPU).styles
    true = transfer_adain(inputs.content.image, [painting], AdaINOptions(size=max(first)))
    torch.testing.assert_close(found, true)


@pytest.mark.slow
def test_it_is_as_grainy_as_other_starts(tmp_path):
    inputs = read_inputs(tiny_job(tmp_path))
    plain, grainy = (make_adain_init(replace(OPTIONS, init_noise=grain), inputs, CPU) for grain in (0.0, 15.0))
    assert abs(float((grainy - plain).std()) - 15 / 255) < 0.005


def test_it_is_the_start_only_on_request(tmp_path):
    job = tiny_job(tmp_path)
    inputs = read_inputs(job)
    assert load_method(job.options, CPU, tiny_network()).add_init(inputs) is inputs


@pytest.mark.slow
def test_a_painting_that_starts_from_it_is_painted_again_alike(tmp_path):
    job = tiny_job(tmp_path, options=OPTIONS)
    run_tiny_job(job)
    other = tiny_job(tmp_path, output=tmp_path / "other.png")
    run_tiny_job(other)
    assert job.output.read_bytes() != other.output.read_bytes()
    repeat = job_from_image(job.output).job
    run_tiny_job(repeat)
    assert repeat.output.read_bytes() == job.output.read_bytes()


def test_the_schedule_is_computed_once(tmp_path, monkeypatch):
    requested, own = [], TransferOptions.schedule
    monkeypatch.setattr(TransferOptions, "schedule", lambda options, size: requested.append(size) or own(options, size))
    prepared = prepare_job(tiny_job(tmp_path), replacing=True, memory=None, network=tiny_network())
    assert requested == [Size(40, 60)]
    assert prepared.levels == tuple(TINY.schedule(Size(40, 60)))


def test_a_precision_that_is_emulated_is_noted(tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "is_emulated", lambda dtype, device: dtype == torch.float16)
    notes = {}
    for name in ("full", "bf16", "fp16"):
        network = tiny_network()
        network.precision = name
        notes[name] = prepare_job(tiny_job(tmp_path), replacing=True, memory=None, network=network).notes
    assert notes["full"] == notes["bf16"] == ()
    (note,) = notes["fp16"]
    assert "no arithmetic for fp16" in note


@pytest.mark.parametrize(
    ("options", "regions", "message"),
    [
        (replace(TINY, style_blend=(1.0, 2.0, 3.0)), (), "3 weights were given to blend 1 styles"),
        (replace(TINY, style_blend=(1.0,)), (("mask.png",),), "remove style-blend, or the regions"),
        (replace(TINY, style_scale=(1.0, 2.0)), (("mask.png",),), "regions take each style image at one scale"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_begins(tmp_path, options, regions, message):
    PillowImage.new("L", (60, 40), 255).save(tmp_path / "mask.png")
    masks = tuple(tuple(tmp_path / name for name in names) for names in regions)
    with pytest.raises(InputError, match=message):
        next(run_job(tiny_job(tmp_path, options=options, regions=masks), network=tiny_network()))


@pytest.mark.parametrize("options", [AdaINOptions(style_blend=(1.0, 2.0)), AdaINOptions(style_scale=(1.0, 2.0))])
def test_the_same_in_one_pass(options):
    images = RecipeInputs(picture(1, 40, 60), (picture(2, 50, 50), picture(3, 50, 50), picture(4, 50, 50)))
    with pytest.raises(InputError, match=r"2 (weights|style scales) were given (to blend|for) 3 style"):
        options.require_inputs(images)


@pytest.mark.parametrize("name", ["painting.png", "photograph.png"])
@pytest.mark.parametrize("act", [lambda *job, **how: next(run_job(*job, **how)), plan_job])
def test_images_that_are_too_small_are_refused_by_name_with_no_advice_before(tmp_path, name, act):
    write_image(picture(1, 8, 50), tmp_path / name)
    with pytest.raises(InputError, match=f"{name} is 50×8 pixels: give one of at least 32 pixels a side"):
        act(tiny_job(tmp_path), network=tiny_network())
