"""The content image rebuilt from patches of the style images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from brushwork.images.color_transfer import exact
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.types import Image, Mask

PATCH, STRIDE = 7, 3
"""Side of a patch, and the distance from one to the next, in pixels."""

HALF = PATCH // 2

LEVELS = 3
"""Number of sizes, each twice the one before; the last is that of the result."""

CONTENT = 0.7
"""Share of the content image in the image whose patches are matched; the rest is the result at the size before."""

NOISE = 0.05
"""Standard deviation of the noise added to it, so that similar neighbors do not all find the same patch."""

KEYS, COMPONENTS = 4096, 24
"""Number of patches drawn at random from the style images, and of the principal components used to compare them."""

PATCHES_SHARE = 0.5
"""Share of the patch image in the initial image; the rest is the recolored content image."""

COMPLETENESS = 0.005
"""α in D/(α + min D), in variances: the smaller it is, the more of the style images' patches are used."""

QUERIES = 2048
"""Number of patches to compare with all keys at a time."""

Patches = Float[Tensor, "patches values"]


@torch.no_grad()
def compose_patches(
    content: Image,
    styles: Sequence[Image],
    weights: Sequence[float],
    seed: int,
    masks: Sequence[Mask] | None = None,
) -> Image:
    """Return the content image, given in the style images' colors, assembled from patches of the style images.

    At three sizes, coarse to fine, every patch of the image is replaced by the nearest patch of the style images, and
    overlapping patches are averaged. The distance D from a patch to a patch of the style images is divided by
    α + min D, the minimum over all patches of the image, so that more of the style images is used. `weights` say how
    many patches come from each style image, `masks` from where in it (everywhere, if None). If the image is smaller
    than a patch, or the style images have no patches, the content image is returned. Each image of a batch is assembled
    separately.

    Source: Granot et al., 2103.15545 (GPNN), section 3; style transfer by patches: Elad, Milanfar, 1609.03057.
    Differs: it uses random keys instead of all; the content image takes part at every size.
    """
    return torch.cat([_compose_one(one, styles, weights, seed, masks) for one in torch.split(content, 1)])


def _compose_one(
    content: Image, styles: Sequence[Image], weights: Sequence[float], seed: int, masks: Sequence[Mask] | None
) -> Image:
    generator, found = torch.Generator().manual_seed(seed), None
    for level in reversed(range(LEVELS)):
        here = _reduce(content, level)
        if min(Size.of(here)) < PATCH:
            continue
        smaller = [_reduce(style, level) for style in styles]
        keys = _draw_keys(smaller, weights, masks, generator)
        if keys is None:
            continue
        coarse = here if found is None else resize(found, Size.of(here), clamp=True)
        searched = torch.lerp(coarse, here, CONTENT)
        noise = torch.randn(here.shape, generator=generator, dtype=here.dtype).to(here.device)
        found = _replace_patches(searched.add_(noise, alpha=NOISE), keys)
    return content if found is None else found


def _reduce(image: Image, level: int) -> Image:
    size = Size.of(image)
    return (
        resize(image, Size(max(1, size.height >> level), max(1, size.width >> level)), clamp=True) if level else image
    )


def _draw_keys(
    styles: Sequence[Image], weights: Sequence[float], masks: Sequence[Mask] | None, generator: torch.Generator
) -> Patches | None:
    """Return patches at random positions of the style images, inside the masks; None if there are none."""
    drawn = []
    for index, (style, weight) in enumerate(zip(styles, weights, strict=True)):
        if min(Size.of(style)) < PATCH or weight <= 0:
            continue
        windows = style[0].unfold(1, PATCH, 1).unfold(2, PATCH, 1)
        positions = _positions(Size.of(style), None if masks is None else masks[index])
        if not len(positions):
            continue
        count = max(1, round(KEYS * weight / sum(weights)))
        rows, columns = positions[torch.randint(len(positions), (count,), generator=generator)].unbind(1)
        drawn.append(windows[:, rows.to(style.device), columns.to(style.device)].transpose(0, 1).flatten(1))
    return torch.cat(drawn) if drawn else None


def _positions(size: Size, mask: Mask | None) -> Int[Tensor, "positions 2"]:
    """Return the positions of patches whose center lies inside the mask."""
    inside = torch.ones(*size, dtype=torch.bool)
    if mask is not None and not mask.is_meta:
        inside = resize(mask[None].cpu(), size, kernel="bilinear", clamp=True)[0, 0] > 1 / 2
    return inside[HALF : size.height - HALF, HALF : size.width - HALF].nonzero()


def _replace_patches(image: Image, keys: Patches) -> Image:
    """Return an image with every patch replaced by the nearest key; overlapping patches are averaged."""
    size = Size.of(image)
    bottom, right = (HALF + (1 - side) % STRIDE for side in size)
    padded = functional.pad(image, (HALF, right, HALF, bottom), mode="replicate")
    nearest = find_patches(*_components(padded, keys))
    total, covered = torch.zeros_like(padded), torch.zeros_like(padded)
    window = torch.hann_window(PATCH + 2, periodic=False, dtype=image.dtype, device=image.device)[1:-1]
    window = (window[:, None] * window).flatten().repeat(image.shape[1])[None]
    first = 0
    for top, rows in _rows(padded):
        height, width = (rows.shape[-2] - PATCH) // STRIDE + 1, (rows.shape[-1] - PATCH) // STRIDE + 1
        chosen = keys[nearest[first : first + height * width]]
        first += height * width
        for buffer, patches in ((total, chosen * window), (covered, window.expand_as(chosen))):
            buffer[..., top : top + rows.shape[-2], :] += functional.fold(
                patches.T[None], rows.shape[-2:], PATCH, stride=STRIDE
            )
    return (total / covered)[..., HALF : HALF + size.height, HALF : HALF + size.width].contiguous()


def _components(padded: Image, keys: Patches) -> tuple[Patches, Patches]:
    """Return the patches of an image and the keys in the keys' principal components.

    Directions in which the keys do not vary are left out: their basis is arbitrary, and differs between machines.
    """
    mean = keys.mean(0)
    variances, axes = torch.linalg.eigh(exact((keys - mean).T @ (keys - mean)))
    varies = variances > len(variances) * torch.finfo(keys.dtype).eps * variances[-1]
    varies[-1] = True  # if all keys are the same, any direction will do
    axes = axes[:, varies][:, -COMPONENTS:].to(keys)
    parts = [(functional.unfold(rows, PATCH, stride=STRIDE)[0].T - mean) @ axes for _, rows in _rows(padded)]
    return torch.cat(parts), (keys - mean) @ axes


def _rows(padded: Image) -> Iterator[tuple[int, Image]]:
    """Yield the image in rows of patches, about `QUERIES` patches at a time, each with its first row of pixels."""
    down, across = ((side - PATCH) // STRIDE + 1 for side in Size.of(padded))
    several = max(1, QUERIES // across)
    for first in range(0, down, several):
        last = min(down, first + several) - 1
        yield first * STRIDE, padded[..., first * STRIDE : last * STRIDE + PATCH, :]


def find_patches(queries: Patches, keys: Patches) -> Int[Tensor, "patches"]:
    """Return, for each query, the index of the key with the smallest D/(α + min D), where D are squared distances.

    α is `COMPLETENESS` times the queries' variance.
    """
    least = torch.stack([_distances(part, keys).amin(0) for part in torch.split(queries, QUERIES)]).amin(0)
    scale = 1 / (least + COMPLETENESS * queries.var(0, correction=0).sum().clamp_min(torch.finfo(queries.dtype).tiny))
    return torch.cat([_distances(part, keys).mul_(scale).argmin(1) for part in torch.split(queries, QUERIES)])


def _distances(queries: Patches, keys: Patches) -> Float[Tensor, "queries keys"]:
    squares = keys.square().sum(1) + queries.square().sum(1, keepdim=True)
    return torch.addmm(squares, queries, keys.T, alpha=-2).clamp_min_(0)
