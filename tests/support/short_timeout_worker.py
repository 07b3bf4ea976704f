"""A worker of the studio that counts others as lost after seconds. As a script, with the studio's folder and its host.

Its network is the small one of the tests, which waits at each evaluation: time passes, and nothing is computed.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from time import sleep
from typing import Any

from brushwork.studio import job_queue, painting, worker
from brushwork.studio.folder import StudioFolder
from brushwork.studio.painting import LoadedNetworks
from studio_worker import make_light
from tiny_network import tiny_network

PAUSE = 0.03


def use_tiny(patch: Any = setattr, pause: float = 0.0) -> None:
    """Let all jobs be painted by the small network, which nobody has to load; `pause`: seconds for each evaluation."""
    network = tiny_network()
    network.register_forward_pre_hook(lambda *_: sleep(pause))
    patch(painting, "make_options", make_light)
    patch(LoadedNetworks, "network", lambda self, options: network)
    patch(LoadedNetworks, "load", lambda self: None)


if __name__ == "__main__":
    folder, host, address = sys.argv[1:]
    socket.gethostname = lambda: host
    vars(job_queue)["LOST_AFTER"], vars(worker)["_BEAT"] = 1500, 0.2
    use_tiny(pause=PAUSE)
    worker.run_worker(StudioFolder(Path(folder), address or None), ends_with_parent=True, checkpoint_every=0.1)
