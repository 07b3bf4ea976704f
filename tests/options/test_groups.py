from __future__ import annotations

import pytest
import torch
from torch import nn

from brushwork.errors import InputError
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import TransferOptions


@pytest.mark.slow
def test_the_network_is_the_one_that_the_options_describe():
    options = TransferOptions(network="vgg19", pooling="average", padding="reflect", encoder_scale=256.0, ceil=True)
    encoder = load_encoder_for(options, torch.device("cpu"))
    assert encoder.name == "vgg19"
    assert isinstance(encoder.stages["pool1"], nn.AvgPool2d)
    assert encoder.stages["conv1_1"].padding_mode == "reflect"
    assert encoder.stages["pool1"].ceil_mode
    assert encoder.preprocess.scale == 256


def test_an_unknown_network_is_an_error():
    with pytest.raises(InputError, match="vgg91"):
        load_encoder_for(TransferOptions(network="vgg91"), "cpu")
