from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.evaluate import machine
from brushwork.evaluate.machine import pick_device


@pytest.fixture
def accelerator(monkeypatch):
    """Pretend that the machine has an accelerator of a kind."""

    def pretend(kind):
        monkeypatch.setattr(torch.accelerator, "is_available", lambda: kind is not None)
        monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: kind and torch.device(kind))

    return pretend


def test_the_cpu_is_always_there(accelerator):
    for kind in (None, "cuda"):
        accelerator(kind)
        assert pick_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_auto_takes_the_accelerator(accelerator, kind):
    accelerator(kind)
    assert pick_device("auto").type == kind
    assert pick_device(kind).type == kind


def test_auto_takes_the_cpu_where_there_is_nothing_else(accelerator):
    accelerator(None)
    assert pick_device().type == "cpu"


def test_auto_leaves_accelerators_alone_that_nobody_tried(accelerator):
    accelerator("mtia")
    assert pick_device().type == "cpu"


def test_a_device_that_is_not_there(accelerator):
    accelerator("mps")
    with pytest.raises(InputError, match=r"no cuda device.*take mps, or auto"):
        pick_device("cuda")


def test_a_torch_without_cuda_is_named(accelerator, monkeypatch):
    accelerator(None)
    monkeypatch.setattr(machine.torch.version, "cuda", None)
    with pytest.raises(InputError, match="built without CUDA"):
        pick_device("cuda")


def test_a_misspelled_device():
    with pytest.raises(InputError, match=r"no device 'cude'\. Did you mean 'cuda'"):
        pick_device("cude")
