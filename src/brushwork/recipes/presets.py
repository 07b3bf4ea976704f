"""Presets: the published programs as options, and our own default.

Source: the programs themselves, read for facts; see the table in `normalization.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from brushwork.errors import InputError, suggest_names
from brushwork.recipes.style_transfer import TransferOptions

_PROGRAM = TransferOptions(
    network="vgg19",
    pooling="max",
    padding="zeros",
    normalization="programs",
    style_falloff=1.0,
    moment_weight=0.0,
    tv_weight=0.0,
    iterations=500,
    ceil=False,
    min_size=0,
    history=100,
    initial_step=0.0,
    max_step=0.0,
    preconditioner="none",
    init_noise=0.0,
    jitter=0,
    bounded=False,
)
"""Options that the published programs share: one size, the original network, torch's L-BFGS, unbounded pixels."""

_JCJOHNSON = replace(
    _PROGRAM,
    encoder_scale=256.0,
    content_weight=5.0,
    style_weight=100.0,
    tv_weight=1e-3,
    init="noise",
    noise=0.001,
    iterations=1000,
    optimizer_scale=256.0,
)

PRESETS: Mapping[str, TransferOptions] = {
    "default": TransferOptions(),
    "gatys-2015": replace(
        _PROGRAM,
        network="vgg19-normalized",
        pooling="average",
        ceil=True,
        normalization="authors",
        content_weight=1e6,
        style_weight=1e9,
        measure="area",
        init="noise",
        noise=1.0,
    ),
    "gatys-2016": replace(_PROGRAM, content_weight=1.0, style_weight=1e3, measure="short", init="content"),
    "neural-style": replace(_JCJOHNSON, ceil=True, tv_form="jcjohnson"),
    "neural-style-pt": replace(_JCJOHNSON, tv_form="neural-style-pt"),
    "pastiche": replace(
        _PROGRAM, content_weight=0.01, style_weight=10.0, size=500, measure="area", init="content", iterations=1000
    ),
}


WHOSE: Mapping[str, str] = {
    "default": "ours: coarse to fine, losses measured by the painting",
    "gatys-2015": "1508.06576 on its normalized network, weighed as in the authors' notebooks",
    "gatys-2016": "CVPR 2016: the authors' released PyTorch program, on the original network",
    "neural-style": "jcjohnson's neural-style",
    "neural-style-pt": "ProGamerGov's port of neural-style",
    "pastiche": "pastiche 1.6, within 1 %; with --network vgg19-quantized, its own, exactly",
}
"""One-line description of each preset."""


def load_preset(name: str) -> TransferOptions:
    """Return the options of a published program, by name.

    Raises: InputError: no such preset; the message suggests the nearest ones.
    """
    if name not in PRESETS:
        raise InputError(f"there is no preset {name!r}. {suggest_names(name, PRESETS)}")
    return PRESETS[name]
