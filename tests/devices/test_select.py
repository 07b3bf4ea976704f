from __future__ import annotations

import pytest
import torch

from brushwork.devices import select
from brushwork.devices.select import describe_device_choice, select_device
from brushwork.errors import InputError


@pytest.fixture
def fake_accelerator(monkeypatch):
    """Pretend that the machine has an accelerator of a kind."""

    def patch(kind):
        monkeypatch.setattr(torch.accelerator, "is_available", lambda: kind is not None)
        monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: kind and torch.device(kind))

    return patch


def test_the_cpu_is_always_there(fake_accelerator):
    for kind in (None, "cuda"):
        fake_accelerator(kind)
        assert select_device("cpu") == torch.device("cpu")


def test_a_device_of_torch_is_no_name():
    with pytest.raises(InputError, match="Did you mean 'cpu'"):
        select_device(torch.device("cpu"))


@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_auto_takes_the_accelerator(fake_accelerator, kind):
    fake_accelerator(kind)
    assert select_device("auto").type == kind
    assert select_device(kind).type == kind


def test_auto_takes_the_cpu_where_there_is_nothing_else(fake_accelerator):
    fake_accelerator(None)
    assert select_device().type == "cpu"


def test_auto_leaves_accelerators_alone_that_nobody_tried(fake_accelerator):
    fake_accelerator("mtia")
    assert select_device().type == "cpu"


def test_a_device_that_is_not_there(fake_accelerator):
    fake_accelerator("mps")
    with pytest.raises(InputError, match=r"no cuda device.*use mps, or auto"):
        select_device("cuda")


def test_a_torch_without_cuda_is_named(fake_accelerator, monkeypatch):
    fake_accelerator(None)
    monkeypatch.setattr(select.torch.version, "cuda", None)
    with pytest.raises(InputError, match="built without CUDA"):
        select_device("cuda")


def test_a_misspelled_device():
    with pytest.raises(InputError, match=r"no device 'cude'\. Did you mean 'cuda'"):
        select_device("cude")


@pytest.fixture
def fake_torch_build(monkeypatch):
    """Pretend that torch was built for a kind of machine, in a version."""

    def patch(**versions):
        for name in ("cuda", "hip", "xpu"):
            monkeypatch.setattr(select.torch.version, name, versions.get(name), raising=False)
        monkeypatch.setattr(torch.backends.mps, "is_built", lambda: "mps" in versions)

    return patch


@pytest.mark.parametrize(
    ("versions", "kind", "expected"),
    [
        ({}, None, "torch was built for CPUs only: using cpu"),
        ({"cuda": "12.6"}, "cuda", "torch for CUDA 12.6 finds 2 cuda devices: using cuda"),
        ({"cuda": "12.6"}, None, "torch was built for CUDA 12.6, but finds no such device (its driver may be missing)"),
        ({"hip": "6.2"}, "cuda", "torch for ROCm 6.2 finds 2 cuda devices: using cuda"),
        ({"xpu": "2025"}, "xpu", "torch for XPU 2025 finds 2 xpu devices: using xpu"),
        ({"mps": "yes"}, "mps", "torch for MPS finds 2 mps devices: using mps"),
        ({}, "mtia", "finds 2 mtia devices, a kind that brushwork was not tested on: using cpu"),
    ],
)
def test_the_choice_is_reported_in_a_line(fake_accelerator, fake_torch_build, monkeypatch, versions, kind, expected):
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    fake_torch_build(**versions)
    fake_accelerator(kind)
    description = describe_device_choice()
    assert description.startswith("auto was requested, ")
    assert expected in description
