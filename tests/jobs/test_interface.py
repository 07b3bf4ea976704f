"""Jobs in one call: nothing is lost, and what the command can do is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import brushwork
from brushwork.images import write_image
from brushwork.jobs import Finished, Started
from tiny_job import TINY, picture, tiny_network


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The folder of a content image, a style image and a mask; jobs get a tiny encoder."""
    monkeypatch.setattr("brushwork.options.encoder.load_encoder_for", lambda *_, **__: tiny_network())
    for name, image in {"photo.png": picture(1, 40, 60), "painting.png": picture(2, 50, 50)}.items():
        write_image(image, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_from_names_to_a_file_with_events(files):
    events = []
    finished = brushwork.paint("photo.png", "painting.png", TINY, output="out.png", on_event=events.append)
    assert isinstance(finished, Finished) and finished == events[-1]
    assert isinstance(events[0], Started)
    assert any(isinstance(event, brushwork.Progress) for event in events)
    assert str(finished.path) == "out.png" and finished.iterations > 0
    assert brushwork.job_from_image(files / "out.png").job.options.size == TINY.size


def test_it_resumes_bit_for_bit_after_a_callback_raised(files, monkeypatch):
    brushwork.paint("photo.png", ["painting.png"], TINY, output="whole.png")

    def stops(event):
        if isinstance(event, brushwork.Progress) and event.iterations >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        brushwork.paint("photo.png", "painting.png", TINY, output="parts.png", on_event=stops)
    assert (files / "parts.png").exists() and (files / "parts.png.checkpoint").exists()
    brushwork.paint("photo.png", "painting.png", TINY, output="parts.png", resume=True)
    whole, parts = (brushwork.read_image(files / name).image for name in ("whole.png", "parts.png"))
    assert torch.equal(whole, parts)
    assert not (files / "parts.png.checkpoint").exists()


def test_an_existing_file_is_kept_unless_it_may_be_overwritten(files):
    short = replace(TINY, iterations=1, min_size=0)
    brushwork.paint("photo.png", "painting.png", short, output="out.png")
    with pytest.raises(brushwork.InputError, match=r"out\.png already exists"):
        brushwork.paint("photo.png", "painting.png", short, output="out.png")
    brushwork.paint("photo.png", "painting.png", short, output="out.png", overwrite=True)


@pytest.mark.parametrize("regions", ["sky.png", Path("sky.png"), ["sky.png"], [("sky.png", "its_sky.png")]])
def test_regions_are_masks_or_pairs_of_them(files, regions):
    for name, side in {"sky.png": (40, 60), "its_sky.png": (50, 50)}.items():
        write_image(torch.cat([torch.ones(1, 3, side[0], 25), torch.zeros(1, 3, side[0], side[1] - 25)], 3), name)
    brushwork.paint("photo.png", "painting.png", replace(TINY, iterations=1), output="out.png", regions=regions)
    masks = brushwork.job_from_image(files / "out.png").job.regions
    assert [len(pair) for pair in masks] == [2 if regions == [("sky.png", "its_sky.png")] else 1]


def test_a_feed_forward_model_is_a_job_too_and_stylizes_images(files):
    options = brushwork.ModelOptions(model="gallery", style=("wave",))
    finished = brushwork.paint("photo.png", options=options, output="out.png")
    assert finished.iterations == 0
    image = brushwork.stylize("photo.png", "gallery", options)
    assert image.shape == (1, 3, 40, 60)
    assert torch.equal(brushwork.stylize("photo.png", brushwork.load_model("gallery"), options), image)
    written = brushwork.read_image(files / "out.png").image
    assert (written - image).abs().max() <= 0.5 / 255 + torch.finfo(torch.float32).eps


def test_textures_of_models_have_no_content_image(files):
    options = brushwork.TextureModelOptions(model="auvers-texture", size="64x32", seed=3)
    finished = brushwork.paint(options=options, output="texture.png")
    assert brushwork.read_image(finished.path).size == brushwork.Size(32, 64)
    found = brushwork.job_from_image(files / "texture.png").job
    assert found.content is None
    assert (found.options.size, found.options.seed) == ("64x32", 3)
    with pytest.raises(brushwork.InputError, match="texture-model takes no content image"):
        brushwork.paint("photo.png", options=options, output="other.png")
    with pytest.raises(brushwork.InputError, match="model takes a content image, but none was given"):
        brushwork.paint(options=brushwork.ModelOptions(model="gallery"), output="other.png")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"content": picture(1, 40, 60)},
            "the content image is given as Tensor: give a path, or use brushwork.transfer or brushwork.stylize, which",
        ),
        ({"regions": 5}, r"a mask is given as int: give a path\."),
        ({"regions": [(Path("sky.png"), 5)]}, r"a mask is given as int: give a path\."),
        ({"regions": [()]}, "a region has 0 masks: give one of the content image, or a pair: one of the content image"),
        ({"regions": [("sky.png", "its_sky.png", "land.png")]}, "a region has 3 masks: give one of the content image"),
        ({"styles": [picture(2, 50, 50)]}, "a style image is given as Tensor"),
        ({"memory": "6GB"}, "memory is '6GB': it must be a number of bytes"),
        ({"memory": -4}, "memory is -4: it must be a number of bytes"),
        ({"checkpoint_every": "5"}, "checkpoint-every is '5': it must be 0 or more seconds"),
        ({"options": brushwork.ModelOptions(), "styles": ()}, "the model is '': give a file"),
        ({"options": "default"}, r"options is 'default': give options, such as load_preset\('default'\)"),
    ],
)
def test_other_things_than_files_and_options_are_refused_in_a_line(files, change, message):
    given = {"content": "photo.png", "styles": "painting.png", "options": TINY} | change
    with pytest.raises(brushwork.InputError, match=message):
        brushwork.paint(**given, output="out.png")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"content": "photo.png"}, "content is 'photo.png': it must be a pathlib.Path or None."),
        ({"content": picture(1, 40, 60)}, "content is given as Tensor: it must be a pathlib.Path or None."),
        (
            {"styles": Path("one.png")},
            "it must be several values, each a pathlib.Path.",
        ),
        ({"regions": (Path("sky.png"),)}, "it must be several values, each several values, each a pathlib.Path."),
        ({"output": None}, "output is None: it must be a pathlib.Path."),
        ({"options": None}, "options is None: give options, such as load_preset('default')."),
        ({"max_pixels": "5"}, "max-pixels is '5': it must be a whole number or None."),
    ],
)
def test_what_a_job_takes_is_of_the_type_of_its_field(change, message):
    with pytest.raises(brushwork.InputError) as refusal:
        brushwork.Job(**{"options": TINY, "content": Path("photo.png"), "output": Path("out.png")} | change)
    assert str(refusal.value).endswith(message) and "\n" not in str(refusal.value)


def test_one_text_where_several_are_expected_is_refused():
    with pytest.raises(brushwork.InputError, match=r"style is 'wave': it must be several values, such as \('wave',\)"):
        brushwork.ModelOptions(model="gallery", style="wave")
    with pytest.raises(brushwork.InputError, match=r"style-layers is 'conv1_1': it must be several values"):
        brushwork.TransferOptions(style_layers="conv1_1")
