"""The three qualities of `default` beside AdaIN, in networks that painted nothing.

    python bench/qualities.py [--size 256] [--pairs 36] [--also "former: init=recolored iterations=140"]

Photographs after paintings, each by `--quality draft`, normal, `best` if asked for, AdaIN, and by `default` with other
options. For each picture: Gram distance and content distance in VGG-16 and AlexNet, LPIPS, the lattice of
`lattice.py` at periods of 2 and 4 pixels, and seconds of processor time, the encoder's loading apart. Below, the
medians, and those of the ratios to normal of the same pair. A line is written for each picture as soon as it is
there, and what is there is not painted again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import islice, product
from pathlib import Path
from statistics import median

from brushwork.feedforward import transfer_adain
from brushwork.feedforward.options import AdaINOptions
from brushwork.images import Size, fit_size, read_image, resize, write_image
from brushwork.metrics import Evaluator
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import TransferOptions, load_preset, transfer
from brushwork.storage.atomic import atomic_write
from brushwork.types import Image
from default import DATA, PAINTINGS, PHOTOGRAPHS, change_option
from default_cells import NETWORKS, crossed
from lattice import lattice

ADAIN = "adain"


def main() -> None:
    """Paint what is missing, and print the tables."""
    given = _arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    programs = _programs(given)
    pairs = list(islice(_pairs(given), given.skip, given.skip + given.pairs))
    for (photograph, painting), (name, options) in product(pairs, programs.items()):
        record = given.out / f"{photograph.stem}+{painting.stem} {name}.json"
        if not record.exists():
            figures = _paint(photograph, painting, options, record.with_suffix(".png"), given.size)
            with atomic_write(record, overwrite=False) as path:
                path.write_text(json.dumps(figures), encoding="utf-8")
            print(f"{time.strftime('%X')} {record.stem}: {record.read_text()}", flush=True)
    rows = {
        name: [json.loads((given.out / f"{a.stem}+{b.stem} {name}.json").read_text()) for a, b in pairs]
        for name in programs
    }
    print(_table(rows, len(pairs), given.size))


def _programs(given: argparse.Namespace) -> dict[str, TransferOptions | None]:
    size = {"size": given.size, "measure": "long"}
    own = {name: replace(load_preset("default", name), **size) for name in given.qualities}
    others = {name: replace(own["normal"], **changes) for name, changes in map(change_option, given.also)}
    return {**own, ADAIN: None, **others}


def _pairs(given: argparse.Namespace) -> Iterator[tuple[Path, Path]]:
    for photograph, painting in crossed(given.photographs, given.paintings):
        yield given.data / photograph, given.data / painting


def _paint(
    photograph: Path, painting: Path, options: TransferOptions | None, out: Path, size: int
) -> Mapping[str, float]:
    content, style = read_image(photograph).image, read_image(painting).image
    encoder = load_encoder_for(options or TransferOptions(), "cpu")
    began = time.process_time()
    if options is None:
        small = resize(content, fit_size(Size.of(content), size, measure="long"), clamp=True)
        image = transfer_adain(small, style, AdaINOptions(size="full"))
    else:
        image = _last(content, style, options, encoder)
    seconds = time.process_time() - began
    write_image(image, out, overwrite=True)
    return {"seconds": round(seconds, 1), **_figures(image, content, style, size)}


def _last(content: Image, style: Image, options: TransferOptions, encoder: object) -> Image:
    for progress in transfer(content, style, options, encoder=encoder):
        last = progress
    return last.image


def _figures(image: Image, content: Image, style: Image, size: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for network in NETWORKS:
        distances = _evaluator(network)(image, content=content, style=style, size=size)
        found |= {f"{network} gram": distances.gram_style, f"{network} content": distances.content}
    found["lpips"] = distances.lpips_vgg16
    found |= {f"lattice {period}": value for period, value in lattice(image, content).items() if period <= 4}
    return {name: round(value, 4) for name, value in found.items()}


@cache
def _evaluator(network: str) -> Evaluator:
    return Evaluator.load(network)


def _table(rows: Mapping[str, list[Mapping[str, float]]], pairs: int, size: int) -> str:
    columns = list(rows["normal"][0])
    lines = [f"{pairs} pairs, {size} pixels; medians, and in parentheses those of the ratios to normal", ""]
    lines += ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, found in rows.items():
        cells = []
        for column in columns:
            ratio = median(one[column] / other[column] for one, other in zip(found, rows["normal"], strict=True))
            cells.append(f"{median(one[column] for one in found):.3g} ({ratio:.2f})")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that the pictures' names are in")
    parser.add_argument("--photographs", nargs="+", default=PHOTOGRAPHS, metavar="NAME")
    parser.add_argument("--paintings", nargs="+", default=PAINTINGS, metavar="NAME")
    parser.add_argument("--size", type=int, default=256, help="pixels of the long side")
    parser.add_argument("--pairs", type=int, default=36, help="only so many pairs; the first six hold every picture")
    parser.add_argument("--skip", type=int, default=0, help="how many pairs to leave out first")
    parser.add_argument("--qualities", nargs="+", default=["normal", "draft"])
    parser.add_argument("--also", action="append", default=[], help="default changed: 'name: init=content jitter=0'")
    parser.add_argument("--out", type=Path, default=Path("out/qualities"), help="folder of the pictures and records")
    return parser.parse_args()


if __name__ == "__main__":
    main()
