"""Presets: the published programs as options, and our own default.

Source: the programs themselves, read for facts; see the table in `normalization.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from brushwork.choices import Quality
from brushwork.errors import InputError, require_type, suggest_names
from brushwork.recipes.transfer_options import TransferOptions

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
    init="content",
    jitter=0,
    detail=0.0,
    style_fit="scaled",
    iteration_floor=0.0,
    bounded=False,
)
"""Options common to the published programs: one size, the original network, torch's L-BFGS, unbounded pixels."""

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

_FZLIU = replace(
    _PROGRAM,
    preprocessing="ilsvrc",
    ceil=True,
    loss=("gram-sums",),
    normalization="paper",
    content_weight=1.0,
    style_weight=1e4,
    size=512,
    measure="long",
    style_scale=(1.2,),
    init="content",
    iterations=512,
    history=8,
    line_search=True,
    initial_step=3e-4,
    bounded=True,
)
"""Differs: our line search and projection replace SciPy's L-BFGS-B, and the budget counts evaluations."""

_KERAS = replace(
    _PROGRAM,
    loss=("gram-pixels",),
    normalization="sums",
    tv_form="keras",
    size=400,
    measure="height",
    style_fit="stretched",
)

_HYPERCOLUMN = tuple(
    f"conv{block}_{index}" for block, count in enumerate((2, 2, 3, 3), 1) for index in range(1, count + 1)
)
"""VGG-16 without its last block, as in NNST's program."""

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
    "fzliu": _FZLIU,
    "fzliu-googlenet": replace(
        _FZLIU,
        network="googlenet-caffe",
        content_layers=("conv2/3x3", "inception_3a"),
        content_layer_weights=(2e-4, 1 - 2e-4),
        style_layers=("conv1/7x7_s2", "conv2/3x3", "inception_3a", "inception_4a", "inception_5a"),
    ),
    "fzliu-caffenet": replace(
        _FZLIU,
        network="caffenet",
        content_layers=("conv4",),
        style_layers=("conv1", "conv2", "conv3", "conv4", "conv5"),
    ),
    "keras": replace(
        _KERAS,
        content_weight=0.025,
        style_weight=1.0,
        tv_weight=1.0,
        init="uniform",
        iterations=200,
        history=10,
        line_search=True,
        initial_step=1e-5,
        restart=20,
    ),
    "keras-2020": replace(
        _KERAS,
        content_layers=("conv5_2",),
        content_weight=2.5e-8,
        style_weight=1e-6,
        tv_weight=1e-6,
        init="content",
        iterations=4000,
        optimizer="sgd",
        learning_rate=100.0,
        learning_rate_decay=0.96,
    ),
    "crowsonkb": replace(
        _PROGRAM,
        network="vgg16",
        padding="replicate-first",
        loss=("wasserstein-steps",),
        content_weight=0.015,
        style_weight=1.0,
        style_layer_weights=tuple(weight / 341 for weight in (256, 64, 16, 4, 1)),
        tv_weight=2.0,
        tv_form="crowsonkb",
        size=512,
        measure="long",
        min_size=152,
        size_step=2**0.5,
        style_fit="reduced",
        init="content",
        iterations=1000,
        finer_iterations=500,
        carried_memory="resized",
        optimizer="adam",
        learning_rate=0.02,
        beta2=0.99,
        ema_decay=0.99,
        optimizer_scale=1.0,
        bounded=True,
    ),
    "nnst": replace(
        _PROGRAM,
        network="vgg16",
        loss=("hypercolumns", "neighbors"),
        normalization="authors",
        content_weight=0.0,
        style_weight=1.0,
        style_layers=_HYPERCOLUMN,
        size=512,
        measure="long",
        min_size=128,
        init="recolored",
        iterations=40,
        iteration_decay=0.7,
        history=30,
        initial_step=0.01,
        max_step=0.025,
        preconditioner="frequency",
        bounded=True,
    ),
    "spst": replace(
        _PROGRAM,
        content_weight=1.0,
        style_weight=1e3,
        moment_weight=1e4,
        size="full",
        measure="short",
        min_size=724,
        style_fit="reduced",
        init="content",
        iterations=600,
        finer_iterations=300,
        carried_memory="none",
        finer_history=10,
    ),
    "gatys-2016-highres": replace(
        _PROGRAM,
        content_weight=1.0,
        style_weight=1e3,
        measure="short",
        size=800,
        min_size=512,
        size_step=800 / 512,
        init="content",
        iterations=500,
        finer_iterations=200,
        carried_memory="none",
    ),
    "pastiche": replace(
        _PROGRAM, content_weight=0.01, style_weight=10.0, size=500, measure="area", init="content", iterations=1000
    ),
}


DESCRIPTIONS: Mapping[str, str] = {
    "default": "ours: coarse to fine, losses relative to the style image's",
    "gatys-2015": "1508.06576 on its normalized network, weighted as in the authors' notebooks",
    "gatys-2016": "CVPR 2016: the authors' released PyTorch program, on the original network",
    "neural-style": "jcjohnson's neural-style",
    "neural-style-pt": "ProGamerGov's port of neural-style",
    "fzliu": "fzliu's style-transfer, on VGG-19; also --network vgg16-caffe, its default, and --init mixed or pink",
    "fzliu-googlenet": "the same on Caffe's GoogLeNet: first brushwork weights add FILE --as googlenet-caffe",
    "fzliu-caffenet": "the same on CaffeNet: first brushwork weights add FILE --as caffenet",
    "keras": "the Keras example of 2016, on VGG-19; its own network is --network vgg16-caffe",
    "keras-2020": "the Keras example of 2020: gradient descent from the content image",
    "crowsonkb": "crowsonkb's style-transfer-pytorch, on VGG-16; its own network is --network vgg19-torchvision",
    "spst": "Galerne et al., 2212.13459 (SPST baseline): means and deviations beside Gram matrices, at any size",
    "nnst": "Kolkin et al., 2203.13215 (NNST): nearest hypercolumns and features, both at once and in fewer iterations",
    "gatys-2016-highres": "gatys-2016, and once more at 800 pixels, as its notebook does for high resolution",
    "pastiche": "pastiche 1.6, within 1 %; with --network vgg19-quantized, its own, exactly",
}
"""One-line description of each preset."""


QUALITIES: Mapping[Quality, TransferOptions] = {
    "draft": replace(
        PRESETS["default"],
        min_size=400,
        init_noise=0.0,
        jitter=0,
        iterations=9,
        finer_iterations=4,
        precision="fast",
    ),
    "normal": PRESETS["default"],
    "best": replace(PRESETS["default"], iterations=200, iteration_decay=0.6),
}
"""`default` at three costs: a finished-looking picture in seconds, the preset itself, and the best it can reach."""


def load_preset(name: str, quality: Quality = "normal") -> TransferOptions:
    """Return the options of a preset by name; `default` also comes in the qualities draft and best.

    Raises: InputError: no such preset (the message suggests the nearest ones), no such quality, or another quality of a
    published program.
    """
    require_type("the preset", name, str, "its name")
    require_type("quality", quality, str, "draft, normal or best")
    if name not in PRESETS:
        raise InputError(f"there is no preset {name!r}. {suggest_names(name, PRESETS)}")
    if quality == "normal":
        return PRESETS[name]
    if quality not in QUALITIES:
        raise InputError(f"there is no quality {quality!r}. {suggest_names(quality, QUALITIES)}")
    if name != "default":
        raise InputError(
            f"quality {quality} applies to the preset default only, and {name} is a published program: remove one of "
            "them."
        )
    return QUALITIES[quality]
