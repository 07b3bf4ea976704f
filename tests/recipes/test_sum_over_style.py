from __future__ import annotations

import pytest
import torch

from brushwork.gradients.partition import FullImage, sum_over_style
from brushwork.gradients.tiled import Tiling
from brushwork.losses import MeanStdLoss
from tolerances import DOUBLE


@pytest.mark.parametrize("share", [FullImage(), FullImage(Tiling(32))])
def test_sums_are_those_of_the_whole_map(share, tiny, painting):
    term = MeanStdLoss("conv2_1", torch.full((1, 12), 0.5), torch.ones(1, 12), 1.0)
    found = sum_over_style(painting, tiny, {"some": term}, share)["some"]
    feature = tiny(painting, ["conv2_1"])["conv2_1"] - 0.5
    torch.testing.assert_close(found["first"], feature.sum((2, 3)), rtol=DOUBLE, atol=DOUBLE)
    torch.testing.assert_close(found["square"], feature.square().sum((2, 3)), rtol=DOUBLE, atol=DOUBLE)
