from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

from brushwork.encoders.load import load_encoder
from brushwork.encoders.registry import tensor_shapes

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of its own for each test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("BRUSHWORK_CACHE", str(folder))
    return folder / "weights"


@pytest.fixture(scope="session")
def normalized():
    return load_encoder("vgg19-normalized")


@pytest.fixture(scope="session")
def original():
    return load_encoder("vgg19")


@pytest.fixture(scope="session")
def alexnet_tensors():
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(shape, generator=generator) / max(1, torch.Size(shape[1:]).numel()) ** 0.5
        for name, shape in tensor_shapes("AlexNet").items()
    }


@pytest.fixture(scope="session")
def scales_script():
    """The module of scripts/derive_vgg19_scales.py."""
    spec = importlib.util.spec_from_file_location("derive_vgg19_scales", ROOT / "scripts" / "derive_vgg19_scales.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
