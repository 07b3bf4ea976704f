"""Cuts that are found in generated clips, with flashes, fades and fast pans between them.

    python bench/video/cuts.py

Printed: cuts missed and cuts that are none, over 20 clips.
"""

from __future__ import annotations

import random

import numpy as np
from clips import pan, texture

from brushwork.images import Size
from brushwork.images.encode import quantize
from brushwork.video.cut_detection import find_cuts

SIZE = Size(48, 80)
CLIPS = 20


def main() -> None:
    missed = wrong = true = 0
    for seed in range(CLIPS):
        frames, cuts = clip(random.Random(seed))
        found = list(find_cuts(iter(frames)))
        missed, wrong, true = (
            missed + len(set(cuts) - set(found)),
            wrong + len(set(found) - set(cuts)),
            true + len(cuts),
        )
    print(f"{CLIPS} clips: {true} cuts, {missed} missed, {wrong} found that are none")


def clip(chance: random.Random) -> tuple[list[np.ndarray], list[int]]:
    """Some scenes one after the other, each with what could be taken for a cut; and where they begin."""
    frames: list[np.ndarray] = []
    cuts: list[int] = []
    for number in range(chance.randint(2, 4)):
        if number:
            cuts.append(len(frames))
        frames += scene(chance)
    return frames, cuts


def scene(chance: random.Random) -> list[np.ndarray]:
    """A pan over a texture in colors of its own; with a flash, a fade, or so fast that flow cannot follow."""
    count, kind = chance.randint(10, 20), chance.choice(("calm", "flash", "fade", "whip"))
    step = 14.0 if kind == "whip" else chance.uniform(0, 3)
    tint = np.array([chance.uniform(0.3, 1) for _ in range(3)])
    whole = texture(Size(SIZE.height, int(SIZE.width + step * count + 4)), chance.randrange(10**6))
    frames = [quantize(one) * tint for one in pan(whole, SIZE, count, step)]
    if kind == "flash":
        at = chance.randint(5, count - 5)
        for place in range(at, at + chance.randint(1, 2)):
            frames[place] = np.full_like(frames[place], 250.0)
    if kind == "fade":
        frames = [one * (1 - min(0.9, place / count)) for place, one in enumerate(frames)]
    return [one.astype(np.uint8) for one in frames]


if __name__ == "__main__":
    main()
