"""MGAN: a decoder from VGG-19 features to an image, and brown noise as its input for textures.

Source: Li & Wand, Precomputed Real-Time Texture Synthesis with Markovian Generative Adversarial Networks, 1604.04382.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Self

import torch
from torch import nn

from brushwork.choices import Upsampling
from brushwork.encoders import Encoder, load_encoder
from brushwork.errors import InputError
from brushwork.feedforward.networks.blocks import make_norm
from brushwork.feedforward.networks.configs import MGAN_STRIDE, MGANConfig
from brushwork.feedforward.networks.johnson import reflect_pad_to_multiple
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.types import Feature, Features, Image

LAYER = "conv4_1"
"""Layer whose features are decoded, after ReLU."""


_CHANNELS = 512
_MARGIN = 2 * MGAN_STRIDE
"""Pixels of reflection padding, cropped from the output: the decoder pads with zeros."""


_FINEST = 4
"""Pixels between the values of the finest octave."""

_CONTRAST = 0.2
"""Standard deviation about gray, in units of the range [0, 1]; roughly that of photographs."""


class MGANNetwork(nn.Module):
    """Network from a photograph, or from brown noise, to an image in the style.

    Its state dictionary holds only the decoder: the encoder is loaded by `eval`, or on first use.
    """

    def __init__(self, settings: MGANConfig, encoder: Encoder | None = None) -> None:
        """Build the network; `encoder` is the encoder named in the settings, if it is already loaded."""
        super().__init__()
        self.settings = settings
        self.decoder = _decoder(settings)
        # In a list, so that it is not registered as a submodule.
        self._encoder_ref = [] if encoder is None else [encoder]

    @property
    def encoder(self) -> Encoder:
        """The encoder, loaded on first use."""
        if not self._encoder_ref:
            encoder = load_encoder(self.settings.network, padding="reflect", engine="plain")
            encoder.truncate([LAYER])
            self._encoder_ref.append(encoder)
        return self._encoder_ref[0]

    def train(self, mode: bool = True) -> Self:
        """Set the training mode, as for every module; evaluation mode loads the encoder.

        Traces and exports cannot read files, so the encoder must be loaded before them.
        """
        if not mode:
            _ = self.encoder
        return super().train(mode)

    def forward(self, image: Image | None = None, size: Size | None = None, seed: int = 0) -> Image:
        """Return the stylized photograph, or a texture of the given size made from seeded brown noise, in [0, 1].

        Raises: InputError: neither a photograph nor a size was given.
        """
        if image is None:
            if size is None:
                raise InputError("neither a photograph nor the size of a texture was given: give one of them.")
            (image,) = self.sample_noise(size, 1, torch.Generator().manual_seed(seed))
        height, width = Size.of(image)
        margin = 0 if self.training else _MARGIN
        painted = self.decode(self.encode(reflect_pad_to_multiple(image, margin, MGAN_STRIDE)))
        return painted[..., margin : margin + height, margin : margin + width]

    def padded_size(self, size: Size) -> Size:
        """Return the size itself: sides that are not multiples of `MGAN_STRIDE` are padded by reflection."""
        return size

    def noise_shapes(self, size: Size, count: int) -> list[tuple[int, int, int, int]]:
        """Return the shape of the noise, that of an image."""
        return [(count, 3, *size)]

    def sample_noise(self, size: Size, count: int, generator: torch.Generator) -> list[Image]:
        """Return brown noise for `count` images, the network's input for textures."""
        noise = torch.cat([brown_noise(size, generator) for _ in range(count)])
        return [noise.to(next(self.parameters()).device)]

    def generate(self, noise: Sequence[Image]) -> Image:
        """Return textures generated from the result of `sample_noise`."""
        texture: Image = self(noise[-1])
        return texture

    def encode(self, image: Image) -> Feature:
        """Return the features of an image whose sides are multiples of `MGAN_STRIDE`."""
        features: Features = self.encoder.to(image.device)(image, [LAYER])
        return features[LAYER]

    def decode(self, feature: Feature) -> Image:
        """Return the image decoded from features."""
        last: Feature = self.decoder(feature)
        return 0.5 + 0.5 * last.tanh()


def _decoder(settings: MGANConfig) -> nn.Sequential:
    """Return the decoder: a 3×3 convolution, then three upsamplings by 2, down to 3 channels.

    Source: 1604.04382, fig. 5, and the authors' program.
    """
    widths = [settings.width, settings.width // 2, settings.width // 4]
    layers: list[nn.Module] = [nn.ConvTranspose2d(_CHANNELS, widths[0], 3, padding=1)]
    for inner, outer in zip(widths, [*widths[1:], 3], strict=True):
        layers += [make_norm(settings.norm, inner), nn.ReLU(), _larger(inner, outer, settings.upsampling)]
    return nn.Sequential(*layers)


def _larger(inner: int, outer: int, how: Upsampling) -> nn.Module:
    if how == "transposed":
        return nn.ConvTranspose2d(inner, outer, 4, 2, padding=1)
    convolution = nn.Conv2d(inner, outer, 3, padding=1, padding_mode="reflect")
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), convolution)


def brown_noise(size: Size, generator: torch.Generator) -> Image:
    """Return brown noise in [0, 1], a sum of octaves of smooth noise: interpolated random values.

    Each octave is twice as coarse and √2 times as strong as the one before.

    Along a line, the power at a frequency f falls as 1/f², down to the finest octave. White noise has no structure that
    a model trained on photographs knows. The last octave has two values per side.

    Source: Li & Wand, 1604.04382, section 5: textures from brown noise.
    """
    noise, cell = torch.zeros(1, 3, *size), _FINEST
    while True:
        positions = Size(*(-(-side // cell) + 1 for side in size))
        octave = resize(
            torch.randn(1, 3, *positions, generator=generator), Size(positions.height * cell, positions.width * cell)
        )
        noise += sqrt(cell) * octave[..., : size.height, : size.width]
        if cell >= max(size):
            break
        cell *= 2
    std = noise.std().clamp_min(torch.finfo(noise.dtype).tiny)
    return (0.5 + _CONTRAST * (noise - noise.mean()) / std).clamp(0, 1)
