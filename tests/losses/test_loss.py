from __future__ import annotations

import torch

from brushwork.losses.loss import add_summary


def test_summaries_add_entry_by_entry():
    one = {"count": torch.tensor([1.0]), "second": torch.ones(1, 2, 2)}
    other = {"count": torch.tensor([2.0]), "second": torch.full((1, 2, 2), 3.0)}
    added = add_summary(one, other)
    assert added["count"].item() == 3
    assert torch.equal(added["second"], torch.full((1, 2, 2), 4.0))
