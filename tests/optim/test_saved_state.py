"""Entries of saved states, as they are read."""

from __future__ import annotations

import torch

from brushwork.optim.saved_state import get_count, get_entry, to_tensor

META = torch.device("meta")


def test_an_entry_is_copied():
    state = {"pair": torch.rand(3, 4).T}
    found = get_entry(state, "pair")
    assert torch.equal(found, state["pair"])
    assert found.is_contiguous()
    assert found.data_ptr() != state["pair"].data_ptr()


def test_an_entry_goes_where_the_point_is_and_numbers_stay():
    state = {"point": torch.zeros(2, device=META), "pair": torch.rand(2), "count": to_tensor(3)}
    assert get_entry(state, "pair").device == META
    assert get_entry(state, "count").device.type == "cpu"
    assert get_count(state, "count") == 3
