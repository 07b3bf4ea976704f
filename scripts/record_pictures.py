"""Paint a set of small pictures with every command, and compare their hashes with an earlier recording.

    python scripts/record_pictures.py before.json            # record
    python scripts/record_pictures.py after.json before.json # record again and compare; exit 1 where one differs

One thread and fixed seeds: on one machine, with one torch, the hashes are equal unless the arithmetic has changed.
Pictures are hashed by their pixels, models and styles by their tensors; metadata is left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from safetensors.numpy import load_file

EXAMPLES = Path(__file__).parents[1] / "examples"
SMALL = ["--size", "96", "--iterations", "12", "--seed", "1"]

RUNS: dict[str, list[str]] = {
    "paint": ["paint", "cat.png", "great_wave.png", *SMALL],
    "paint gatys-2015": ["paint", "cat.png", "great_wave.png", "--preset", "gatys-2015", *SMALL],
    "paint neural-style": ["paint", "cat.png", "great_wave.png", "--preset", "neural-style", *SMALL],
    "paint pastiche": ["paint", "cat.png", "great_wave.png", "--preset", "pastiche", *SMALL],
    "paint blend": ["paint", "cat.png", "great_wave.png", "auvers.png", "--style-blend", "0.7", "0.3", *SMALL],
    "paint scales": ["paint", "cat.png", "great_wave.png", "--style-scale", "0.5", "1", *SMALL],
    "paint loss": ["paint", "cat.png", "great_wave.png", "--loss", "moments", *SMALL],
    "paint patches": ["paint", "cat.png", "great_wave.png", "--loss", "patches", *SMALL],
    "paint regions": [
        "paint",
        "cat.png",
        "great_wave.png",
        "auvers.png",
        "--region",
        "left.png",
        "--region",
        "right.png",
        *SMALL,
    ],
    "paint color": ["paint", "bridge.jpg", "auvers.png", "--color", "keep-luminance", *SMALL],
    "paint adam": ["paint", "cat.png", "great_wave.png", "--optimizer", "adam", "--learning-rate", "0.02", *SMALL],
    "paint memory": [
        "paint",
        "cat.png",
        "great_wave.png",
        "--size",
        "640",
        "--iterations",
        "2",
        "--min-size",
        "0",
        "--seed",
        "1",
        "--memory",
        "700MB",
    ],
    "paint tiles": [
        "paint",
        "cat.png",
        "great_wave.png",
        "--size",
        "640",
        "--iterations",
        "1",
        "--min-size",
        "0",
        "--seed",
        "1",
        "--memory",
        "700MB",
        "--loss",
        "patches",
        "--style-layers",
        "conv3_1",
    ],
    "paint ranks": ["paint", "cat.png", "great_wave.png", *SMALL],
    "instant": ["paint", "cat.png", "great_wave.png", "--instant", "--size", "160"],
    "model": ["paint", "cat.png", "--model", "gallery", "--style", "wave", "--size", "160"],
    "texture": ["texture", "auvers.png", "--size", "128x96", "--iterations", "12", "--seed", "1"],
    "texture model": ["texture", "--model", "auvers-texture", "--size", "128x96", "--seed", "1"],
    "reconstruct content": ["reconstruct", "content", "cat.png", "--layer", "conv4_2", *SMALL],
    "reconstruct style": ["reconstruct", "style", "auvers.png", "--layers", "conv1_1", "conv2_1", *SMALL],
    "mdan": ["paint", "cat.png", "auvers.png", "--method", "mdan", "--size", "96", "--iterations", "4", "--seed", "1"],
    "combine": ["style", "combine", "auvers.png", "great_wave.png", "--size", "96", "--iterations", "8"],
    "style file": ["style", "extract", "auvers.png", "--size", "96"],
    "train johnson": [
        "train",
        "johnson",
        "auvers.png",
        "--dataset",
        "photos",
        "--iterations",
        "3",
        "--batch",
        "2",
        "--crop",
        "64",
        "--width",
        "8",
        "--blocks",
        "1",
        "--val-images",
        "0",
    ],
    "train texture": ["train", "texture", "auvers.png", "--iterations", "3", "--batch", "2"],
}
"""The arguments of every run, by its name; the output is added."""

ENDINGS = {"style file": ".style", "train johnson": ".safetensors", "train texture": ".safetensors"}
RANKS = 2


def main() -> int:
    """Record, and compare where an earlier recording is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("before", type=Path, nargs="?")
    parser.add_argument("--only", nargs="+", default=list(RUNS))
    given = parser.parse_args()
    found = _record(given.only)
    given.recording.write_text(json.dumps(found, indent=1) + "\n")
    if given.before is None:
        return 0
    before = json.loads(given.before.read_text())
    differing = [name for name, digest in found.items() if before.get(name) != digest]
    for name in differing:
        print(f"differs: {name}: {before.get(name)} before, {found[name]} now")
    print(f"{len(found) - len(differing)} of {len(found)} are equal")
    return 1 if differing else 0


def _record(names: list[str]) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        inputs = Path(folder)
        _lay_out(inputs)
        return {name: _hash_of(inputs, name) for name in names}


def _lay_out(folder: Path) -> None:
    """Copy the examples, and make masks and a folder of photographs."""
    (folder / "photos").mkdir()
    for picture in EXAMPLES.glob("*.[jp][pn]g"):
        (folder / picture.name).write_bytes(picture.read_bytes())
    for name in ("cat.png", "bridge.jpg", "rocket.jpg"):
        (folder / "photos" / name).write_bytes((EXAMPLES / name).read_bytes())
    with Image.open(EXAMPLES / "cat.png") as cat:
        width, height = cat.size
    for name, box in (("left", (0, 0, width // 2 - 1, height)), ("right", (width // 2, 0, width, height))):
        mask = Image.new("L", (width, height))
        ImageDraw.Draw(mask).rectangle(box, fill=255)
        mask.save(folder / f"{name}.png")


def _hash_of(folder: Path, name: str) -> str:
    output = folder / f"{name.replace(' ', '-')}{ENDINGS.get(name, '.png')}"
    launcher = ["torch.distributed.run", "--standalone", f"--nproc-per-node={RANKS}", "-m", "brushwork"]
    module = launcher if "ranks" in name else ["brushwork"]
    threads = [] if name.startswith("style") else ["--threads", "1"]
    quiet = [] if name == "style file" else ["--quiet"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if name != "texture model":
        environment["BRUSHWORK_ENGINE"] = "native"
    command = [sys.executable, "-m", *module, *RUNS[name], *threads, "-o", str(output), *quiet]
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        return f"exit {done.returncode}: {done.stderr.strip()[-300:]}"
    digest = hashlib.sha256()
    if output.suffix == ".png":
        with Image.open(output) as image:
            digest.update(np.asarray(image).tobytes())
    else:
        for tensor in (value for _, value in sorted(load_file(output).items())):
            digest.update(np.ascontiguousarray(tensor).tobytes())
    print(f"{digest.hexdigest()[:16]}  {name}", flush=True)
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
