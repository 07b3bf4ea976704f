"""Tolerances that follow from the arithmetic, so that they hold on every processor.

Another processor, thread count or release of torch adds in another order, fuses other multiplications and additions,
and takes another algorithm for a convolution. Each result may then change by some roundings; none may change by more.
"""

from __future__ import annotations

import torch

EPS = torch.finfo(torch.float32).eps
"""2⁻²³: a rounding in float32 changes a number by half of this share at most."""

DOUBLE = 1e-9
"""Relative, of two computations in float64: roundings are 1e-16 of what is added, and 1e-9 leaves seven digits for
sums of millions of numbers, for cancellation, and for the way through a network of 16 convolutions and back."""

SINGLE = 64 * EPS
"""8e-6, of two float32 computations that take one number after another, through tens of roundings: no long sums, and
nothing that cancels. Relative, or of numbers up to 1."""


def rounding(terms: int, layers: int = 1) -> float:
    """Returns what a float32 sum of `terms` products may be off by, as a share of the size of what is added.

    Roundings are independent enough to add up as a random walk: √terms of them, each 0.3 EPS in the mean square.
    8 EPS is 27 standard deviations, more than the largest of any number of results. A worst case, all of them in
    one direction, would be `terms` of them; no summation that is blocked or vectorized comes near it.
    `layers`: so many such sums, each of the results of the one before.
    """
    return 8 * layers * terms**0.5 * EPS


THROUGH_VGG = rounding(9 * 512, layers=13)
"""8e-4, relative: what float32 does to features on their way to conv5_1, and to losses that are made of them."""

ONE_DECISION = 1e-2
"""Relative, of a gradient in float32: where the input of a rectification is zero but for rounding, or two of a pool's
numbers are equal but for that, the gradient goes one way or the other. One of a million cells is a thousandth of the
norm, and ten of them are rare. In float64 none comes near: such a test has its twin there, or a second picture."""

PAINTED = rounding(9 * 128, layers=16)
"""5e-4: what float32 does to a picture in [0, 1] in a model of some 16 layers; a quarter of what 8 bits
show. Float64 shows that nothing else differs."""


def require_close(found: torch.Tensor, expected: torch.Tensor, share: float) -> None:
    """Fail where a number differs by more than this share of the largest one, by which errors of sums go."""
    torch.testing.assert_close(found, expected, rtol=0, atol=share * float(expected.detach().abs().max()))
