from __future__ import annotations

import pytest
import torch

from brushwork.encoders import torch_flags
from brushwork.encoders.torch_flags import exact_precision, set_convolution_tf32, set_matmul_tf32


class FakeFlags:
    """Stands in for torch's."""

    fp32_precision = "none"
    allow_tf32 = None


@pytest.fixture
def fake_flags(monkeypatch):
    found = {"conv": FakeFlags(), "matmul": FakeFlags()}
    cudnn = FakeFlags()
    cudnn.conv = found["conv"]
    monkeypatch.setattr(torch_flags.torch.backends, "cudnn", cudnn)
    monkeypatch.setattr(torch_flags.torch.backends.cuda, "matmul", found["matmul"])
    return found


@pytest.mark.parametrize(("block", "name"), [(set_convolution_tf32, "conv"), (set_matmul_tf32, "matmul")])
@pytest.mark.parametrize(("tf32", "expected"), [(True, "tf32"), (False, "ieee")])
def test_the_flag_holds_within_the_block(fake_flags, block, name, tf32, expected):
    with block(tf32=tf32):
        assert fake_flags[name].fp32_precision == expected
    assert [place.fp32_precision for place in fake_flags.values()] == ["none", "none"]


@pytest.mark.parametrize(("block", "name"), [(set_convolution_tf32, "cudnn"), (set_matmul_tf32, "matmul")])
def test_older_torch_has_other_flags(fake_flags, block, name):
    cudnn = torch.backends.cudnn
    del cudnn.conv
    place = {"cudnn": cudnn, **fake_flags}[name]
    with block(tf32=True):
        assert place.allow_tf32 is True
    assert place.allow_tf32 is None


@pytest.mark.parametrize("tf32", [True, False])
@pytest.mark.parametrize("block", [set_convolution_tf32, set_matmul_tf32])
def test_the_real_flags_are_put_back_after_an_error(block, tf32):
    def now():
        return torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32

    before = now()
    with pytest.raises(ZeroDivisionError), block(tf32=tf32):
        1 / 0  # noqa: B018
    assert now() == before


def test_numbers_are_taken_as_given_also_under_autocast():
    a = torch.full((1, 256), 300.0)
    with torch.autocast("cpu", torch.float16):
        assert (a @ a.mT).isinf()
        with exact_precision(a.device):
            assert (a @ a.mT).item() == 256 * 300**2
        assert (a @ a.mT).isinf()


def test_devices_without_autocast_are_no_trouble():
    with exact_precision(torch.device("meta")):
        torch.empty(2, device="meta")
