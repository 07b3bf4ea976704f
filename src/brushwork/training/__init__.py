"""Training of feed-forward networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.training.config import TrainingConfig
    from brushwork.training.history import History
    from brushwork.training.interface import train
    from brushwork.training.run import train_model
    from brushwork.training.tasks.johnson import with_model_architecture
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = [
    "History",
    "TrainingConfig",
    "train",
    "train_model",
    "with_model_architecture",
]
