from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from brushwork.encoders import load_encoder
from brushwork.encoders.weights.adain_decoder import DECODER, LAYERS, decoder_shapes
from brushwork.encoders.weights.cache import read_weights, write_weights
from brushwork.encoders.weights.catalog import WEIGHT_SETS
from brushwork.encoders.weights.find import find_installed_file, find_weights
from brushwork.encoders.weights.read import read_state_dict
from brushwork.errors import InputError
from brushwork.storage.hashing import tensors_sha256


def test_it_mirrors_vgg19_up_to_conv4_1():
    assert LAYERS[0][1] == 512
    assert LAYERS[-1][2] == 3
    assert all(before[2] == after[1] for before, after in pairwise(LAYERS))


def test_the_weights_are_those_of_the_package_in_its_order():
    weights = find_weights("adain-decoder")
    file = find_installed_file(WEIGHT_SETS["adain-decoder"])
    assert file is not None
    given = [tensor for _, tensor in sorted(read_state_dict(file).items(), key=lambda item: _place(item[0]))]
    assert weights.architecture == DECODER
    assert {name: tuple(tensor.shape) for name, tensor in weights.tensors.items()} == decoder_shapes()
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(weights.tensors.values(), given, strict=True))
    assert tensors_sha256(dict(weights.tensors)) == WEIGHT_SETS["adain-decoder"].content


def _place(name):
    number, part = name.split(".")
    return int(number), part == "bias"


def test_it_can_be_cached(tmp_path, monkeypatch):
    monkeypatch.setenv("BRUSHWORK_CACHE", str(tmp_path))
    weights = find_weights("adain-decoder")
    kept = read_weights(write_weights(weights), WEIGHT_SETS["adain-decoder"].content)
    assert kept.architecture == DECODER


def test_nobody_encodes_with_it():
    with pytest.raises(InputError, match="adain-decoder is not an encoder"):
        load_encoder("adain-decoder")
