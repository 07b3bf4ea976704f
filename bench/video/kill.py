"""A film that is killed again and again (SIGKILL, at random moments), and continued: is it the same file?

    python bench/video/kill.py CLIP PAINTING [--kills 30] [--frames 24] [--size 64]

Printed: how often it was killed, what the working folder held then, and whether each film is that of an unbroken run,
byte for byte. Also the share of the time that keeping takes: writing frames and removing them.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from brushwork.feedforward.options import AdaINOptions
from brushwork.video import FilmJob, FrameSelection, open_clip, run_film
from brushwork.video.frame_store import FrameFolder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("painting", type=Path)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--size", type=int, default=64)
    given = parser.parse_args()
    end = float((given.frames - 0.5) / open_clip(given.clip).info.rate)
    with tempfile.TemporaryDirectory() as name:
        method = AdaINOptions(size=given.size, measure="short")
        whole = FilmJob(
            clip=given.clip,
            styles=(given.painting,),
            output=Path(name) / "whole.mp4",
            method=method,
            selection=FrameSelection(end=end),
        )
        began = time.monotonic()
        process = in_a_child(whole)
        assert os.waitpid(process, 0)[1] == 0
        seconds = time.monotonic() - began
        kill(whole, given.kills, seconds)
        keeping(replace(whole, output=Path(name) / "timed.mp4"))


def in_a_child(job: FilmJob) -> int:
    """Paint or continue a film in a process of its own; return its number."""
    process = os.fork()
    if process == 0:
        for _ in run_film(job, resume=True):
            pass
        os._exit(0)
    return process


def kill(whole: FilmJob, kills: int, seconds: float) -> None:
    """Kill films until that has happened often enough, and compare what comes out."""
    chance, states, films, killed = random.Random(1), Counter[str](), 0, 0
    wanted = sha256(whole.output)
    while killed < kills or films == 0:
        broken = replace(whole, output=whole.output.with_name(f"{films}.mp4"))
        while True:
            process = in_a_child(broken)
            if killed < kills:
                time.sleep(chance.uniform(0.0, 0.7) * seconds)
                os.kill(process, signal.SIGKILL)
            if not os.WIFSIGNALED(os.waitpid(process, 0)[1]):
                break
            killed += 1
            states[state(broken)] += 1
        films += 1
        assert sha256(broken.output) == wanted, f"film {films} is another one"
    print(f"killed {killed} times ({', '.join(f'{n} {what}' for what, n in states.items())}): {films} films, all equal")


def state(job: FilmJob) -> str:
    """What a film that was killed had reached."""
    folder = job.workspace
    if not (folder / "frames.json").exists():
        return "before the first frame"
    if any((folder / "segments").glob("*.part")):
        return "within a segment"
    if any((folder / "frames").glob("*.part")):
        return "within a frame's file"
    return "at the end" if not any((folder / "frames").iterdir()) else "while painting"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def keeping(job: FilmJob) -> None:
    """Print the share of the time that frames take to be kept."""
    spent = 0.0

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any) -> Any:
            nonlocal spent
            began = time.process_time()
            result = function(*given)
            spent += time.process_time() - began
            return result

        return run

    for name in ("__setitem__", "__delitem__"):
        setattr(FrameFolder, name, timed(getattr(FrameFolder, name)))
    began = time.process_time()
    list(run_film(job))
    whole = time.process_time() - began
    print(f"keeping: {spent:.2f} of {whole:.2f} processor seconds, {spent / whole:.1%}")


if __name__ == "__main__":
    main()
