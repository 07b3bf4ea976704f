"""Octave preconditioner: an initial curvature for each octave of spatial frequencies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, log2

import torch
from torch import Tensor

from brushwork.optim.curvature_pairs import CurvaturePair, pair_in_float32

PAIRS = 10
"""Number of newest pairs from which curvatures are computed: older ones belong to a different region."""


class OctavePreconditioner:
    """H₀ = F⁻¹ diag(h) F over the planes of an image, where F is the Fourier transform.

    In each octave, h is √(Σ|ŝ|²/Σ|ŷ|²) of the newest pairs: the displacement there per unit change of the gradient. A
    common factor makes ⟨y, H₀ y⟩ = ⟨s, y⟩ for the newest pair. H₀ is symmetric and positive definite.
    """

    def __init__(self) -> None:
        self._grid: _Grid | None = None
        self._known: list[tuple[CurvaturePair, Tensor]] = []

    def apply(self, vector: Tensor, pairs: Sequence[CurvaturePair]) -> None:
        """Compute vector ← H₀ · vector, in place, for a vector of an image's shape and at least one pair."""
        grid = self._on(vector)
        energies = [self._energies(grid, pair) for pair in pairs[-PAIRS:]]
        self._known = list(zip(pairs[-PAIRS:], energies, strict=True))
        # all pairs have equal weight, whatever their length
        moved, changed = torch.stack([energy / energy[1].sum() for energy in energies]).sum(0)
        gains = (moved / changed.clamp_min(torch.finfo(changed.dtype).tiny)).sqrt()
        newest = energies[-1][1]
        grid.multiply(vector, gains * (pairs[-1].sy / (gains * newest).sum()))

    def _on(self, vector: Tensor) -> _Grid:
        shape = vector.shape[-2], vector.shape[-1]
        if self._grid is None or self._grid.shape != shape or self._grid.octaves.device != vector.device:
            self._grid = _Grid(shape, vector.device)
        return self._grid

    def _energies(self, grid: _Grid, pair: CurvaturePair) -> Tensor:
        found = next((energies for known, energies in self._known if known is pair), None)
        if found is not None:
            return found
        return torch.stack([grid.energies(one.to(grid.octaves.device)) for one in pair_in_float32((pair.s, pair.y))])


class _Grid:
    """Frequencies of planes of one shape, sorted into octaves; 0 is the finest."""

    def __init__(self, shape: tuple[int, int], device: torch.device) -> None:
        self.shape = shape
        rows, columns = (torch.fft.fftfreq(shape[0]), torch.fft.rfftfreq(shape[1]))
        frequency = torch.hypot(rows[:, None], columns)
        self._count = max(1, floor(log2(max(2, min(shape)))))
        octaves = (-0.5 - frequency.log2()).clamp(0, self._count - 1)  # the corners of the spectrum are at √½
        octaves = octaves.to(torch.int32)
        self.octaves = octaves.to(device)
        # The frequencies, octave by octave: sums over slices are deterministic, unlike index_add_ on CUDA.
        self._sorted = octaves.flatten().argsort(stable=True).to(torch.int32).to(device)
        self._lengths = octaves.flatten().bincount(minlength=self._count).tolist()
        self._twice = torch.full((columns.numel(),), 2.0)  # the other half is the mirror image
        self._twice[0] = 1.0
        if shape[1] % 2 == 0:
            self._twice[-1] = 1.0
        self._twice = self._twice.to(device)

    def energies(self, vector: Tensor) -> Tensor:
        """Return Σ|·|² of each octave, over all planes, always added in the same order."""
        return torch.stack([self._plane_energies(plane) for plane in self._planes(vector)]).sum(0)

    def _plane_energies(self, plane: Tensor) -> Tensor:
        energy = torch.view_as_real(torch.fft.rfft2(plane, norm="ortho")).square_().sum(-1).mul_(self._twice)
        octaves = torch.split(energy.view(-1)[self._sorted], self._lengths)
        return torch.stack([octave.sum() for octave in octaves])

    def multiply(self, vector: Tensor, gains: Tensor) -> None:
        """Multiply each octave by its gain, in place."""
        by_frequency = gains[self.octaves]
        for plane in self._planes(vector):
            plane.copy_(torch.fft.irfft2(torch.fft.rfft2(plane).mul_(by_frequency), s=self.shape))

    def _planes(self, vector: Tensor) -> Iterator[Tensor]:
        yield from vector.view(-1, *self.shape)
