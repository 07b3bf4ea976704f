"""Find what an earlier run of the requested training left: a finished model, or a checkpoint."""

from __future__ import annotations

from math import nan

from brushwork.errors import InputError
from brushwork.feedforward.model import StyleModel, load_model
from brushwork.jobs.events import Finished
from brushwork.training.checkpoint import TrainingCheckpoint, list_setting_changes
from brushwork.training.config import TrainingConfig
from brushwork.training.history import STEP, History

_RESULTS = ("brushwork", "iterations_done", "seconds", "photographs", "val_images")
"""Provenance entries that describe the result rather than the request."""


def find_finished(config: TrainingConfig) -> Finished | None:
    """Return the last event of a training to resume that has already finished; None: there is something left to train.

    Raises: InputError: the model is from another training, or has fewer iterations and no checkpoint.
    """
    if not config.resume or config.checkpoint.exists() or not config.output.exists():
        return None
    try:
        return _finished(config, load_model(config.output))
    except InputError:
        if config.overwrite:
            return None
        raise


def _finished(config: TrainingConfig, model: StyleModel) -> Finished:
    done, asked = int(model.provenance.get("iterations_done", 0)), config.options.iterations
    trained = {name: value for name, value in model.provenance.items() if name not in _RESULTS}
    changes = list_setting_changes(trained, config.about)
    if changes or done != asked:
        changes = changes or [f"{done} iterations, not {asked}, and there is no checkpoint to go on from"]
        raise InputError(
            f"{config.output} was trained with {'; '.join(changes)}: give the same, choose another name with -o, or "
            "start over with --force."
        )
    held_out = {name: float(value) for name, value in model.provenance.get("val_images", {}).items() if name != STEP}
    losses = held_out or History.read(config.history, done).final
    return Finished(config.output, losses.pop("total", nan), losses, done, model.provenance.get("seconds", 0.0))


def find_checkpoint(config: TrainingConfig) -> TrainingCheckpoint | None:
    """Return the checkpoint to resume from; None: there is none, or it is not asked for.

    Raises: InputError: it is damaged or from another training, and may not be overwritten; or it has more iterations
        than are wanted: finishing would remove it, and with it the rest.
    """
    if not config.resume or not config.checkpoint.exists():
        return None
    try:
        found = TrainingCheckpoint.read(config.checkpoint)
        found.require_same_training(config.about)
    except InputError:
        if config.overwrite:
            return None
        raise
    if found.step > config.options.iterations:
        raise InputError(
            f"iterations is {config.options.iterations}, but {config.checkpoint} is already after {found.step}: give "
            f"more to go on, or {found.step} to finish the model as it is."
        )
    return found
