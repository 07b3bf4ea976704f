"""The printed forms that the efficient ones are held to."""

from __future__ import annotations

import torch

from brushwork.experiments import reference_formulas


def test_naive_forms_are_those_of_the_paper() -> None:
    own, painting = (torch.rand(1, 3, 5, 4, dtype=torch.float64) for _ in range(2))
    weights = torch.tensor([1, 3, 2], dtype=torch.float64)
    around = sum(
        weights[1 + down]
        * weights[1 + right]
        * torch.outer(own[0, :, 2 + down, 1 + right], own[0, :, 2 + down, 1 + right])
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    )
    torch.testing.assert_close(reference_formulas.naive_local_grams(own, weights)[:, :, 2, 1], torch.as_tensor(around))
    assert (
        reference_formulas.naive_local_gram_loss(own, own, weights)
        == 0
        < reference_formulas.naive_local_gram_loss(own, painting, weights)
    )
    assert reference_formulas.relative_difference(1.5, 1.0) == 0.5
