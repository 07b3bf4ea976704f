from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image as Pictures
from torch import nn

from brushwork.encoders.encoder import Encoder
from brushwork.encoders.googlenet import make_googlenet
from brushwork.encoders.load import load_encoder
from brushwork.encoders.normalize import normalize_activations
from brushwork.encoders.preprocess import make_preprocess
from brushwork.encoders.stages import EncoderStage
from brushwork.errors import InputError
from tolerances import DOUBLE

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def images():
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(*shape, generator=generator).double() for shape in ((1, 3, 32, 48), (2, 3, 64, 32))]


def mean_activations(encoder, images, layer):
    features = [encoder(image, [layer])[layer].transpose(0, 1).flatten(1) for image in images]
    return torch.cat(features, dim=1).mean(dim=1)


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["max", "average"])
def test_activations_become_one_in_the_mean_and_change_by_their_scale_only(photographs, pooling):
    """In float64: activations that are sums of few, small differences are far off in float32."""
    crops = [photograph[..., 8:104, 16:144] for photograph in photographs[:2]]
    encoder = load_encoder("vgg19", pooling=pooling).double()
    normalized = normalize_activations(encoder, crops)
    for layer in ("relu1_1", "relu3_4", "relu5_1"):
        means = mean_activations(encoder, crops, layer)
        alive = means > 1e-6 * means.mean()
        assert alive.sum() > 0.9 * len(alive)
        became = mean_activations(normalized, crops, layer)[alive]
        torch.testing.assert_close(became, torch.ones_like(became), rtol=DOUBLE, atol=0)
        ours, theirs = encoder(crops[0], [layer])[layer], normalized(crops[0], [layer])[layer]
        rescaled = torch.where(alive, means, 1.0).view(1, -1, 1, 1) * theirs
        assert (rescaled - ours).abs().max() < DOUBLE * ours.abs().max()


def test_it_leaves_the_given_network_alone(original, images):
    before = original.stages["conv1_1"].weight.clone()
    normalize_activations(original, [image.float() for image in images])
    assert torch.equal(original.stages["conv1_1"].weight, before)


def small_chain():
    torch.manual_seed(0)
    stages = [
        EncoderStage("conv1", nn.Conv2d(3, 4, 3, padding=1), kernel=3, padding=1),
        EncoderStage("relu1", nn.ReLU()),
        EncoderStage("conv2", nn.Conv2d(4, 5, 3, padding=1), kernel=3, padding=1),
        EncoderStage("relu2", nn.ReLU()),
    ]
    return Encoder("chain", stages, make_preprocess("torchvision")).double()


def test_dead_channels_are_left_alone(images):
    encoder = small_chain()
    with torch.no_grad():
        encoder.stages["conv1"].bias[2] = -1e6
    normalized = normalize_activations(encoder, images)
    assert all(parameter.isfinite().all() for parameter in normalized.parameters())
    assert torch.equal(normalized.stages["conv1"].weight[2], encoder.stages["conv1"].weight[2])
    torch.testing.assert_close(mean_activations(normalized, images, "relu2")[0].item(), 1.0, rtol=DOUBLE, atol=0)


def test_later_outputs_that_are_not_rescaled_stay_as_they_were(images):
    encoder = small_chain()
    normalized = normalize_activations(encoder, images)
    means = mean_activations(encoder, images, "relu2")
    with torch.no_grad():
        for parameter in normalized.stages["conv2"].parameters():
            parameter *= means.view(-1, *[1] * (parameter.dim() - 1))
    ours, theirs = encoder(images[1], ["relu2"])["relu2"], normalized(images[1], ["relu2"])["relu2"]
    torch.testing.assert_close(theirs, ours, rtol=DOUBLE, atol=DOUBLE)


def test_a_network_that_is_no_chain_is_an_error(images):
    with pytest.raises(InputError, match="GoogLeNet cannot be normalized"):
        normalize_activations(make_googlenet(make_preprocess("signed")).double(), images)


def test_no_images_are_an_error(original):
    with pytest.raises(InputError, match="no image"):
        normalize_activations(original, [])


@pytest.mark.slow
def test_on_photographs_the_scales_are_like_the_authors(original, normalized, photographs):
    """Their images are unknown; on six small pictures the scales come out much like theirs.

    (On 30 photographs: correlation of the logarithms 0.90–0.97 up to conv4_2, median ratio 0.95–1.13 up to conv5_1,
    falling to 0.49 and 0.57 at conv5_4. With average pooling the ratio falls to 0.1: theirs was maximum.)
    """
    ours = normalize_activations(original, [one.float() for one in photographs])
    for convolution in ("conv1_2", "conv2_2", "conv3_1", "conv3_4", "conv4_1"):
        bias = original.stages[convolution].bias
        logarithms = torch.stack([(bias / one.stages[convolution].bias).log() for one in (ours, normalized)])
        assert torch.corrcoef(logarithms)[0, 1] > 0.8
        assert (logarithms[0] - logarithms[1]).median().abs() < 0.3


@pytest.fixture(scope="module")
def photographs():
    return [photograph(path) for path in sorted([*EXAMPLES.glob("*.jpg"), *EXAMPLES.glob("*.png")])]


def photograph(path):
    with Pictures.open(path) as picture:
        small = picture.convert("RGB").resize((160, 120), Pictures.Resampling.BICUBIC)
    flat = torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8)
    return flat.view(1, 120, 160, 3).permute(0, 3, 1, 2).double() / 255
