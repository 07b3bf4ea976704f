"""Callers may be in any of torch's modes: a run computes the same in each, and what is loaded there can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import brushwork
from brushwork.images import write_image

OPTIONS = replace(brushwork.load_preset("default"), size=48, min_size=0, iterations=2)
TRAINING = brushwork.JohnsonTrainingOptions(crop=32, batch=1, iterations=1, width=8, style_size=32)


@contextmanager
def float64_default() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


MODES: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "no_grad": torch.no_grad,
    "inference": torch.inference_mode,
    "float64": float64_default,
}


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    """Return two images, in float32 under any default."""
    generator = torch.Generator().manual_seed(0)
    drawn = torch.rand(2, 1, 3, 36, 48, generator=generator, dtype=torch.float32)
    return drawn[0], drawn[1]


def transferred() -> torch.Tensor:
    content, style = pictures()
    *_, last = brushwork.transfer(content, [style], OPTIONS)
    return last.image


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_picture_is_the_same_in_every_mode_of_the_caller(mode: str) -> None:
    with MODES[mode]():
        found = transferred()
    assert found.dtype == torch.float32 and torch.equal(found, transferred())


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_what_is_loaded_in_a_mode_can_be_used_outside(mode: str) -> None:
    with MODES[mode]():
        encoder = brushwork.load_encoder(pooling=OPTIONS.pooling, padding=OPTIONS.padding)
        model = brushwork.load_model("gallery")
    content, style = pictures()
    *_, last = brushwork.transfer(content, [style], OPTIONS, encoder=encoder)
    assert torch.equal(last.image, transferred())
    one_style = brushwork.ModelOptions(style=("wave",))
    assert torch.equal(brushwork.stylize(content, model, one_style), brushwork.stylize(content, "gallery", one_style))


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_model_is_trained_in_every_mode_of_the_caller(mode: str, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for name, picture in zip(("photos/one.png", "style.png"), pictures(), strict=True):
        write_image(picture, tmp_path / name)
    with MODES[mode]():
        brushwork.train(
            tmp_path / "style.png", TRAINING, dataset=tmp_path / "photos", output=tmp_path / "model.safetensors"
        )
    parameters = brushwork.load_model(tmp_path / "model.safetensors").network.parameters()
    assert all(one.dtype == torch.float32 for one in parameters)


def test_an_encoder_is_loaded_under_autocast() -> None:
    with torch.autocast("cpu", torch.bfloat16):
        brushwork.load_encoder()
