"""A job that takes a moment: tiny pictures, a tiny network. As a script, it is painted and killed over and over."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path

from brushwork.images import write_image
from brushwork.jobs import Job, run_job, writer
from brushwork.jobs.checkpoint import JobCheckpoint
from brushwork.recipes import TransferOptions
from tiny_network import CONTENT, STYLE, picture, tiny_network

TINY = TransferOptions(
    size=96,
    min_size=48,
    iterations=6,
    iteration_decay=0.5,
    history=3,
    jitter=0,
    content_layers=CONTENT,
    style_layers=STYLE,
    normalization="programs",
    style_falloff=1.0,
    moment_weight=0.0,
    style_weight=1e3,
)
MOST_KILLS = 8
"""After so many, the painting may end."""

ADAM = replace(TINY, optimizer="adam", learning_rate=3.0, ema_decay=0.9)


def tiny_job(folder: Path, **changes) -> Job:
    """A photograph of 40×60 and a painting of 50×50 in the folder, to be painted at 64×96."""
    pictures = {"photograph.png": picture(1, 40, 60), "painting.png": picture(2, 50, 50)}
    for name, image in pictures.items():
        if not (folder / name).exists():
            write_image(image, folder / name)
    job = Job(
        options=TINY,
        content=folder / "photograph.png",
        styles=(folder / "painting.png",),
        output=folder / "out.png",
        device="cpu",
    )
    return replace(job, **changes)


def painted(job: Job, **asked):
    """All events of a job, painted before the tiny network."""
    return list(run_job(job, network=tiny_network(), **asked))


def _child(job: Job) -> int:
    """Paint in a process of its own, with a checkpoint after every step."""
    process = os.fork()
    if process == 0:
        try:
            writer._PATIENCE = 0
            painted(job, resume=True, checkpoint_every=0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return process


def _survive(job: Job, seconds: float) -> int:
    """Paint, killed at random moments; what is left must be loadable each time. Returns the number of kills.

    `seconds`: what the whole painting takes on this machine, as loaded as it is; most kills then come in its course.
    """
    chance, kills = random.Random(5), 0
    while True:
        process = _child(job)
        if kills < MOST_KILLS:
            time.sleep(chance.uniform(0.05, 0.6) * seconds)
            os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        if not os.WIFSIGNALED(status):
            return kills
        kills += 1
        if job.checkpoint.exists():
            JobCheckpoint.read(job.checkpoint)


def _killed_and_whole(folder: Path, name: str, options: TransferOptions) -> bool:
    """Whether a painting that was killed again and again is the file that an unbroken one is."""
    whole, broken = (
        tiny_job(folder, options=options, output=folder / f"{name}-{how}.png") for how in ("whole", "broken")
    )
    began = time.monotonic()
    os.waitpid(_child(whole), 0)
    kills = _survive(broken, time.monotonic() - began)
    sys.stdout.write(f"{name}: killed {kills} times\n")
    return kills > 2 and whole.output.read_bytes() == broken.output.read_bytes() and not broken.checkpoint.exists()


if __name__ == "__main__":
    kinds = {"lbfgs": replace(TINY, iterations=12), "adam": replace(ADAM, iterations=12)}
    sys.exit(not all(_killed_and_whole(Path(sys.argv[1]), name, options) for name, options in kinds.items()))
