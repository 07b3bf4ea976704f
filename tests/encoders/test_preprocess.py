from __future__ import annotations

import pytest
import torch

from brushwork.encoders.preprocess import IMAGENET_MEAN, IMAGENET_STD, make_preprocess
from tolerances import SINGLE


def test_the_leading_convolution_of_the_normalized_file_is_caffes_preprocessing(scales_script):
    file = scales_script.read(*scales_script.NORMALIZED)
    image = torch.rand(2, 3, 5, 7)
    theirs = torch.nn.functional.conv2d(image, file["0.weight"], file["0.bias"])
    torch.testing.assert_close(make_preprocess("caffe")(image), theirs, rtol=0, atol=255 * SINGLE)


def test_torchvisions_googlenet_sees_minus_one_to_one():
    """Its `transform_input` undoes mean and deviation of ImageNet."""
    image = torch.rand(1, 3, 4, 4)
    shown = make_preprocess("torchvision")(image)
    theirs = torch.stack(
        [shown[:, c] * (IMAGENET_STD[c] / 0.5) + (IMAGENET_MEAN[c] - 0.5) / 0.5 for c in range(3)], dim=1
    )
    torch.testing.assert_close(make_preprocess("signed")(image), theirs, rtol=0, atol=SINGLE)


@pytest.mark.parametrize("convention", ["caffe", "torchvision", "signed"])
def test_scale_is_the_value_of_white(convention):
    image = torch.rand(1, 3, 4, 4)
    # About gray, white cancels.
    whiter, white = make_preprocess(convention, 256.0)(image), make_preprocess(convention)(image * 256 / 255)
    torch.testing.assert_close(whiter, white, rtol=0, atol=(255 if convention == "caffe" else 5) * SINGLE)
