from __future__ import annotations

import pytest
import torch

from brushwork.encoders.backends import ENGINES, default_engine, usable_engines
from brushwork.encoders.load import load_encoder
from brushwork.encoders.native import library
from brushwork.errors import InputError
from tolerances import DOUBLE, THROUGH_VGG

LAYERS = ("relu1_1", "relu2_2", "pool2", "relu3_1")


def _gradient(engine, padding, dtype=torch.float32, batch=1):
    encoder = load_encoder(padding=padding, engine="plain").to(dtype)
    encoder.engine = engine
    image = torch.rand(batch, 3, 29, 35, generator=torch.Generator().manual_seed(0)).to(dtype).requires_grad_()
    features = encoder(image, LAYERS)
    sum(feature.square().mean() / feature.detach().square().mean() for feature in features.values()).backward()
    return image.grad


@pytest.mark.slow
@pytest.mark.parametrize("padding", ["zeros", "reflect"])
@pytest.mark.parametrize("engine", usable_engines())
@pytest.mark.parametrize("batch", [1, 2])
def test_engines_agree(engine, padding, batch):
    true = _gradient("plain", padding, torch.float64, batch)
    assert (_gradient(engine, padding, batch=batch) - true).norm() < 2 * THROUGH_VGG * true.norm()  # there and back


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_doubles_are_for_every_engine(engine):
    found, true = (_gradient(one, "reflect", torch.float64) for one in (engine, "plain"))
    assert (found - true).norm() < DOUBLE * true.norm()


@pytest.mark.slow
def test_without_the_library_the_plain_way_is_gone(monkeypatch):
    monkeypatch.setattr("brushwork.encoders.backends.load_library", lambda: None)
    monkeypatch.setattr("brushwork.encoders.native.statistics.load_library", lambda: None)
    assert "native" not in usable_engines()
    assert torch.equal(_gradient("native", "zeros"), _gradient("plain", "zeros"))


def test_auto_takes_the_kernels_where_they_were_built_and_else_channels_last(monkeypatch):
    monkeypatch.setattr("brushwork.encoders.backends.load_library", lambda: "a library")
    assert default_engine() == "native"
    monkeypatch.setattr("brushwork.encoders.backends.load_library", lambda: None)
    assert default_engine() == "channels-last"


def test_an_engine_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr("brushwork.encoders.backends.load_library", lambda: None)
    with pytest.raises(InputError, match="native"):
        load_encoder(engine="native")


def test_a_library_that_cannot_be_loaded_is_none(monkeypatch, tmp_path):
    (tmp_path / "_kernels.so").write_bytes(b"no library")
    monkeypatch.setattr(library, "_FOLDER", tmp_path)
    assert library.load_library.__wrapped__() is None
    monkeypatch.setattr(library, "_FOLDER", tmp_path / "nothing")
    assert library.load_library.__wrapped__() is None
