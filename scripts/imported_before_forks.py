"""Everything that commands need, imported before they run in forks of this process, each on one thread."""

from __future__ import annotations

import gc
from importlib import import_module

MODULES = (
    *("torch._dynamo", "torch.fx.experimental.symbolic_shapes"),  # torch imports them with the first Adam
    *("brushwork.cli.commands.paint", "brushwork.cli.commands.style", "brushwork.cli.commands.texture"),
    *("brushwork.cli.commands.train_johnson", "brushwork.jobs.run", "brushwork.recipes.style_transfer"),
    *("brushwork.training.run", "brushwork.losses.gram", "brushwork.losses.mrf"),
)


def prepare_forks() -> None:
    """Import what commands need, and keep it out of later collections, which would copy all memory in every fork."""
    for module in MODULES:
        import_module(module)
    import torch
    from PIL import Image

    Image.init()  # its plugins
    torch.set_num_threads(1)
    gc.freeze()
