"""Texture networks: a multi-scale generator from noise, with or without a content image.

Source: Ulyanov et al., 1603.03417 and 1701.02096.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from brushwork.choices import NormName
from brushwork.encoders.preprocess import CAFFE_MEAN
from brushwork.errors import InputError
from brushwork.feedforward.networks.blocks import EPSILON, InstanceNorm
from brushwork.feedforward.networks.configs import TextureNetConfig
from brushwork.images.geometry import Size
from brushwork.types import Feature, Image

Noise: TypeAlias = Float[Tensor, "_ _ _ _"]
"""Noise of one scale: batch, channels, rows, columns."""

_WHITE = 255.0

_LEAK = 0.01
"""Slope below 0. Source: 1603.03417's published models."""


class TextureNetwork(nn.Module):
    """Generator of an image from noise, and from a photograph if it stylizes; all padding is circular.

    Each scale has its own block for its inputs. From coarse to fine, the running feature map is doubled in size
    (nearest) and concatenated with that of the next scale, each normalized; a block of their joint width follows. Every
    convolution but the last is followed by a norm and a leaky ReLU, and has circular padding.

    Source: 1603.03417, fig. 2; the authors' pyramid.lua.
    Differs: where branches join, the published files normalize 8 channels of the coarse one whatever its width, and so
    cannot run; here, all channels are normalized. Photographs are in [0, 1], like the noise, not in 0–255.
    """

    def __init__(self, settings: TextureNetConfig) -> None:
        super().__init__()
        self.settings = settings
        inputs = settings.noise + 3 * settings.photograph
        widths = [settings.width * (scale + 1) for scale in range(settings.scales)]
        norm, pointwise = settings.norm, settings.pointwise
        self.entries = nn.ModuleList(make_block(inputs, settings.width, norm, pointwise=pointwise) for _ in widths)
        self.joints = nn.ModuleList(
            ScaleJoin(width, settings.width, norm, pointwise=pointwise) for width in widths[:-1]
        )
        self.last = nn.Conv2d(widths[-1], 3, 1)
        self._gray: Tensor
        self.register_buffer("_gray", torch.tensor(CAFFE_MEAN).view(1, 3, 1, 1), persistent=False)

    def forward(self, image: Image | None = None, size: Size | None = None, seed: int = 0) -> Image:
        """Return photographs stylized at their own size, or one texture of the given size, with noise from the seed.

        Images whose size is not a multiple of the stride are generated larger and cropped on the right and at the
        bottom, where a texture is then not seamless. Each side has at least two positions of the coarsest scale before
        cropping.

        Raises: InputError: a texture model got a photograph, or a model that needs one got none.
        """
        size = self._size(image, size)
        whole = self.padded_size(size)
        noise = self.sample_noise(whole, 1 if image is None else len(image), torch.Generator().manual_seed(seed))
        return self.generate(noise, _grown(image, whole))[..., : size.height, : size.width]

    def padded_size(self, size: Size) -> Size:
        """Return the size at which an image is generated: its sides are multiples of the stride, at least twice it."""
        spec = self.settings.spec
        return Size(*(max(spec.min_size, -(-side // spec.stride) * spec.stride) for side in size))

    def sample_noise(self, size: Size, count: int, generator: torch.Generator) -> list[Noise]:
        """Return fresh U(0, 1) noise for `count` images at every scale, coarse to fine.

        It is sampled on the CPU. The sides must be multiples of the stride.
        """
        drawn = (torch.rand(shape, generator=generator) for shape in self.noise_shapes(size, count))
        return [one.to(self.last.weight) for one in drawn]

    def noise_shapes(self, size: Size, count: int) -> list[tuple[int, int, int, int]]:
        """Return the shapes of the noise at every scale, coarse to fine."""
        channels = self.settings.noise
        return [(count, channels, size.height // ratio, size.width // ratio) for ratio in self._ratios()]

    def generate(self, noise: Sequence[Noise], contents: Image | None = None) -> Image:
        """Return the images generated from noise at every scale, and from photographs of the output's size."""
        levels = noise if contents is None else self._behind(contents, noise)
        so_far: Feature = self.entries[0](levels[0])
        for joint, entry, level in zip(self.joints, self.entries[1:], levels[1:], strict=True):
            so_far = joint(so_far, entry(level))
        pixels: Image = self.last(so_far) + self._gray  # in 0–255, as in the paper, which its learning rate fits
        return pixels / _WHITE

    def _behind(self, contents: Image, noise: Sequence[Noise]) -> list[Feature]:
        """Return the photographs, averaged down to each scale, and the noise, concatenated in this order."""
        pairs = zip(self._ratios(), noise, strict=True)
        return [torch.cat([F.avg_pool2d(contents, ratio), level], dim=1) for ratio, level in pairs]

    def _ratios(self) -> Iterator[int]:
        return (1 << scale for scale in reversed(range(self.settings.scales)))

    def _size(self, image: Image | None, size: Size | None) -> Size:
        if self.settings.photograph:
            if image is None:
                raise InputError("this model stylizes photographs, and none was given: give one.")
            return Size.of(image)
        if image is not None or size is None:
            raise InputError("this model generates textures from noise: give it a size instead of a photograph.")
        return size


def _grown(image: Image | None, size: Size) -> Image | None:
    """Return the photograph padded to a size by repeating its last row and column."""
    if image is None or Size.of(image) == size:
        return image
    own = Size.of(image)
    return F.pad(image, (0, size.width - own.width, 0, size.height - own.height), mode="replicate")


def make_block(inputs: int, width: int, norm: NormName, *, pointwise: bool) -> nn.Sequential:
    """Return a block of two 3×3 convolutions, and a 1×1 one if `pointwise`, each normalized and rectified."""
    kernels = (3, 3, 1) if pointwise else (3, 3)
    layers = [_layer(width if place else inputs, width, kernel, norm) for place, kernel in enumerate(kernels)]
    return nn.Sequential(*(part for layer in layers for part in layer))


class ScaleJoin(nn.Module):
    """Joins a coarse feature map with that of the next scale.

    The coarse map is doubled in size; both are normalized, concatenated, and passed to a block.
    """

    def __init__(self, coarse: int, fine: int, norm: NormName, *, pointwise: bool) -> None:
        super().__init__()
        self.coarse, self.fine = make_batch_norm(coarse, norm), make_batch_norm(fine, norm)
        self.block = make_block(coarse + fine, coarse + fine, norm, pointwise=pointwise)

    def forward(self, coarse: Feature, fine: Feature) -> Feature:
        """Return a feature map as large as the fine one, with the channels of both."""
        larger = F.interpolate(coarse, scale_factor=2.0, mode="nearest")
        both: Feature = self.block(torch.cat([self.coarse(larger), self.fine(fine)], dim=1))
        return both


def make_batch_norm(width: int, norm: NormName) -> nn.Module:
    """Return a norm without running statistics; it uses its input's in evaluation mode too."""
    if norm == "instance":
        return InstanceNorm(width, eps=EPSILON, affine=True)
    return nn.BatchNorm2d(width, eps=EPSILON, track_running_stats=False)


def _layer(inputs: int, width: int, kernel: int, norm: NormName) -> tuple[nn.Module, nn.Module, nn.Module]:
    padding: Literal["circular", "zeros"] = "circular" if kernel > 1 else "zeros"
    convolution = nn.Conv2d(inputs, width, kernel, padding=kernel // 2, padding_mode=padding)
    return convolution, make_batch_norm(width, norm), nn.LeakyReLU(_LEAK, inplace=True)
