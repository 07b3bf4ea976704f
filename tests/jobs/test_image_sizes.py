"""How much of large pictures a job holds."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from brushwork.controls import StyleFile
from brushwork.controls.style_file import EncoderFingerprint
from brushwork.encoders import load_encoder
from brushwork.errors import InputError
from brushwork.images import Size, read, write_image
from brushwork.jobs.image_sizes import InputSizes, require_encodable
from brushwork.jobs.input_notes import note_style_sizes
from brushwork.jobs.inputs import InputFiles, read_inputs, read_sizes
from brushwork.recipes import TextureOptions, extract_style
from brushwork.style import Style
from tiny_job import TINY, tiny_job, tiny_network


@pytest.fixture
def job_of_large_images(monkeypatch, tmp_path):
    """A job on pictures that count as large."""
    for module in ("read", "resample"):
        monkeypatch.setattr(f"brushwork.images.{module}.LARGE_IMAGE_PIXELS", 0)
    write_image(torch.rand(1, 3, 200, 300), tmp_path / "photograph.png")
    write_image(torch.rand(1, 3, 400, 160), tmp_path / "painting.png")
    return tiny_job(tmp_path, options=replace(TINY, size=48, min_size=0))


def test_large_images_are_held_at_twice_what_is_encoded_or_more(job_of_large_images):
    needed = InputFiles.open(job_of_large_images)
    assert (needed.content_size, needed.style_sizes, needed.levels[0].size) == (
        Size(32, 48),
        (Size(48, 19),),
        Size(32, 48),
    )
    inputs = read_inputs(job_of_large_images)
    assert inputs.content.size == (67, 100)
    assert inputs.styles[0].size == (100, 40)
    assert inputs.levels == tuple(job_of_large_images.options.schedule(Size(67, 100)))
    assert read_sizes(job_of_large_images) == inputs.sizes


def test_full_size_holds_the_whole_photograph(job_of_large_images):
    job = replace(job_of_large_images, options=replace(job_of_large_images.options, size="full"))
    assert read_inputs(job).content.size == (200, 300)
    assert InputFiles.open(job).style_sizes == (Size(300, 120),)


def test_a_start_is_read_at_the_finest_size_whose_detail_it_gives(job_of_large_images, tmp_path):
    options = replace(job_of_large_images.options, size=96, min_size=48)
    job = replace(job_of_large_images, options=options, init=tmp_path / "photograph.png")
    assert InputFiles.open(job).levels[-1].size == (64, 96)
    assert read_inputs(job).init.size == (200, 300)


def test_textures_are_encoded_at_a_size_of_their_own(job_of_large_images):
    job = replace(
        job_of_large_images, options=TextureOptions(picture_size=40, measure="long", size="400x300"), styles=()
    )
    assert InputFiles.open(job).content_size == (27, 40)
    assert read_inputs(job).content.size == (67, 100)


def test_paintings_that_are_enlarged_are_reported(job_of_large_images):
    inputs = read_inputs(job_of_large_images)
    assert note_style_sizes(job_of_large_images, inputs, Size(32, 48)) == ()
    (note,) = note_style_sizes(job_of_large_images, inputs, Size(250, 375))
    assert note.startswith("painting.png has 40×100 pixels, and 150×375 would be in proportion")
    assert "2.5 times smaller" in note  # enlarged 1.5 times instead of 3.75
    assert "--style-fit scaled" in note
    stretched = replace(job_of_large_images, options=replace(job_of_large_images.options, style_fit="stretched"))
    assert not any("in proportion" in note for note in note_style_sizes(stretched, inputs, Size(250, 375)))
    small = replace(job_of_large_images, options=replace(job_of_large_images.options, style_scale=(0.35,)))
    assert note_style_sizes(small, inputs, Size(250, 375)) == ()  # 131 pixels, as asked
    scaled = replace(job_of_large_images, options=replace(job_of_large_images.options, style_fit="scaled"))
    (note,) = note_style_sizes(scaled, inputs, Size(200, 300))
    assert note.startswith("painting.png has 40×100 pixels, and is enlarged 3.0 times")
    assert "style-scale 0.33" in note
    assert note_style_sizes(replace(job_of_large_images, options=TextureOptions()), inputs, Size(200, 300)) == ()


@pytest.mark.parametrize(
    ("size", "message"),
    [(Size(40, 60), ""), (Size(80, 120), "2.0 times too small"), (Size(20, 30), "2.0 times too large")],
)
def test_style_files_of_other_sizes_are_reported(job_of_large_images, size, message):
    style = StyleFile("starry.jpg", EncoderFingerprint.of(TINY, TINY, tiny_network()), Size(60, 45), {60: Style({})})
    notes = note_style_sizes(job_of_large_images, SimpleNamespace(styles=(style,)), size)
    assert [message in note and f"--size {max(size)}" in note for note in notes] == ([True] if message else [])


def test_a_style_file_of_a_small_painting_has_the_size_that_is_needed(job_of_large_images, tmp_path):
    options = replace(TINY, size=96, min_size=0)
    style = extract_style(torch.rand(1, 3, 40, 50), options, "small.png", encoder=tiny_network())
    assert style.size == Size(60, 75)  # enlarged 1.5 times
    job = replace(job_of_large_images, options=options)
    assert note_style_sizes(job, SimpleNamespace(styles=(style,)), Size(64, 96)) == ()


def test_a_source_of_a_texture_is_enlarged_by_its_own_option():
    thin = InputSizes(Size(34, 640), ())
    with pytest.raises(InputError, match=r"the source image .* a larger --picture-size"):
        require_encodable(TextureOptions(picture_size=64), thin, Size(64, 300), load_encoder("vgg19-normalized"))


def test_each_header_is_read_once(tmp_path, monkeypatch):
    job, headers, own = tiny_job(tmp_path), [], read.read_header_size
    monkeypatch.setattr(read, "read_header_size", lambda path: headers.append(path.name) or own(path))
    read_inputs(job)
    assert headers == ["photograph.png", "painting.png"]
