"""The gradient step of training: mixed precision, and gradients averaged over ranks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from brushwork.devices.select import has_fast_bfloat16
from brushwork.distributed.process_group import ProcessGroup
from brushwork.errors import BrushworkError, InputError
from brushwork.training.task import TrainingBatch, TrainingTask

_FIRST_RATE = "first_lr"
"""Key of a parameter group's initial learning rate, which the schedule multiplies."""

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


class GradientStep:
    """Optimization step of a training task.

    Losses, gradients and weights stay in float32. With `fp16`, losses are scaled up so that gradients do not underflow,
    and all ranks skip a step whose gradients overflow.
    """

    def __init__(
        self, task: TrainingTask, device: torch.device, mixed: str, process_group: ProcessGroup | None = None
    ) -> None:
        self._task, self._device, self._group = task, device, process_group
        self._dtype = _DTYPES.get(resolve_mixed_precision(mixed, device))
        self.scaler = torch.amp.GradScaler(device.type, enabled=self._dtype == torch.float16)
        for optimizer in task.optimizers.values():
            for group in optimizer.param_groups:
                group.setdefault(_FIRST_RATE, group["lr"])

    @torch.enable_grad()
    def step(self, batch: TrainingBatch, rate: float) -> Mapping[str, float]:
        """Run one training step and return its losses over all ranks, with `total` summed over the optimizer steps.

        `rate` multiplies the learning rates.

        Raises: BrushworkError: a loss is not finite; it has not changed any weight yet.
        """
        losses: dict[str, Tensor] = {}
        steps = self._task.training_steps(batch)
        while True:
            with self.autocast():
                step = next(steps, None)
            if step is None:
                break
            total, terms = step.losses
            losses |= {name: value.detach() for name, value in terms.items()}
            losses["total"] = losses.get("total", 0) + total.detach()
            self._backward_and_step(self._task.optimizers[step.optimizer], total, rate, batch.step)
        self.scaler.update()
        return self._mean(losses)

    def autocast(self) -> AbstractContextManager[Any]:
        """Return a context that runs network layers in reduced precision, if requested."""
        if self._dtype is None:
            return nullcontext()
        return torch.autocast(self._device.type, self._dtype)

    def _backward_and_step(self, optimizer: torch.optim.Optimizer, total: Tensor, rate: float, step: int) -> None:
        if not total.isfinite():
            raise BrushworkError(
                f"the loss is {total.item()} in iteration {step + 1}: use a smaller learning rate or smaller weights."
            )
        optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(total).backward()  # type: ignore[no-untyped-call]
        self._average(optimizer)
        for group in optimizer.param_groups:
            group["lr"] = group[_FIRST_RATE] * rate
        self.scaler.step(optimizer)

    def _average(self, optimizer: torch.optim.Optimizer) -> None:
        """Average the gradients over all ranks; the result is bit for bit the same on each."""
        if self._group is None:
            return
        parameters = [one for group in optimizer.param_groups for one in group["params"]]
        own = [torch.zeros_like(one) if one.grad is None else one.grad for one in parameters]
        summed = self._group.all_reduce_sum(torch.cat([one.flatten() for one in own])) / self._group.world_size
        parts = torch.split(summed, [one.numel() for one in parameters])
        for one, mean in zip(parameters, parts, strict=True):
            one.grad = mean.view_as(one)

    def _mean(self, losses: Mapping[str, Tensor]) -> dict[str, float]:
        values = torch.stack([value.float() for value in losses.values()])
        if self._group is not None:
            values = self._group.all_reduce_sum(values) / self._group.world_size
        return dict(zip(losses, values.tolist(), strict=True))


def resolve_mixed_precision(mixed: str, device: torch.device) -> str:
    """Return the precision that a mixed-precision option selects on a device.

    Raises: InputError: a half precision on a device where torch has no autocast.
    """
    if mixed == "auto":
        return "bf16" if has_fast_bfloat16(device) else "off"
    if mixed != "off" and not torch.amp.is_autocast_available(device.type):
        raise InputError(f"mixed precision {mixed} was requested, but {device} does not support it: use off.")
    return mixed
