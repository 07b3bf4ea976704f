"""Instance normalization whose gradient is right in any layout of memory."""

from __future__ import annotations

from torch import Tensor, nn

from brushwork.types import Feature


class InstanceNorm(nn.InstanceNorm2d):
    """γ (x − μ)/√(σ² + ε) + β, with the mean and the biased variance of each picture's channels.

    torch's own (2.13, on processors) gives a wrong gradient for a batch of one where the channels of the gradient lie
    together, as convolutions in that layout leave them: here it is brought into the plain layout first.

    Source: Ulyanov, Vedaldi, Lempitsky, 1607.08022.
    """

    def forward(self, input: Feature) -> Feature:
        """The normalized map."""
        normalized = super().forward(input)
        if normalized.requires_grad:
            normalized.register_hook(_plain)  # type: ignore[no-untyped-call]
        return normalized


def _plain(gradient: Tensor | None) -> Tensor | None:
    return None if gradient is None else gradient.contiguous()
