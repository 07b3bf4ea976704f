"""What must be kept of a training so that it can be gone on with, as tensors and a story for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from brushwork.errors import InputError
from brushwork.training.lesson import TrainingTask
from brushwork.types import State

StateMetadata = dict[str, Any]


def state_dict(task: TrainingTask) -> tuple[State, StateMetadata]:
    """The state of a lesson's learners and optimizers: tensors (not copied), and what is not a tensor."""
    tensors: State = {}
    story: StateMetadata = {}
    for name, network in task.networks.items():
        tensors |= {f"learner/{name}/{key}": value.detach() for key, value in network.state_dict().items()}
    for name, optimizer in task.optimizers.items():
        state = optimizer.state_dict()
        numbers: dict[str, dict[str, Any]] = {}
        for index, entries in state["state"].items():
            for key, value in entries.items():
                if isinstance(value, Tensor):
                    tensors[f"optimizer/{name}/{index}/{key}"] = value
                else:
                    numbers.setdefault(str(index), {})[key] = value
        story[name] = {"numbers": numbers, "groups": state["param_groups"]}
    return tensors, story


def load_state_dict(task: TrainingTask, tensors: Mapping[str, Tensor], story: StateMetadata) -> None:
    """The opposite of `state_dict`, into a lesson that was made the same way.

    Raises: InputError: the state belongs to another lesson.
    """
    try:
        for name, network in task.networks.items():
            network.load_state_dict(_under(f"learner/{name}/", tensors))
        for name, optimizer in task.optimizers.items():
            optimizer.load_state_dict(_optimizer_state(name, tensors, story[name]))
    except (KeyError, ValueError, RuntimeError) as error:
        raise InputError(f"the checkpoint belongs to another training ({error}): remove it, and begin anew.") from error


def _optimizer_state(name: str, tensors: Mapping[str, Tensor], story: StateMetadata) -> dict[str, Any]:
    state: dict[int, dict[str, Any]] = {int(index): dict(entries) for index, entries in story["numbers"].items()}
    for path, value in _under(f"optimizer/{name}/", tensors).items():
        index, _, key = path.partition("/")
        state.setdefault(int(index), {})[key] = value.clone()
    groups = [{key: _value(value) for key, value in group.items()} for group in story["groups"]]
    for group in groups:
        group["params"] = list(group["params"])
    return {"state": state, "param_groups": groups}


def _value(value: Any) -> Any:
    """Pairs, as Adam's betas, come back from JSON as lists."""
    return tuple(value) if isinstance(value, list) else value


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
