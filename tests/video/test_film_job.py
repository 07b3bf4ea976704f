"""Films that Python programs ask for: what cannot be painted as asked is refused in a line, before anything is done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward.options import ModelOptions
from brushwork.recipes import TextureOptions
from brushwork.video import FilmJob, run_film
from tiny_films import film_job, panned, tiny_stylizer, write_clip


def test_style_images_beside_a_model_are_refused(tmp_path):
    job = film_job(write_clip(tmp_path / "in.mp4", panned(2)), tmp_path / "out.mp4")
    with pytest.raises(InputError, match=r"style images were given, but model takes none: remove them\."):
        next(run_film(replace(job, styles=(tmp_path / "one.png",)), network=tiny_stylizer()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output": "film.mp4"}, "output is 'film.mp4': it must be a pathlib.Path."),
        ({"clip": torch.zeros(1, 3, 40, 40)}, "clip is given as Tensor: it must be a pathlib.Path."),
        (
            {"styles": Path("one.png")},
            "it must be several values, each a pathlib.Path.",
        ),
        (
            {"method": TextureOptions()},
            "method is given as TextureOptions: give AdaINOptions or ModelOptions or TransferOptions.",
        ),
        ({"method": None}, "method is None: give AdaINOptions or ModelOptions or TransferOptions."),
        ({"film": None}, "film is None: it must be FilmOptions."),
        ({"rate": "24"}, "rate is '24': it must be a number."),
        ({"crf": "20"}, "crf is '20': it must be a whole number or None."),
        ({"codec": "h265"}, "codec is 'h265': it must be one of h264, hevc, av1, vp9, prores, ffv1 or None."),
    ],
)
def test_what_a_film_takes_is_of_the_type_of_its_field(change, message):
    with pytest.raises(InputError) as refusal:
        FilmJob(**{"clip": Path("in.mp4"), "output": Path("out.mp4"), "method": ModelOptions(model="tiny")} | change)
    assert str(refusal.value).endswith(message) and "\n" not in str(refusal.value)


def test_a_number_of_workers_is_a_whole_number(tmp_path):
    for given in ("2", 0, 1.5):
        with pytest.raises(InputError, match=r"workers is .*: it must be 1 or more\."):
            next(run_film(film_job(tmp_path / "in.mp4", tmp_path / "out.mp4"), workers=given))
