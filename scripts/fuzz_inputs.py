"""Damage small valid files at random, and run commands on them: every one must end well.

    python scripts/fuzz_inputs.py                    # 500 files, seed 0
    python scripts/fuzz_inputs.py --seed 7 --count 50
    python scripts/fuzz_inputs.py --only 123 --keep bad   # one file again; what is wrong with it stays in a folder

Each file goes through `plan`, `paint --instant` and `paint --size 64 --iterations 2 --min-size 0`: as photograph,
painting, mask, settings, style, painter or checkpoint. A run is well where

- it ends with exit code 0 and leaves the picture, or with 2 and one line that says why, and leaves nothing;
- nothing it writes holds a traceback, a warning of Python's, or "unexpected … please report";
- it takes at most 10 seconds of the processor, and ends by itself;
- it takes at most 1 GB more memory, at its peak, than the same command takes with the file undamaged.

The processes are forks of one that has imported everything, each run on one thread. A file hangs only on the seed and
its number, given the same versions of Pillow and libvips.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

os.environ |= {"OMP_NUM_THREADS": "1", "COLUMNS": "100"}

import fuzz_corpus
from fuzz_corpus import INSTANT_SETTINGS, SETTINGS, SMALL, models, scene
from fuzz_mutations import damaged
from imported_before_forks import prepare_forks
from PIL import Image

KINDS = {"photograph": 8, "painting": 4, "mask": 3, "settings": 3, "style": 2, "painter": 2, "checkpoint": 2}
"""What a file is given as, and how often."""

SECONDS = 10
ASLEEP = 20
"""Seconds in which nothing happens, after which a process waits for ever."""
MOST_BYTES = 10**9
ADDRESS_SPACE = 6 * 10**9
"""Beyond that of the process: what asks for more is refused memory, and the machine lives on."""

WRONG = ("Traceback", "error: unexpected:", "Warning:", "lease report", "core dumped", "libgomp")


class Ended(NamedTuple):
    """How a run ended."""

    code: int
    """Exit code; the signal's number, negative."""
    said: str
    seconds: float
    peak: int
    """Bytes."""


@dataclass(frozen=True)
class Case:
    """A damaged file, and what it is given as."""

    number: int
    kind: str
    origin: str
    content: bytes

    def commands(self) -> dict[str, list[str]]:
        """Name → the arguments, in a folder with the file, photo.png and art.png."""
        name = f"given{Path(self.origin).suffix}"
        at_once = ["--instant", "--size", "64"]
        match self.kind:
            case "photograph":
                said, once = [name, "art.png"], at_once
            case "painting" | "style":
                said, once = ["photo.png", name], at_once
            case "mask":
                said, once = ["photo.png", "art.png", "--region", name], at_once
            case "settings":
                said, once = ["photo.png", "art.png", "--config", name], ["--instant"]
                return {
                    "plan": ["plan", *said],
                    "instant": ["paint", *said, *once],
                    "small": ["paint", *said, *SMALL],
                }
            case "painter":
                said, once = ["photo.png", "--model", name], ["--size", "64"]
                return {
                    "plan": ["plan", *said, *once],
                    "instant": ["paint", *said, *once],
                    "texture": ["texture", "--model", name, "--size", "64x64"],
                }
            case _:  # a checkpoint
                said, once = ["photo.png", "art.png", "--resume"], at_once
        return {
            "plan": ["plan", *said, *SMALL],
            "instant": ["paint", *said, *once],
            "small": ["paint", *said, *SMALL],
        }

    def lay_out(self, folder: Path) -> None:
        """Write the files that the commands name."""
        name = "out.png.checkpoint" if self.kind == "checkpoint" else f"given{Path(self.origin).suffix}"
        (folder / name).write_bytes(self.content)


def main() -> int:
    """Run the cases, and say what is wrong; 1 where something is."""
    given = _arguments()
    prepare_forks()
    with tempfile.TemporaryDirectory() as place:
        corpus = _corpus(Path(place))
        usual: dict[tuple[str, str], int] = {}
        endings: Counter[str] = Counter()
        wrong = 0
        for number in [given.only] if given.only is not None else range(given.count):
            case = _case(corpus, given.seed, number)
            if case.kind not in given.kinds:
                continue
            for name, complaint, ended in _tried(case, Path(place), usual, corpus):
                endings[f"{case.kind} {name}: exit {ended.code}"] += 1
                if given.verbose:
                    print(f"{number} {case.kind} {case.origin}, {name}: {ended.said.strip()[-300:]}")
                if complaint:
                    wrong += 1
                    print(
                        f"{number} {case.kind} {case.origin}, {name}: {complaint}\n    {ended.said.strip()[-400:]}",
                        flush=True,
                    )
                    _keep(given.keep, case)
            if number % 50 == 49:
                print(f"{number + 1} files, {wrong} faults", file=sys.stderr, flush=True)
    for ending, count in sorted(endings.items()):
        print(f"{count:5} {ending}")
    print(f"{wrong} faults in {sum(endings.values())} runs")
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--only", type=int, help="the number of one file")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="only what is given as these")
    parser.add_argument("--verbose", action="store_true", help="print what each run says")
    parser.add_argument("--keep", type=Path, help="folder for the files that something is wrong with")
    return parser.parse_args()


def _corpus(place: Path) -> Mapping[str, Mapping[str, bytes]]:
    """Kind → name → a valid file."""
    folder = place / "valid"
    _furnish(folder)
    (folder / "photos").mkdir()
    for number in range(2):
        Image.fromarray(scene(10 + number)).save(folder / "photos" / f"{number}.png")
    own = models(folder, lambda command: _run(command, folder).code)
    # In a process of its own: libvips starts threads, which a fork has not.
    subprocess.run([sys.executable, Path(fuzz_corpus.__file__), place], check=True)
    seen, masks = (
        {path.name: path.read_bytes() for path in (place / kind).iterdir()} for kind in ("photograph", "mask")
    )
    settings = {"settings.toml": SETTINGS.encode(), "instant.toml": INSTANT_SETTINGS.encode()}
    return {"photograph": seen, "painting": seen, "mask": masks, "settings": settings, **own}


def _furnish(folder: Path) -> None:
    folder.mkdir()
    Image.fromarray(scene(1)).save(folder / "photo.png")
    Image.fromarray(scene(2)).save(folder / "art.png")


def _case(corpus: Mapping[str, Mapping[str, bytes]], seed: int, number: int) -> Case:
    dice = random.Random(f"{seed} {number}")
    kinds = [kind for kind, often in KINDS.items() for _ in range(often)]
    kind = kinds[number % len(kinds)]
    origin = dice.choice(sorted(corpus[kind]))
    others = [content for _, content in sorted(corpus[kind].items())]
    return Case(number, kind, origin, damaged(corpus[kind][origin], others, dice))


def _tried(
    case: Case, place: Path, usual: dict[tuple[str, str], int], corpus: Mapping[str, Mapping[str, bytes]]
) -> Sequence[tuple[str, str, Ended]]:
    """Each run's name, what is wrong with it (empty: nothing), and how it ended."""
    found = []
    for name, command in case.commands().items():
        kind = case.kind, name
        if kind not in usual:
            sound = Case(case.number, case.kind, case.origin, corpus[case.kind][case.origin])
            usual[kind] = _fresh(sound, command, place)[0].peak
        ended, left = _fresh(case, command, place)
        found.append((name, _complaint(ended, left, usual[kind], name == "plan"), ended))
    return found


def _fresh(case: Case, command: list[str], place: Path) -> tuple[Ended, set[str]]:
    """A run in a folder of its own, and the names of the files that it leaves there."""
    folder = place / "run"
    _furnish(folder)
    (folder / "tmp").mkdir()
    case.lay_out(folder)
    before = {path.name for path in folder.iterdir()}
    try:
        output = [] if command[0] == "plan" and case.kind != "checkpoint" else ["-o", "out.png"]
        ended = _run([*command, *output], folder)
        # The t is that of torch's torchinductor_USER.
        after = {path.name for path in (*folder.iterdir(), *(folder / "tmp").glob("[!t]*"))}
        return ended, after - before
    finally:
        shutil.rmtree(folder)


def _complaint(ended: Ended, left: set[str], usual: int, plans: bool) -> str:
    wanted = {"out.png"} if ended.code == 0 and not plans else set()
    lines = [line for line in ended.said.splitlines() if line.startswith("brushwork: error:")]
    checks = {
        f"exit code {ended.code}": ended.code in (0, 2),
        f"{len(lines)} lines of errors": len(lines) == (1 if ended.code == 2 else 0),
        f"it left {sorted(left)}": left == wanted,
        f"{ended.seconds:.0f} seconds": ended.seconds <= SECONDS,
        f"{(ended.peak - usual) / 1e6:.0f} MB more than usual": ended.peak - usual <= MOST_BYTES,
        **{f"it says {word!r}": word not in ended.said for word in WRONG},
    }
    return "; ".join(said for said, well in checks.items() if not well)


def _run(command: list[str], folder: Path) -> Ended:
    """Run a command in a fork of this process."""
    sys.stdout.flush()
    with tempfile.TemporaryFile() as written:
        child = os.fork()
        if child == 0:
            _become(command, folder, written.fileno())
        status, usage = _waited(child)
        written.seek(0)
        said = written.read().decode(errors="replace")
    code = os.waitstatus_to_exitcode(status)
    return Ended(code, said, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def _waited(child: int) -> tuple[int, resource.struct_rusage]:
    """A process that waits for something is ended; one that computes ends by its limit."""
    awake = time.monotonic()
    while time.monotonic() < awake + ASLEEP:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            return status, usage
        if Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] != "S":
            awake = time.monotonic()
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    return status, usage


def _become(command: list[str], folder: Path, written: int) -> None:
    """The command, in the child; never returns."""
    code = 70
    try:
        for stream in (1, 2):
            os.dup2(written, stream)
        os.chdir(folder)
        os.environ["TMPDIR"] = str(folder / "tmp")
        tempfile.tempdir = None
        own = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (own + ADDRESS_SPACE,) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (2 * SECONDS,) * 2)
        from brushwork.cli.main import main as brushwork

        code = brushwork(command)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _keep(folder: Path | None, case: Case) -> None:
    if folder is not None:
        folder.mkdir(exist_ok=True)
        (folder / f"{case.number}-{case.kind}-{case.origin}").write_bytes(case.content)


if __name__ == "__main__":
    sys.exit(main())
