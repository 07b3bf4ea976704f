"""What is reported where work does not fit into memory."""

from __future__ import annotations

import pytest
import torch

from brushwork.devices import shortage
from brushwork.devices.shortage import explain_shortage, least_limit

CPU = torch.device("cpu")


def test_a_limit_that_was_set_is_answered_with_the_least_that_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortage, "allocated_memory", lambda _: 300_000_000)
    printed = explain_shortage("64×43 pixels", 190_000_000, 0, CPU, 200_000_000, "use size 32 or less")
    assert printed == (
        "64×43 pixels need 0.49 GB of memory on cpu, and the limit is 0.20 GB: "
        "raise it to at least 0.5GB, or use size 32 or less."
    )


def test_without_a_limit_the_machine_is_what_has_too_little() -> None:
    printed = explain_shortage("64×43 pixels", 190_000_000, 10_000_000, CPU, None, None)
    assert printed == (
        "64×43 pixels need 0.19 GB of memory on cpu, but only 0.01 GB is free: "
        "no size fits; close other programs, or use another device."
    )


@pytest.mark.parametrize("need", [1, 99_999_999, 100_000_000, 787_000_000, 2_000_000_000, 63_999_999_999])
def test_the_least_limit_is_enough_and_short(need: int) -> None:
    limit = float(least_limit(need).removesuffix("GB")) * 1e9
    assert need <= limit <= 1.02 * need + 1e8
