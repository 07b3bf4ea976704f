"""The convolutional part of VGG-16 and VGG-19 (Simonyan & Zisserman, 1409.1556)."""

from __future__ import annotations

from torch import nn

from brushwork.choices import Padding, Pooling
from brushwork.encoders.encoder import Encoder
from brushwork.encoders.preprocess import Preprocess
from brushwork.encoders.stages import EncoderStage, padding_mode, pool_stage, rectified_convolution

CONVOLUTIONS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Number of convolutions in each of the five blocks, by depth (1409.1556, Table 1, D and E)."""

CHANNELS = (64, 128, 256, 512, 512)
"""Number of channels in each of the five blocks."""


def make_vgg(
    depth: int, preprocess: Preprocess, *, pooling: Pooling = "max", padding: Padding = "zeros", ceil: bool = False
) -> Encoder:
    """Create a VGG with random weights.

    Layers: `relu1_1` … and `pool1` …, with `conv1_1` as an alias of `relu1_1`. Gatys et al. replace max pooling by
    average pooling and find it "slightly more appealing" (CVPR 2016, §2). With `ceil`, pools keep a last row or column
    that does not fill its window, as Caffe and Torch7 do.
    """
    stages: list[EncoderStage] = []
    aliases = {}
    channels_in = 3
    for block, (count, channels) in enumerate(zip(CONVOLUTIONS[depth], CHANNELS, strict=True), start=1):
        for index in range(1, count + 1):
            mode = padding_mode(padding, is_first=not stages)
            convolution = nn.Conv2d(channels_in, channels, 3, padding=1, padding_mode=mode)
            stages += rectified_convolution(f"{block}_{index}", convolution)
            aliases[f"conv{block}_{index}"] = f"relu{block}_{index}"
            channels_in = channels
        stages.append(pool_stage(f"pool{block}", 2, pooling, ceil=ceil))
    return Encoder(f"VGG-{depth}", stages, preprocess, aliases)
