"""Load an encoder by the name or the file of its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import torch

from brushwork.choices import Engine, Padding, Pooling, PreprocessName
from brushwork.encoders.backends import choose_engine
from brushwork.encoders.encoder import Encoder
from brushwork.encoders.preprocess import make_preprocess
from brushwork.encoders.registry import ARCHITECTURES, build_encoder
from brushwork.encoders.weights.find import find_weights, read_file
from brushwork.errors import InputError, require_type
from brushwork.storage.file_names import is_weights_file
from brushwork.storage.hashing import find_unchanged


@torch.inference_mode(False)
def load_encoder(
    name: str | Path = "vgg19-normalized",
    *,
    pooling: Pooling = "max",
    padding: Padding = "zeros",
    scale: float = 255.0,
    ceil: bool = False,
    preprocessing: PreprocessName | Literal["own"] = "own",
    engine: Engine | Literal["auto"] = "auto",
) -> Encoder:
    """Load a frozen encoder in float32 on the CPU, by the name of its weights or the path of a weights file.

    `vgg19-normalized` (from the papers) and `vgg19` are always available, without a cache or a download. `scale` is the
    value of white, 255 in training (jcjohnson's programs use 256). With `ceil`, pools keep a last row or column that
    does not fill its window, as Caffe and Torch7 do. `preprocessing` is that of the weights (own), or another one.
    `engine` is the backend on the CPU; see `choose_engine`.

    Raises:
        InputError: no such name, pooling or padding; linear layers alone.
        WeightsError: the weights are missing, damaged or of another network; the message says what to do.
    """
    require_type("the network", name, (str, Path), "the name of its weights, or the path of a weights file")
    _require_one_of("pooling", pooling, get_args(Pooling))
    _require_one_of("padding", padding, get_args(Padding))
    _require_one_of("preprocessing", preprocessing, ("own", *get_args(PreprocessName)))
    backend = choose_engine(engine, torch.device("cpu"))
    weights = read_file(Path(name))[0] if is_weights_file(name) else find_weights(str(name))
    if weights.architecture not in ARCHITECTURES:
        raise InputError(f"{name} is not an encoder: it holds weights of {weights.architecture}.")
    shown = make_preprocess(weights.preprocessing if preprocessing == "own" else preprocessing, scale)
    encoder = build_encoder(weights.architecture, weights.tensors, shown, pooling, padding, ceil)
    encoder.name = weights.name
    encoder.engine = backend
    return encoder


def find_same_encoder(
    named: Path, folder: Path, weights: str, preprocessing: PreprocessName | Literal["own"] = "own"
) -> Path:
    """Return the weights file of an encoder, found at its path, in the folder, or in the current folder.

    `weights` is the hash of its weights, which includes the mean and std of its preprocessing.

    Raises: InputError: the file is missing or has changed.
    """
    places = (named, folder / named, folder / named.name, Path(named.name))
    found = find_unchanged(
        places, lambda file: load_encoder(file, preprocessing=preprocessing).weights_sha256(), weights
    )
    if found is None:
        raise InputError(f"the network {named} is missing: put its file into {folder}, or into the current folder.")
    return found


def _require_one_of(what: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise InputError(f"{what} {given!r} was given; expected {' or '.join(known)}.")
