from __future__ import annotations

import torch

from brushwork.training.tasks.mgan import BlockDiscriminator
from tolerances import require_close, rounding


def test_a_block_of_128_pixels_has_eight_scores_a_side_without_those_at_the_border():
    assert BlockDiscriminator(256)(torch.randn(2, 256, 32, 32)).shape == (2, 1, 6, 6)


def test_the_layers_are_those_of_the_paper():
    shapes = [tuple(one.weight.shape) for one in BlockDiscriminator(256).layers if hasattr(one, "kernel_size")]
    assert shapes == [(256, 256, 4, 4), (512, 256, 4, 4), (1, 512, 1, 1)]


def test_scores_do_not_hang_on_what_lies_beyond_the_block():
    """Zeros are padded beyond it; what sees them is left out."""
    discriminator = BlockDiscriminator(4)
    for norm in (discriminator.layers[2], discriminator.layers[5]):
        norm.track_running_stats, norm.training = True, False
        norm.running_mean, norm.running_var = torch.full((norm.num_features,), 0.5), torch.ones(norm.num_features)
    larger = torch.randn(1, 4, 48, 48)
    require_close(
        discriminator(larger)[..., 2:8, 2:8], discriminator(larger[..., 8:40, 8:40]), rounding(16 * 256, layers=4)
    )
