"""Which network looks, and how."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import inf
from typing import Literal

from brushwork.perception.engines import Engine
from brushwork.perception.precision import Precision
from brushwork.perception.vgg import Padding, Pooling
from brushwork.recipes.options.requirements import require_option


@dataclass(frozen=True, kw_only=True)
class EncoderOptions(ABC):
    """Which network looks at the picture, and how."""

    network: str = "vgg19-normalized"
    """Network that judges: vgg19, vgg19-normalized (the papers'), vgg16, alexnet, googlenet, or a weights file."""

    pooling: Pooling = "max"
    """Pooling between the blocks. Gatys et al. find average slightly more appealing; the weights were made with max."""

    padding: Padding = "reflect"
    """What convolutions see beyond the border."""

    ceil: bool = False
    """Pools keep a last row or column that does not fill its window, as Caffe and Torch7 do; else it is dropped."""

    encoder_scale: float = 255.0
    """Value of white that the network is shown: 255 as it was trained, 256 as jcjohnson's programs do."""

    precision: Precision = "auto"
    """Numbers that the network's layers compute in: auto (tf32 where there is TF32, else full), full, tf32, bf16, fp16.
    Sums over features are in float32 always."""

    engine: Literal["auto", Engine] = "auto"
    """How the network computes on processors: native (brushwork's own kernels), nnpack, channels-last or plain
    (torch's); auto takes the fastest here, as measured once. They agree but for rounding."""

    cuda_graphs: bool = False
    """On CUDA, record the iteration of each size as a graph and replay it: less to launch, which tells at small sizes.
    It was tried without such a device only."""

    def __post_init__(self) -> None:
        require_option(0 < self.encoder_scale < inf, "encoder_scale", self.encoder_scale, "above 0, and finite")
