"""Lab under D50, against published values."""

from __future__ import annotations

import numpy as np
import pytest

from brushwork.images.icc import lab_to_srgb16

# Lab D50 of sRGB colors, by Lindbloom's calculator (Bradford).
KNOWN = {
    (100, 0, 0): (1, 1, 1),
    (0, 0, 0): (0, 0, 0),
    (54.2917, 80.8125, 69.8851): (1, 0, 0),
    (87.8181, -79.2873, 80.9902): (0, 1, 0),
    (29.5676, 68.2986, -112.0294): (0, 0, 1),
    (53.3890, 0, 0): (0.5, 0.5, 0.5),
}


@pytest.mark.parametrize(("lab", "srgb"), KNOWN.items())
def test_known_colors(lab, srgb):
    assert lab_to_srgb16(np.array([[lab]]))[0, 0] / 65535 == pytest.approx(srgb, abs=0.004)


def test_colors_outside_of_srgb_are_clipped():
    assert lab_to_srgb16(np.array([[[90, -128, 127], [200, 0, 0]]])).tolist()[0][1] == [65535] * 3
