"""One training step: optimizers in their order, the mean of all ranks' gradients, scaled losses, rates."""

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


class TwoNetworkTask:
    """Two numbers, of which the second follows the first: what a discriminator and a generator are to each other."""

    def __init__(self, optimizer: Any = torch.optim.SGD) -> None:
        self.networks = {name: nn.Linear(1, 1, bias=False) for name in ("first", "second")}
        for network in self.networks.values():
            nn.init.constant_(network.weight, 1.0)
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


def test_each_optimizer_step_is_taken_before_the_next_is_requested() -> None:
    task = TwoNetworkTask()
    losses = GradientStep(task, CPU, "off").step(batch(), 1.0)  # type: ignore[arg-type]
    assert losses == pytest.approx({"pull": 2.5, "follow": 0.25, "total": 2.75})
    assert task.seen == pytest.approx([0.5])  # 1 − 0.1 · 2 · 2.5
    assert task.weights() == pytest.approx([0.5, 0.9])  # and the second's step does not move the first


def test_the_rate_multiplies_the_first_rate() -> None:
    task = TwoNetworkTask()
    gradient_step = GradientStep(task, CPU, "off")  # type: ignore[arg-type]
    gradient_step.step(batch(), 0.5)
    assert task.weights()[0] == pytest.approx(0.75)
    gradient_step.step(batch(), 0.5)
    assert task.optimizers["first"].param_groups[0]["lr"] == pytest.approx(0.05)


class FixedRankGroup:
    """A group of two, whose other rank has these tensors."""

    rank, world_size = 0, 2

    def __init__(self, received: list[Tensor]) -> None:
        self.received, self.sent = received, []  # type: ignore[var-annotated]

    def all_reduce_sum(self, tensor: Tensor) -> Tensor:
        self.sent.append(tensor.clone())
        return tensor + (self.received.pop(0) if self.received else tensor)


def test_ranks_descend_by_the_mean_of_their_gradients() -> None:
    group = FixedRankGroup([])
    GradientStep(TwoNetworkTask(), CPU, "off", group).step(batch(1, 1, 2), 1.0)  # type: ignore[arg-type]
    task = TwoNetworkTask()
    losses = GradientStep(task, CPU, "off", FixedRankGroup(group.sent[:1])).step(batch(0, 1, 2), 1.0)  # type: ignore[arg-type]
    alone = TwoNetworkTask()
    GradientStep(alone, CPU, "off").step(batch(), 1.0)  # type: ignore[arg-type]
    assert task.weights() == pytest.approx(alone.weights())
    assert set(losses) == {"pull", "follow", "total"}


def test_with_float16_losses_are_scaled_and_weights_are_not() -> None:
    half, full = TwoNetworkTask(), TwoNetworkTask()
    GradientStep(half, CPU, "fp16").step(batch(), 1.0)  # type: ignore[arg-type]
    GradientStep(full, CPU, "off").step(batch(), 1.0)  # type: ignore[arg-type]
    assert half.weights() == pytest.approx(full.weights(), rel=2**-10)  # float16 keeps 11 bits


def test_a_loss_that_is_not_finite_changes_no_weight() -> None:
    task = TwoNetworkTask()
    nn.init.constant_(task.networks["first"].weight, float("inf"))
    with pytest.raises(BrushworkError, match="the loss is inf in iteration 1: use a smaller learning rate"):
        GradientStep(task, CPU, "off").step(batch(), 1.0)  # type: ignore[arg-type]
    assert task.weights() == [float("inf"), 1.0]


@pytest.mark.parametrize(("has_bf16", "precision"), [(True, "bf16"), (False, "off")])
def test_automatic_precision_is_bfloat16_where_the_processor_multiplies_in_it(
    monkeypatch: pytest.MonkeyPatch, has_bf16: bool, precision: str
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_bf16, raising=False)
    assert resolve_mixed_precision("auto", CPU) == precision
    assert resolve_mixed_precision("bf16", CPU) == "bf16"
