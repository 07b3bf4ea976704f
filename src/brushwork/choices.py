"""Names that options choose from; without torch, so that flags and help pages take only a moment."""

from __future__ import annotations

from typing import Literal, TypeAlias

Engine: TypeAlias = Literal["plain", "channels-last", "native"]
"""Name of a backend.

`plain`: the modules as they are. `channels-last`: the same in channels-last memory format, in which torch's
convolutions are faster. `native`: brushwork's own kernels, if they were built, for VGG in float32 on the CPU.
"""

Precision: TypeAlias = Literal["auto", "fast", "full", "tf32", "bf16", "fp16"]

Pooling: TypeAlias = Literal["max", "average"]

Padding: TypeAlias = Literal["zeros", "reflect", "replicate-first"]
"""Padding of an encoder's convolutions. `replicate-first`: the first one repeats the border, the others pad zeros."""

PreprocessName: TypeAlias = Literal["caffe", "ilsvrc", "torchvision", "signed"]
"""Name of a preprocessing.

`caffe`: BGR, 0–255, minus the mean pixel of VGG's training. `ilsvrc`: as caffe, with that of Caffe's other networks.
`torchvision`: RGB, minus mean, divided by std. `signed`: RGB, −1…1.
"""

SpaceName: TypeAlias = Literal["srgb", "linear", "yiq", "lab", "oklab"]

Transform: TypeAlias = Literal["chol", "pca", "sym"]

TVForm: TypeAlias = Literal["mean", "jcjohnson", "neural-style-pt", "pastiche", "keras", "crowsonkb"]

StyleFit: TypeAlias = Literal["scaled", "limited", "reduced", "stretched"]
"""How a style image is resized. `scaled`: in proportion to the content image; `limited`: likewise, but enlarged at most
1.5 times (times `style_scale`, above 1); `reduced`: likewise, but never enlarged; `stretched`: to the content image's
proportions."""

MaskPropagation: TypeAlias = Literal["simple", "all", "inside"]

NormName: TypeAlias = Literal["instance", "batch"]
"""Normalization over the positions of each image (1607.08022), or over the batch, with running statistics in
evaluation mode (1603.08155)."""

Upsampling: TypeAlias = Literal["transposed", "nearest"]
"""Upsampling by 2: a transposed convolution, as in the paper; or nearest neighbor followed by a convolution, which
leaves no checkerboard."""

BorderName: TypeAlias = Literal["zeros", "reflect"]
"""Padding of convolutions."""

DeviceName: TypeAlias = Literal["auto", "cpu", "cuda", "mps", "xpu"]

Quality: TypeAlias = Literal["draft", "normal", "best"]
"""What the preset `default` may cost."""

WorkerEngine: TypeAlias = Literal["processes", "ray"]
"""Where the pieces of a task run: in processes on this machine, or on a Ray cluster."""

HistoryStorage: TypeAlias = Literal["full", "bf16", "disk"]
"""Storage of vectors: unchanged; in bfloat16, with the range of float32 at half the memory; or in a file."""

FlowCheck: TypeAlias = Literal["strict", "ruder"]
