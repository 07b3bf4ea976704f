"""A worker of the studio whose optimizations take time, but next to no processor time: for tests of the page.

As a script, with the studio's folder: its network has three layers, and waits at each evaluation of an image.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any

from brushwork.feedforward import FeedForwardOptions
from brushwork.recipes import RecipeOptions
from brushwork.studio import known_paintings, painting
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.request_options import make_options
from brushwork.studio.worker import run_worker
from tiny_job import TINY
from tiny_network import tiny_network

PAUSE = 0.05
"""Seconds that an iteration takes."""

register_style = known_paintings._register_style

OF_NETWORK = ("content_layers", "style_layers", "normalization", "moment_weight", "style_weight", "style_falloff")


def make_light(request: PaintingRequest) -> RecipeOptions | FeedForwardOptions:
    """Return the options of a request, for the tiny network."""
    options = make_options(request)
    values = {name: getattr(TINY, name) for name in OF_NETWORK}
    return replace(options, **values) if isinstance(options, RecipeOptions) else options


def register_wave(*given: Any) -> None:
    """List one style of the trained networks: a card of each would take half a second."""
    if given[2] == "model:gallery:wave":
        register_style(*given)


if __name__ == "__main__":
    network = tiny_network()
    network.register_forward_pre_hook(lambda *_: sleep(PAUSE))
    painting.make_options = make_light
    painting.LoadedNetworks.encoder = lambda self, options: network
    known_paintings._register_style = register_wave
    run_worker(StudioFolder(Path(sys.argv[1])), ends_with_parent=True)
