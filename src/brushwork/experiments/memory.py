"""Memory of a run: one evaluation at the full size, and the optimizer's state at the end."""

from __future__ import annotations

from torch import Tensor

from brushwork.controls import RecipeInputs
from brushwork.devices.meter import to_meta
from brushwork.images import Size
from brushwork.jobs.image_sizes import InputSizes
from brushwork.jobs.peak_memory import evaluation_bytes, make_meta_inputs
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import Progress, TransferOptions
from brushwork.units import MEGABYTE


def peak_megabytes(options: TransferOptions, images: RecipeInputs, last: Progress) -> float:
    """Return the peak size of a run's tensors in MB, network and images included, without running it again.

    `last` is its last step, with the optimizer's memory. The network has only the layers it needs, as in a job.
    """
    held = sum(tensor.nbytes for tensor in last.optimizer.state().values() if tensor.ndim)
    encoder = load_encoder_for(options, "cpu")
    encoder.truncate(options.encoded_layers)
    weights = sum(tensor.nbytes for tensor in encoder.state_dict().values())
    styles = [style for style in images.styles if isinstance(style, Tensor)]
    shown = make_meta_inputs(InputSizes(Size.of(images.content), tuple(map(Size.of, styles))))
    bare = to_meta(encoder)  # its weights are already counted
    evaluation = evaluation_bytes(options, shown, bare, len(last.levels) - 1, last.levels[-1].size)
    return float(held + weights + evaluation) / MEGABYTE
