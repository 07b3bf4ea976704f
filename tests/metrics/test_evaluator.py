"""The evaluator: its metrics of perfect results, at which size, and what it refuses."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest
import torch

from brushwork.encoders import Encoder
from brushwork.encoders.preprocess import make_preprocess
from brushwork.encoders.registry import ARCHITECTURES
from brushwork.errors import InputError, WeightsError
from brushwork.metrics import Evaluator, Metrics, evaluate
from brushwork.metrics.evaluator import metric_layers

STYLE = ("gram_style", "moments_style", "sliced_style", "frechet_style", "chroma_style")
CONTENT = ("lpips_alexnet", "lpips_vgg16", "content", "chroma_content")


def test_the_photograph_itself_is_perfect_content(evaluator, photograph, painting):
    found = evaluator(photograph, content=photograph, style=painting)
    assert [getattr(found, name) for name in CONTENT] == pytest.approx([0] * 4, abs=1e-3)
    assert found.ssim == pytest.approx(1, abs=1e-6)
    assert found.psnr == math.inf
    assert all(getattr(found, name) > 1e-3 for name in STYLE)
    assert (found.network, found.size) == ("AlexNet", (80, 64))


def test_the_painting_itself_is_perfect_style(evaluator, photograph, painting):
    found = evaluator(painting, content=photograph, style=painting)
    assert [getattr(found, name) for name in STYLE] == pytest.approx([0] * 5, abs=1e-3)
    assert found.ssim < 0.9
    assert all(getattr(found, name) > 1e-3 for name in CONTENT)


def test_everything_is_measured_at_one_size(evaluator, photograph, painting):
    larger = torch.nn.functional.interpolate(painting, scale_factor=2, mode="bilinear")
    found = evaluator(photograph, content=photograph, style=larger, size=48)
    assert found.size == (48, 38)
    assert found.lpips_vgg16 == pytest.approx(0, abs=1e-6)
    assert found.gram_style == pytest.approx(
        evaluator(photograph, content=photograph, style=painting, size=48).gram_style, rel=0.1
    )


def test_results_are_not_enlarged(evaluator, photograph, painting):
    assert evaluator(photograph, content=photograph, style=painting, size=512).size == (80, 64)
    assert evaluator(photograph, content=photograph, style=painting, size=None).size == (80, 64)


def test_every_figure_says_what_it_is():
    from brushwork.options.describe import field_docs

    assert field_docs(Metrics).keys() == {field.name for field in fields(Metrics)}


def test_pictures_too_small_are_refused(evaluator, photograph, painting):
    with pytest.raises(InputError, match="the result would be evaluated at 80×20 pixels"):
        evaluator(photograph[..., :20, :], content=photograph, style=painting)
    with pytest.raises(InputError, match="the style image would be evaluated at 80×"):
        evaluator(photograph, content=photograph, style=painting[..., :9, :])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_known_network_has_a_viewpoint(architecture):
    with torch.device("meta"):
        encoder = ARCHITECTURES[architecture](make_preprocess("caffe"))
    view = metric_layers(encoder)
    assert len(view.style) == 5
    assert set(view.all_layers) == {view.content, view.positions, *view.style}


def test_other_networks_are_refused():
    with pytest.raises(InputError, match="mine has no layers for metrics: give a VGG"):
        metric_layers(Encoder("mine", [], make_preprocess("caffe")))


def test_missing_weights_say_how_they_are_got(tmp_path, monkeypatch, photograph, painting):
    monkeypatch.setenv("BRUSHWORK_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="brushwork weights get alexnet vgg16"):
        evaluate(photograph, content=photograph, style=painting)


@pytest.mark.slow
def test_an_evaluator_is_loaded_by_name(monkeypatch, lpips, photograph, painting):
    from brushwork.metrics import evaluator as module

    monkeypatch.setattr(module.Lpips, "load", lambda name: lpips[name])
    loaded = Evaluator.load("vgg19")
    assert loaded.encoder.name == "vgg19"
    found = evaluate(photograph, content=photograph, style=painting, network="vgg19")
    assert found == loaded(photograph, content=photograph, style=painting)


@pytest.mark.slow
def test_pictures_in_any_form(evaluator, photograph, painting):
    levels = [(one[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy() for one in (photograph, painting)]
    photo, art = (torch.from_numpy(one).permute(2, 0, 1)[None] / 255 for one in levels)
    expected = evaluator(photo, content=photo, style=art)
    assert evaluator(levels[0], content=photo.double(), style=levels[1]) == expected


@pytest.mark.parametrize(
    ("which", "change", "message"),
    [
        ("result", lambda image: image * 255, "the result holds floats"),
        ("content", lambda image: image.repeat(2, 1, 1, 1), "the content image holds 2 images"),
        ("style", lambda image: None, "the style image is given as NoneType"),
    ],
)
def test_what_is_no_picture_is_refused(which, change, message, evaluator, photograph, painting):
    given = {"result": photograph, "content": photograph, "style": painting}
    given[which] = change(given[which])
    with pytest.raises(InputError, match=message):
        evaluator(given.pop("result"), **given)
