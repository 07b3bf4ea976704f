"""End commands at random moments, go on with --resume, and compare the results with those of unbroken runs.

    python scripts/kill_trials.py                            # 100 kill -9 and 50 SIGTERM, over all commands
    python scripts/kill_trials.py --kills 10 --terms 5 --command instant --seed 3

After every signal, each picture, painter and checkpoint that lies there must load; then the command goes on with
--resume, and what it ends with must be that of the unbroken run, bit for bit, with nothing left beside it. Half of the
moments are spread evenly over the run, a quarter over its beginning, where weights are read and nothing is kept yet,
and a quarter come while a file is being written. A table says what was found; the exit code is 1 where anything is
wrong. Commands run in forks of this process, on one thread: what they need is imported once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

os.environ["OMP_NUM_THREADS"] = "1"

from imported_before_forks import prepare_forks
from PIL import Image
from safetensors import safe_open

from brushwork.cli.main import main as brushwork
from brushwork.feedforward.model import load_model
from brushwork.jobs.checkpoint import JobCheckpoint
from brushwork.training.checkpoint import TrainingCheckpoint

EXAMPLES = Path(__file__).parents[1] / "examples"
OFTEN = ["--checkpoint-every", "0"]
PAIR = ["../cat.png", "../great_wave.png", "-o", "o.png"]
PHOTOS = ["../great_wave.png", "--dataset", "../photos", "--val-images", "1", "-o", "o.safetensors"]
SMALL = ["--width", "4", "--blocks", "1", "--crop", "64", "--batch", "1", "--iterations", "6", "--validate-every", "3"]
COMMANDS = {
    "paint": ["paint", *PAIR, "--size", "64", "--iterations", "8", *OFTEN],
    "instant": ["paint", *PAIR, "--size", "128", "--instant"],
    "train": ["train", "johnson", *PHOTOS, *SMALL, *OFTEN],
}
CPU_CLOCK = 2
"""With the complement of a process' number in the higher bits: Linux' clock of the processor's time it has used."""
FINISHED = "is already finished"
"""What a training says to --resume when nothing is left to do."""


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    """Negative: the signal that killed it."""
    seconds: float
    """Of the processor."""
    said: str


class Blow(NamedTuple):
    """A signal, and when it comes."""

    number: int
    after: float
    """Seconds of the processor, so that the moment hangs on no other process."""
    writing: bool
    """Whether it waits then until a file is being written."""

    def comes(self, folder: Path, seconds: float) -> bool:
        """Whether it is time."""
        return seconds >= self.after and (not self.writing or any(folder.rglob("*.part")))


def run(folder: Path, arguments: list[str], blow: Blow | None = None) -> Ended:
    """Run a command in a folder, to its end or until it is ended."""
    log = folder.with_suffix(".log")
    log.touch()
    process = os.fork()
    if process == 0:
        _become(folder, arguments, log)
    while True:
        done, status, used = os.wait4(process, os.WNOHANG if blow else 0)
        if done:
            return Ended(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, log.read_text())
        if blow and blow.comes(folder, time.clock_gettime(~process << 3 | CPU_CLOCK)):
            os.kill(process, blow.number)
            blow = None
        time.sleep(0.0005)


def _become(folder: Path, arguments: list[str], log: Path) -> None:
    """Be the command."""
    os.chdir(folder)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the trials, and not what is tried
    sys.argv = ["brushwork", *arguments]
    code = 1
    try:
        code = brushwork()
    finally:
        sys.stderr.flush()
        os._exit(code)


def load(folder: Path) -> list[str]:
    """Load all that lies there; the names of what is neither hidden nor unfinished.

    Raises: Exception: something cannot be loaded.
    """
    found = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    for name in found:
        file = folder / name
        if name.endswith(".part"):
            continue  # has not got its name yet
        if name.endswith(".png.checkpoint"):
            JobCheckpoint.read(file)
        elif name.endswith(".checkpoint"):
            TrainingCheckpoint.read(file)
        elif name.endswith(".safetensors"):
            load_model(file)
        elif name.endswith(".json"):
            json.loads(file.read_text())
        else:
            with Image.open(file) as picture:
                picture.load()
    return found


def digest(folder: Path) -> str:
    """Of every file there but for how long it took, and for what kill -9 could not put away."""
    whole = hashlib.sha256()
    for name in load(folder):
        if not Path(name).name.startswith(".brushwork-"):
            whole.update(name.encode() + _content(folder / name))
    return whole.hexdigest()


def _content(file: Path) -> bytes:
    if file.suffix == ".json":
        return json.dumps(_timeless(json.loads(file.read_text()))).encode()
    if file.suffix == ".safetensors":
        with safe_open(file, "pt") as tensors:
            told = {name: _timeless(json.loads(text)) for name, text in (tensors.metadata() or {}).items()}
            numbers = [tensors.get_tensor(name).numpy().tobytes() for name in sorted(tensors.keys())]
        return json.dumps(told).encode() + b"".join(numbers)
    return file.read_bytes()


def _timeless(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    return {name: _timeless(value) for name, value in document.items() if name != "seconds"}


def trial(folder: Path, arguments: list[str], blow: Blow, wanted: str) -> Counter[str]:
    """What is found of one signal; what is wrong begins with WRONG."""
    folder.mkdir()
    ended, found = run(folder, arguments, blow), Counter[str]()
    expected = -signal.SIGKILL if blow.number == signal.SIGKILL else 128 + blow.number
    found["ended" if ended.code else "finished before"] += 1
    if ended.code and ended.code not in (expected, -blow.number):  # before the command hears of signals
        found[f"WRONG exit {ended.code}"] += 1
    try:
        names = load(folder)
        found["with checkpoint"] += any(name.endswith(".checkpoint") for name in names)
        found["within a writing"] += any(name.endswith(".part") for name in names)
        if blow.number != signal.SIGKILL and any(name.endswith(".part") for name in names):
            found["WRONG left over"] += 1
        again = run(folder, [*arguments, "--resume"])
        if again.code and FINISHED not in again.said:
            found[f"WRONG resumed: exit {again.code}"] += 1
        found["resumed alike" if digest(folder) == wanted else "WRONG other bits"] += 1
    except Exception as error:
        found[f"WRONG {error!r:.200}"] += 1
    if not any(name.startswith("WRONG") for name in found):
        shutil.rmtree(folder)
    return found


def moment(chance: random.Random, number: int, seconds: float) -> Blow:
    """A random moment of a run that takes so long."""
    kind = chance.choice(["even", "even", "beginning", "writing"])
    share = {"even": 1.0, "beginning": 0.3, "writing": 0.9}[kind]
    return Blow(number, chance.uniform(0, share * seconds), kind == "writing")


def trials(name: str, place: Path, counts: dict[signal.Signals, int], seed: int) -> dict[str, Counter[str]]:
    """All trials of a command: signal → what was found."""
    arguments, whole = COMMANDS[name], place / "whole"
    whole.mkdir()
    ended = run(whole, arguments)
    assert ended.code == 0, ended.said
    wanted, chance, found = digest(whole), random.Random(f"{seed} {name}"), {}
    for number, count in counts.items():
        found[number.name] = seen = Counter[str]()
        while seen["ended"] < count:  # those that were finished before do not count
            folder = place / f"{number.name}-{seen.total()}"
            seen += trial(folder, arguments, moment(chance, number, ended.seconds), wanted)
    return found


def _pictures(place: Path) -> None:
    photos = place / "photos"
    photos.mkdir(parents=True)
    for name in ("cat.png", "great_wave.png", "auvers.png"):
        with Image.open(EXAMPLES / name) as picture:
            picture.convert("RGB").resize((160, 120)).save(place / name)
        shutil.copy(place / name, photos)


def main() -> int:
    """Try, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="kill -9, over all commands")
    parser.add_argument("--terms", type=int, default=50, help="SIGTERM, over all commands")
    parser.add_argument("--command", choices=COMMANDS, action="append", help="only this one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where trials that failed stay; without it, a temporary one")
    given = parser.parse_args()
    place, wrong = given.folder or Path(tempfile.mkdtemp(prefix="kill-trials-")), False
    commands = given.command or list(COMMANDS)
    prepare_forks()
    counts = {signal.SIGKILL: -(-given.kills // len(commands)), signal.SIGTERM: -(-given.terms // len(commands))}
    for name in commands:
        _pictures(place / name)
        for sign, found in trials(name, place / name, counts, given.seed).items():
            print(f"{name:8} {sign:8} " + ", ".join(f"{what}: {count}" for what, count in found.items()), flush=True)
            wrong = wrong or any(what.startswith("WRONG") for what in found)
    print(f"what failed is in {place}" if wrong else "nothing is wrong")
    if not wrong:
        shutil.rmtree(place)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
