from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.encoders.native.library import load_library
from brushwork.encoders.weights.find import find_weights
from brushwork.errors import WeightsError
from brushwork.feedforward.networks import adain
from brushwork.feedforward.networks.adain import HALO, STRIDE, input_window, load_adain_decoder
from brushwork.images.geometry import Size, Window
from tolerances import require_close, rounding


@pytest.fixture(scope="module")
def decoder():
    return load_adain_decoder()


def _feature(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.skipif(load_library() is None, reason="the compiled part was not built")
def test_the_compiled_way_equals_the_plain_one(decoder):
    feature = _feature(2, 512, 3, 5)
    plain = decoder(feature)
    decoder.engine = "native"
    try:
        compiled = decoder(feature)
    finally:
        decoder.engine = "plain"
    assert compiled.shape == (2, 3, 24, 40)
    require_close(compiled, plain, rounding(9 * 512, layers=9))


def test_pixels_hang_on_no_cell_beyond_the_halo(decoder):
    feature = _feature(1, 512, 14, 2)
    changed = feature.clone()
    changed[:, :, 7 + HALO + 1 :] += 1
    near, far = (decoder(one)[..., : 8 * STRIDE, :] for one in (feature, changed))
    assert torch.equal(near, far)
    changed[:, :, 7 + HALO] += 1
    assert not torch.equal(near, decoder(changed)[..., : 8 * STRIDE, :])


def test_the_cells_of_a_window():
    assert input_window(Window(64, 0, 64, 45, Size(200, 45)), Size(25, 6)) == Window(4, 0, 16, 6, Size(25, 6))


def test_another_network_under_its_name_is_refused(monkeypatch):
    vgg = replace(find_weights("adain-decoder"), architecture="VGG-19")
    monkeypatch.setattr(adain, "find_weights", lambda name: vgg)
    with pytest.raises(WeightsError, match="weights of VGG-19, not of AdaIN decoder"):
        load_adain_decoder()
