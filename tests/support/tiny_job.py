"""A job that takes a moment: tiny pictures, a tiny network. As a script, it is painted and killed over and over."""

from __future__ import annotations

import math
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
from brushwork.recipes import Progress, TransferOptions
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


def run_tiny_job(job: Job, **asked):
    """All events of a job, painted before the tiny network."""
    return list(run_job(job, network=tiny_network(), **asked))


def _child(job: Job, iterations: float = math.inf) -> int:
    """Paint in a process of its own, with a checkpoint after every iteration; it dies after so many.

    The fraction says when within an iteration, by processor time: how busy the machine is makes no difference.
    """
    process = os.fork()
    if process == 0:
        try:
            writer._PATIENCE = 0
            events = run_job(job, network=tiny_network(), resume=True, checkpoint_every=0)
            began, seen = time.process_time(), 0
            for _ in (event for event in events if isinstance(event, Progress)):
                took, began, seen = time.process_time() - began, time.process_time(), seen + 1
                if seen == iterations // 1:
                    signal.setitimer(signal.ITIMER_PROF, took * (iterations % 1))  # nothing handles SIGPROF: it kills
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return process


def _survive(job: Job) -> int:
    """Paint, killed at random moments; what is left must be loadable each time. Returns the number of kills."""
    chance, kills = random.Random(5), 0
    while True:
        process = _child(job, chance.uniform(1, 3) if kills < MOST_KILLS else math.inf)
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
    os.waitpid(_child(whole), 0)
    kills = _survive(broken)
    sys.stdout.write(f"{name}: killed {kills} times\n")
    return kills > 2 and whole.output.read_bytes() == broken.output.read_bytes() and not broken.checkpoint.exists()


if __name__ == "__main__":
    kinds = {"lbfgs": replace(TINY, iterations=24), "adam": replace(ADAM, iterations=24)}
    sys.exit(not all(_killed_and_whole(Path(sys.argv[1]), name, options) for name, options in kinds.items()))
