"""One step of learning: turns in their order, the mean of all ranks' gradients, scaled losses, rates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from brushwork.errors import BrushworkError
from brushwork.training.gradient_step import GradientStep, resolve_mixed_precision
from brushwork.training.task import OptimizerStep, TrainingBatch
from brushwork.types import LossValues

CPU = torch.device("cpu")


class Duel:
    """Two numbers, of which the second follows the first: what a discriminator and a generator are to each other."""

    def __init__(self, optimizer: Any = torch.optim.SGD) -> None:
        self.networks = {name: nn.Linear(1, 1, bias=False) for name in ("first", "second")}
        for learner in self.networks.values():
            nn.init.constant_(learner.weight, 1.0)
        self.optimizers = {name: optimizer(one.parameters(), lr=0.1) for name, one in self.networks.items()}
        self.seen: list[float] = []

    def training_steps(self, batch: TrainingBatch) -> Iterator[OptimizerStep]:
        first, second = (one.weight for one in self.networks.values())
        loss = (first * batch.local_rows(torch.arange(1.0, 1 + batch.whole))).square().mean()
        yield OptimizerStep("first", LossValues(loss, {"pull": loss}))
        self.seen.append(float(first.detach()))
        follow = (second - first).square().mean()
        yield OptimizerStep("second", LossValues(follow, {"follow": follow}))

    def weights(self) -> list[float]:
        return [float(one.weight.detach()) for one in self.networks.values()]


def batch(first: int = 0, size: int = 2, whole: int = 2) -> TrainingBatch:
    return TrainingBatch(0, 0, first, size, whole, CPU)


def test_each_turn_is_descended_before_the_next_is_asked_for() -> None:
    duel = Duel()
    losses = GradientStep(duel, CPU, "off").step(batch(), 1.0)  # type: ignore[arg-type]
    assert losses == pytest.approx({"pull": 2.5, "follow": 0.25, "total": 2.75})
    assert duel.seen == pytest.approx([0.5])  # 1 − 0.1 · 2 · 2.5
    assert duel.weights() == pytest.approx([0.5, 0.9])  # and the second's turn does not move the first


def test_the_rate_multiplies_the_first_rate() -> None:
    duel = Duel()
    descent = GradientStep(duel, CPU, "off")  # type: ignore[arg-type]
    descent.step(batch(), 0.5)
    assert duel.weights()[0] == pytest.approx(0.75)
    descent.step(batch(), 0.5)
    assert duel.optimizers["first"].param_groups[0]["lr"] == pytest.approx(0.05)


class Echo:
    """A connection to a rank whose tensors are given."""

    rank, world_size = 0, 2

    def __init__(self, theirs: list[Tensor]) -> None:
        self.theirs, self.heard = theirs, []  # type: ignore[var-annotated]

    def all_reduce_sum(self, tensor: Tensor) -> Tensor:
        self.heard.append(tensor.clone())
        return tensor + (self.theirs.pop(0) if self.theirs else tensor)


def test_ranks_descend_by_the_mean_of_their_gradients() -> None:
    heard = Echo([])
    GradientStep(Duel(), CPU, "off", heard).step(batch(1, 1, 2), 1.0)  # type: ignore[arg-type]
    duel = Duel()
    losses = GradientStep(duel, CPU, "off", Echo(heard.heard[:1])).step(batch(0, 1, 2), 1.0)  # type: ignore[arg-type]
    alone = Duel()
    GradientStep(alone, CPU, "off").step(batch(), 1.0)  # type: ignore[arg-type]
    assert duel.weights() == pytest.approx(alone.weights())
    assert set(losses) == {"pull", "follow", "total"}


def test_with_float16_losses_are_scaled_and_weights_are_not() -> None:
    half, full = Duel(), Duel()
    GradientStep(half, CPU, "fp16").step(batch(), 1.0)  # type: ignore[arg-type]
    GradientStep(full, CPU, "off").step(batch(), 1.0)  # type: ignore[arg-type]
    assert half.weights() == pytest.approx(full.weights(), rel=2**-10)  # float16 keeps 11 bits


def test_a_loss_that_is_not_finite_changes_no_weight() -> None:
    duel = Duel()
    nn.init.constant_(duel.networks["first"].weight, float("inf"))
    with pytest.raises(BrushworkError, match="the loss is inf in iteration 1: use a smaller learning rate"):
        GradientStep(duel, CPU, "off").step(batch(), 1.0)  # type: ignore[arg-type]
    assert duel.weights() == [float("inf"), 1.0]


@pytest.mark.parametrize(("has_amx", "precision"), [(True, "bf16"), (False, "off")])
def test_automatic_precision_is_bfloat16_where_the_processor_has_matrix_units(
    monkeypatch: pytest.MonkeyPatch, has_amx: bool, precision: str
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: has_amx, raising=False)
    assert resolve_mixed_precision("auto", CPU) == precision
    assert resolve_mixed_precision("bf16", CPU) == "bf16"
