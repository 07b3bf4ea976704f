"""From files of paintings and photographs to the lesson of a Markovian painter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from brushwork.errors import InputError
from brushwork.fast.mgan import TAP
from brushwork.perception import Encoder, load_encoder
from brushwork.picture.resample import fit, resize
from brushwork.picture.window import Size
from brushwork.training.chance import generator
from brushwork.training.markov_lesson import MarkovLesson, Matter, Pair
from brushwork.training.markov_options import MarkovTraining
from brushwork.training.photographs import photographs_in
from brushwork.types import Image

_CHOSEN = 4
"""What is drawn by chance, beside the seed."""

_MOST_HELD_OUT = 4
"""One in so many pairs, at most, is not learned from."""


def chosen(folder: Path, options: MarkovTraining) -> list[Path]:
    """The photographs that are painted first: by chance, as many as the options say, as far as there are any.

    Raises: InputError: no folder, or none in it.
    """
    files = photographs_in(folder).pictures
    order = torch.randperm(len(files), generator=generator(options.seed, _CHOSEN)).tolist()
    return [files[place] for place in order[: options.targets]]


def looking(options: MarkovTraining, device: torch.device) -> Encoder:
    """The network that the painter looks with, and is judged with, on a device. Raises: WeightsError."""
    encoder = load_encoder(options.network, padding="reflect", engine="auto" if device.type == "cpu" else "plain")
    encoder.cut_after([TAP])
    return encoder.to(device)


def lesson_of_pairs(pairs: Sequence[Pair], options: MarkovTraining, device: torch.device) -> MarkovLesson:
    """What is learned from pictures that MDAN painted; the last ones are held out.

    Raises: InputError: none was given, or they are smaller than a block.
    """
    if not pairs:
        raise InputError("none of the photographs could be painted, so that there is nothing to learn from.")
    held = min(options.held_out, len(pairs) // _MOST_HELD_OUT)
    ours = [Pair(*(one.to(device) for one in pair)) for pair in pairs]
    matter = Matter(pairs=ours[: len(ours) - held], held_out=ours[len(ours) - held :])
    return MarkovLesson(matter, options, looking(options, device))


def lesson_of_paintings(paintings: Sequence[Image], options: MarkovTraining, device: torch.device) -> MarkovLesson:
    """What is learned from photographs and the paintings themselves.

    Raises: InputError: paintings that are smaller than a block.
    """
    sizes = [fit(Size.of(one), options.target_size, by="long") for one in paintings]
    scaled = [resize(one, size, clamp=True).to(device) for one, size in zip(paintings, sizes, strict=True)]
    return MarkovLesson(Matter(paintings=scaled), options, looking(options, device))
