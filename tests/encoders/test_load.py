from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from brushwork.encoders.load import load_encoder
from brushwork.errors import InputError, WeightsError
from tolerances import THROUGH_VGG, rounding


def forward_of_the_file(file, image):
    """relu5_1 straight from the file's convolutions, padded with zeros."""
    x = functional.conv2d(image, file["0.weight"], file["0.bias"])
    pools_before = {9, 16, 29, 42}
    for number in (2, 5, 9, 12, 16, 19, 22, 25, 29, 32, 35, 38, 42):
        x = functional.max_pool2d(x, 2) if number in pools_before else x
        x = functional.relu(functional.conv2d(x, file[f"{number}.weight"], file[f"{number}.bias"], padding=1))
    return x


@pytest.mark.slow
def test_the_normalized_network_is_the_file(normalized, scales_script):
    image = torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    theirs = forward_of_the_file(scales_script.read(*scales_script.NORMALIZED), image)
    ours = normalized(image, ["conv5_1"])["conv5_1"]
    torch.testing.assert_close(ours, theirs, rtol=0, atol=THROUGH_VGG * float(theirs.max()))


@pytest.mark.slow
def test_both_load_without_a_cache(tmp_path, monkeypatch):
    blocker = tmp_path / "a file"
    blocker.touch()
    monkeypatch.setenv("BRUSHWORK_CACHE", str(blocker / "no folder"))
    for name in ("vgg19-normalized", "vgg19"):
        assert load_encoder(name).name == name


def test_a_network_comes_frozen_in_float32_and_leaves_the_random_state_alone():
    before = torch.random.get_rng_state()
    encoder = load_encoder(pooling="average", padding="reflect")
    assert torch.equal(torch.random.get_rng_state(), before)
    assert {parameter.dtype for parameter in encoder.parameters()} == {torch.float32}
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    assert isinstance(encoder.stages["pool1"], torch.nn.AvgPool2d)
    assert encoder.stages["conv1_1"].padding_mode == "reflect"


@pytest.mark.slow
def test_scale_reaches_the_network(original):
    image = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    brighter = load_encoder("vgg19", scale=256.0)(image, ["relu1_1"])["relu1_1"]
    expected = original(image * 256 / 255, ["relu1_1"])["relu1_1"]
    torch.testing.assert_close(brighter, expected, rtol=0, atol=rounding(27) * float(expected.max()))


def test_a_misspelled_name_is_an_error_that_suggests():
    with pytest.raises(InputError, match=r"no weights named 'vg19'.*'vgg19'"):
        load_encoder("vg19")


@pytest.mark.parametrize("option", [{"pooling": "avg"}, {"padding": "mirror"}])
def test_a_misspelled_option_is_an_error_that_says_what_there_is(option):
    with pytest.raises(InputError, match=r"was given; expected \w+ or \w+"):
        load_encoder(**option)


def test_missing_weights_say_how_to_get_them():
    with pytest.raises(WeightsError, match=r"not on this machine.*brushwork weights get googlenet"):
        load_encoder("googlenet")


def test_a_missing_file_is_named():
    with pytest.raises(WeightsError, match=r"mine\.pth cannot be read: No such file"):
        load_encoder("mine.pth")


@pytest.mark.slow
def test_a_path_is_loaded_as_what_it_is(tmp_path, original):
    path = tmp_path / "vgg_conv.pth"
    torch.save(dict(original.stages.state_dict()), path)
    encoder = load_encoder(path)
    assert encoder.name == "vgg19"
    assert encoder.preprocess.bgr
    assert torch.equal(encoder.stages["conv5_4"].weight, original.stages["conv5_4"].weight)
