"""Presets: the published programs as settings, and our own.

Source: the programs themselves, read for facts; see the table in `convention.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from brushwork.errors import InputError, did_you_mean
from brushwork.recipes.transfer import Transfer

_PROGRAM = Transfer(
    network="vgg19",
    pooling="max",
    padding="zeros",
    convention="programs",
    style_falloff=1.0,
    spread_weight=0.0,
    smoothness=0.0,
    iterations=500,
    ceil=False,
    coarsest=0,
    history=100,
    first_move=0.0,
    largest_move=0.0,
    preconditioner="none",
    grain=0.0,
    boxed=False,
)
"""What the published programs share: one size, the original network, torch's L-BFGS, no box."""

_JCJOHNSON = replace(
    _PROGRAM,
    white=256.0,
    content_weight=5.0,
    style_weight=100.0,
    smoothness=1e-3,
    start="noise",
    noise=0.001,
    iterations=1000,
    pixel_range=256.0,
)

PRESETS: Mapping[str, Transfer] = {
    "default": Transfer(),
    "gatys-2015": replace(
        _PROGRAM,
        network="vgg19-normalized",
        pooling="average",
        ceil=True,
        convention="authors",
        content_weight=1e6,
        style_weight=1e9,
        measure="area",
        start="noise",
        noise=1.0,
    ),
    "gatys-2016": replace(_PROGRAM, content_weight=1.0, style_weight=1e3, measure="short", start="content"),
    "neural-style": replace(_JCJOHNSON, ceil=True, smoothness_form="jcjohnson"),
    "neural-style-pt": replace(_JCJOHNSON, smoothness_form="neural-style-pt"),
    "pastiche": replace(
        _PROGRAM, content_weight=0.01, style_weight=10.0, size=500, measure="area", start="content", iterations=1000
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
"""What each preset is, in a line."""


def preset(name: str) -> Transfer:
    """The settings of a published program, by name.

    Raises: InputError: no such preset; the message suggests the nearest ones.
    """
    if name not in PRESETS:
        raise InputError(f"there is no preset {name!r}. {did_you_mean(name, PRESETS)}")
    return PRESETS[name]
