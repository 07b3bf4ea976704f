from __future__ import annotations

import pytest
import torch

from brushwork.distributed.halo_exchange import split_rows
from brushwork.jobs.distributed_state import GatheredState, scatter_state, serve_state
from brushwork.storage.tensors import gather_entry, read_tensors, replace_tensors
from threaded_ranks import run_on_ranks

HEIGHT = 21
STATE = {
    "point": torch.rand(1, 3, HEIGHT, 5),
    "lbfgs.s.0": torch.rand(1, 3, HEIGHT, 5, dtype=torch.float64),
    "count": torch.tensor(7.5, dtype=torch.float64),
    "scales": torch.rand(4),
}


def parts_of(rank, dealt):
    rows = dealt[rank]
    return {name: value[..., rows.top : rows.bottom, :] if value.ndim == 4 else value for name, value in STATE.items()}


@pytest.mark.parametrize(("ranks", "halo"), [(1, 0), (3, 0), (3, 10)])
def test_a_state_in_bands_makes_the_file_of_the_whole(ranks, halo, tmp_path):
    dealt = split_rows(HEIGHT, ranks, 4, halo)

    def keep(group):
        mine = parts_of(group.rank, dealt)
        if group.rank:
            serve_state(mine, group)
            return
        state = GatheredState(mine, dealt, group)
        replace_tensors(tmp_path / "bands", state, {"by": "x"})
        shown = gather_entry(state, "point")
        state.close()
        assert torch.equal(shown, STATE["point"])

    run_on_ranks(ranks, keep)
    replace_tensors(tmp_path / "whole", STATE, {"by": "x"})
    found = read_tensors(tmp_path / "bands")[0]
    assert found.keys() == STATE.keys()
    assert all(torch.equal(found[name], value) for name, value in STATE.items())
    assert (tmp_path / "bands").read_bytes() == (tmp_path / "whole").read_bytes()


def test_a_disk_that_fails_in_the_middle_holds_nobody_up(tmp_path):
    dealt = split_rows(HEIGHT, 3, 4, 0)

    def keep(group):
        mine = parts_of(group.rank, dealt)
        if group.rank:
            serve_state(mine, group)
            return
        state = GatheredState(mine, dealt, group)
        pieces = state.planes("point")
        next(pieces), next(pieces)
        state.close()

    run_on_ranks(3, keep)


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_a_state_is_dealt_out(ranks):
    dealt = split_rows(HEIGHT, ranks, 4, 0)
    found = run_on_ranks(ranks, lambda group: scatter_state(None if group.rank else STATE, HEIGHT, dealt, group))
    for rank, state in enumerate(found):
        expected = parts_of(rank, dealt)
        assert state.keys() == expected.keys()
        assert all(torch.equal(state[name], value) for name, value in expected.items())
