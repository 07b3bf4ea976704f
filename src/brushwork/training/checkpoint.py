"""Training checkpoints, from which training resumes bit for bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from brushwork.errors import InputError
from brushwork.storage.tensors import explain_read_errors, read_tensors, replace_tensors
from brushwork.training.task import TrainingTask
from brushwork.types import State

_ENTRY = "brushwork training"
"""Name of the metadata entry."""

_FREE = ("iterations", "validate_every")
"""Options that may change when training resumes."""

_MOST_CHANGES = 3
"""Maximum number of changes named in one message."""

StateMetadata = dict[str, Any]


class TrainingCheckpoint(NamedTuple):
    """The state of a training after a step."""

    step: int
    """Iterations completed."""
    seconds: float
    """Seconds spent so far."""
    about: Mapping[str, Any]
    """Description of the training, for JSON."""
    metadata: Mapping[str, Any]
    """The task's state other than tensors, for JSON."""
    tensors: State

    def write(self, path: Path) -> None:
        """Write the checkpoint, replacing the file atomically.

        Raises: OSError.
        """
        entries = self._asdict() | {"about": dict(self.about)}
        del entries["tensors"]
        replace_tensors(path, self.tensors, {_ENTRY: json.dumps(entries)})

    @classmethod
    def read(cls, path: Path) -> TrainingCheckpoint:
        """Read a checkpoint.

        Raises: InputError: the file is missing, damaged, or not a training checkpoint.
        """
        with explain_read_errors(path, "a training checkpoint, which can be removed to start over"):
            tensors, metadata = read_tensors(path)
            entries = json.loads(metadata[_ENTRY])
            return cls(**entries, tensors=tensors)

    def require_same_training(self, about: Mapping[str, Any]) -> None:
        """Raise unless the checkpoint has the same settings, apart from the length of training.

        Raises: InputError.
        """
        if changes := list_setting_changes(self.about, about):
            what = "; ".join(changes)
            raise InputError(f"the checkpoint was made with {what}: give the same, or start over with --force.")


def list_setting_changes(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """Return up to three settings, in words, in which two trainings differ, apart from their length."""
    mine, yours = (_flat(json.loads(json.dumps(one))) for one in (there, here))
    changed = sorted(name for name in mine.keys() | yours.keys() if mine.get(name) != yours.get(name))
    names = [name for name in changed if name.rpartition(".")[2] not in _FREE]
    return [_difference(name, mine.get(name), yours.get(name)) for name in names[:_MOST_CHANGES]]


def _difference(name: str, there: Any, here: Any) -> str:
    what = name.rpartition(".")[2].replace("_", "-")
    texts = _in_words(there), _in_words(here)
    if what.endswith("-sha256") or texts[0] == texts[1]:
        return f"other {what.removesuffix('-sha256')}"
    return f"{what} {texts[0]}, not {texts[1]}"


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one["name"]) if isinstance(one, dict) else str(one) for one in value) or "none"
    return "none" if value is None or value == "" else str(value)


def _flat(about: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in about.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def state_dict(task: TrainingTask) -> tuple[State, StateMetadata]:
    """Return the state of a task's networks and optimizers: tensors (not copied) and non-tensor metadata."""
    tensors: State = {}
    metadata: StateMetadata = {}
    for name, network in task.networks.items():
        tensors |= {f"network/{name}/{key}": value.detach() for key, value in network.state_dict().items()}
    for name, optimizer in task.optimizers.items():
        state = optimizer.state_dict()
        numbers: dict[str, dict[str, Any]] = {}
        for index, entries in state["state"].items():
            for key, value in entries.items():
                if isinstance(value, Tensor):
                    tensors[f"optimizer/{name}/{index}/{key}"] = value
                else:
                    numbers.setdefault(str(index), {})[key] = value
        metadata[name] = {"numbers": numbers, "groups": state["param_groups"]}
    return tensors, metadata


def load_state_dict(task: TrainingTask, tensors: Mapping[str, Tensor], metadata: StateMetadata) -> None:
    """Load the result of `state_dict` into a task built the same way.

    Raises: InputError: the state belongs to another task.
    """
    try:
        for name, network in task.networks.items():
            network.load_state_dict(_under(f"network/{name}/", tensors))
        for name, optimizer in task.optimizers.items():
            optimizer.load_state_dict(_optimizer_state(name, tensors, metadata[name]))
    except (KeyError, ValueError, RuntimeError) as error:
        raise InputError(f"the checkpoint belongs to another training ({error}): remove it, and start over.") from error


def _optimizer_state(name: str, tensors: Mapping[str, Tensor], metadata: StateMetadata) -> dict[str, Any]:
    state: dict[int, dict[str, Any]] = {int(index): dict(entries) for index, entries in metadata["numbers"].items()}
    for path, value in _under(f"optimizer/{name}/", tensors).items():
        index, _, key = path.partition("/")
        state.setdefault(int(index), {})[key] = value.clone()
    groups = [{key: _value(value) for key, value in group.items()} for group in metadata["groups"]]
    for group in groups:
        group["params"] = list(group["params"])
    return {"state": state, "param_groups": groups}


def _value(value: Any) -> Any:
    """Convert lists back to tuples: JSON returns pairs such as Adam's betas as lists."""
    return tuple(value) if isinstance(value, list) else value


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
