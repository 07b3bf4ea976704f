from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import torch

from brushwork.encoders.load import load_encoder
from brushwork.encoders.native.library import load_library
from brushwork.errors import InputError, NotAdditiveError
from brushwork.gradients import evaluate_tiled, evaluate_whole
from brushwork.gradients.tiled import Tiling
from brushwork.images.geometry import Size, Window
from brushwork.losses import TotalVariationLoss
from brushwork.objective import Objective
from brushwork.recipes import load_preset
from brushwork.recipes.style_transfer import TransferProblem
from tiny_network import picture, tiny_network
from tolerances import DOUBLE, ONE_DECISION, SINGLE, THROUGH_VGG

SMOOTH = Objective.single("smooth", TotalVariationLoss(2, 1.0, 1.0))


@dataclass(frozen=True)
class MaxLoss:
    """A loss that is not additive."""

    layer: str = "relu1_1"

    def score_whole(self, feature):
        return feature.flatten(1).amax(-1)


def gradient(evaluate, image):
    leaf = image.clone().requires_grad_()
    return evaluate(leaf), leaf.grad


WAYS = [(torch.float32, THROUGH_VGG, ONE_DECISION), (torch.float64, DOUBLE, DOUBLE)]


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "rounded", "decided"), WAYS)
def test_the_real_network_in_tiles(dtype, rounded, decided):
    encoder = load_encoder("vgg19-normalized", padding="reflect").to(dtype)
    encoder.engine = "plain"
    options = replace(
        load_preset("default"), content_layers=("conv3_2",), style_layers=("conv1_1", "conv2_1", "conv4_1")
    )
    image, photograph, painting = (picture(seed, 120, 149).to(dtype) for seed in (1, 2, 3))
    objective = TransferProblem(photograph, [painting], options, encoder).objective_at(Size(120, 149))
    found, pulled = gradient(evaluate_tiled(encoder, objective, 128, kept=2), image)
    expected, true = gradient(evaluate_whole(encoder, objective), image)
    torch.testing.assert_close(found.total, expected.total, rtol=rounded, atol=0)
    assert (pulled - true).norm() < decided * true.norm()


@pytest.mark.slow
@pytest.mark.skipif(load_library() is None, reason="the native kernels were not built")
@pytest.mark.parametrize("kept", [1, 3])
def test_the_compiled_engine_in_tiles(kept):
    encoder = load_encoder("vgg19-normalized", padding="reflect")
    encoder.engine = "native"
    options = replace(
        load_preset("default"), content_layers=("conv3_2",), style_layers=("conv1_1", "conv2_1", "conv3_2")
    )
    image, photograph, painting = (picture(seed, 201, 230) for seed in (1, 2, 3))
    objective = TransferProblem(photograph, [painting], options, encoder).objective_at(Size(201, 230))
    found, pulled = gradient(evaluate_tiled(encoder, objective, 128, kept=kept), image)
    expected, true = gradient(evaluate_whole(encoder, objective), image)
    torch.testing.assert_close(found.total, expected.total, rtol=THROUGH_VGG, atol=0)
    assert (pulled - true).norm() < ONE_DECISION * true.norm()


def test_gradients_add_to_what_is_there():
    image = picture(1, 40, 50).requires_grad_()
    image.grad = torch.ones_like(image)
    evaluate_tiled(tiny_network(), SMOOTH, 24)(image)
    _, pulled = gradient(evaluate_whole(tiny_network(), SMOOTH), image.detach())
    torch.testing.assert_close(image.grad, pulled + 1, rtol=SINGLE, atol=SINGLE)


def test_a_loss_that_is_no_sum_is_refused_by_name():
    objective = SMOOTH + Objective.single("top", MaxLoss())
    with pytest.raises(NotAdditiveError, match=r"top \(MaxLoss\) is not a sum over positions.*more memory"):
        evaluate_tiled(tiny_network(), objective, 100)


def test_a_part_wants_its_halo():
    own = Window(0, 0, 20, 50, Size(40, 50))
    with pytest.raises(InputError, match="50×21"):
        evaluate_tiled(tiny_network(), SMOOTH, 24, own=own)(picture(1, 20, 50).requires_grad_())


def test_tilings_in_words():
    assert str(Tiling(512)) == "tiles of 512×512 pixels"
    assert str(Tiling(512, 3)) == "tiles of 512×512 pixels, 3 of them cached between the passes"
