"""One of several processes on one picture, connected by gloo: `rank_process.py FOLDER TASK`, RANK and others given."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parent))
from tiny_job import TINY, tiny_job, tiny_network
from tiny_network import picture

from brushwork.errors import NotAdditive, RankLost
from brushwork.evaluate.processes import Processes
from brushwork.evaluate.tiled import Tiling
from brushwork.jobs import keeper
from brushwork.jobs.together import paint_together
from brushwork.picture.window import Size
from brushwork.recipes import Pictures, Progress, Region, preset, run, taps
from brushwork.recipes.seeing import encoder_for
from brushwork.recipes.share import ALONE, Band
from brushwork.recipes.subject import Subject

SIZE = 64
REAL = replace(
    preset("default"),
    content_layers=("conv3_1",),
    style_layers=("conv1_1", "conv2_1", "conv3_1"),
    size=SIZE,
    coarsest=0,
    iterations=20,
    network="vgg19",
)


def painted(wire=None):
    """The last picture of a painting by the real VGG-19, up to conv3_1 and in float64, that this process holds."""
    generator = torch.Generator().manual_seed(1)
    pictures = torch.rand(2, 1, 3, SIZE, SIZE // 2, generator=generator, dtype=torch.float64)
    encoder = encoder_for(REAL, "cpu").double()
    share = ALONE if wire is None else Band.of(encoder, taps(REAL), wire, Tiling(64))
    *_, last = run(REAL, Pictures(pictures[0], (pictures[1],)), encoder=encoder, share=share)
    return last.image


REGIONAL = replace(
    TINY,
    size=SIZE,
    coarsest=0,
    convention="relative",
    loss=("gram", "moments", "covariance:0.5", "wasserstein"),
    feather=2.0,
)


def regional(wire=None):
    """Total and gradient of regions by every loss that adds, in float64; what this process holds of it."""
    photograph, painting = (picture(seed, SIZE, SIZE // 2).double() for seed in (1, 2))
    left = torch.zeros(1, SIZE, SIZE // 2)
    left[..., : SIZE // 5] = 1
    regions = (Region(left, 1 - left), Region(1 - left, left))
    encoder = tiny_network().double()
    share = ALONE if wire is None else Band.of(encoder, taps(REGIONAL), wire, Tiling(48))
    subject = Subject(photograph, [painting], REGIONAL, encoder, share, regions)
    image = share.cut(photograph.flip(-1)).clone().requires_grad_()
    losses = subject.evaluate_at(Size.of(photograph))(image)
    return losses.total.detach(), image.grad


def refused(wire):
    """What is said of losses that cannot be shared."""
    said = []
    for loss in ("sliced", "histogram"):
        encoder = tiny_network()
        share = Band.of(encoder, taps(REGIONAL), wire, Tiling(48))
        pictures = Pictures(picture(1, SIZE, SIZE), (picture(2, SIZE, SIZE),))
        try:
            next(run(replace(REGIONAL, loss=(loss,), feather=0.0), pictures, encoder=encoder, share=share))
        except NotAdditive as error:
            said.append(str(error))
    return said


def talked(wire):
    """What this rank heard through every method."""
    rank = wire.rank
    room = torch.empty(2)
    wire.exchange({1 - rank: torch.full((2,), float(rank))}, {1 - rank: room})
    if rank:
        wire.send(torch.arange(3), 0)
    received = None if rank else wire.receive(torch.empty(3, dtype=torch.int64), 1).tolist()
    return {
        "receive": received,
        "sum": wire.sum(torch.tensor([1.0, rank])).tolist(),
        "largest": wire.largest(torch.tensor([-1.0, rank])).tolist(),
        "exchange": room.tolist(),
        "first": wire.first({"rank": rank}),
        "all": list(wire.all(rank)),
    }


def lost(wire, folder):
    """Rank 1 is killed after its third step; what the other one says."""
    keeper._PATIENCE = 0
    count = 0
    try:
        for event in paint_together(
            tiny_job(folder), wire, encoder=tiny_network(), checkpoint_every=0, tiling=Tiling(64)
        ):
            count += isinstance(event, Progress)
            if count == 3 and wire.rank == 1:
                os.kill(os.getpid(), signal.SIGKILL)
    except RankLost as error:
        return [str(error), *error.__notes__]
    return ["nothing happened"]


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder, there = Path(sys.argv[1]), Processes(torch.device("cpu"))
    found = {"talked": talked(there), "painted": painted(there), "regional": regional(there), "refused": refused(there)}
    torch.save(found | {"lost": lost(there, folder)}, folder / f"{there.rank}.pt")
