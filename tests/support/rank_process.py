"""One of several processes on one picture, connected by gloo: `rank_process.py FOLDER TASK`, RANK and others given."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import torch

from brushwork.controls import RecipeInputs, StyleRegion
from brushwork.distributed.process_group import TorchProcessGroup
from brushwork.errors import NotAdditiveError, RankLostError
from brushwork.gradients.partition import FULL_IMAGE, RowBand
from brushwork.gradients.tiled import Tiling
from brushwork.images.geometry import Size
from brushwork.jobs import writer
from brushwork.jobs.run_distributed import run_distributed_job
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import Progress, load_preset, run_recipe
from brushwork.recipes.style_transfer import TransferProblem
from tiny_job import TINY, tiny_job, tiny_network
from tiny_network import picture

SIZE = 64
REAL = replace(
    load_preset("default"),
    content_layers=("conv3_1",),
    style_layers=("conv1_1", "conv2_1", "conv3_1"),
    size=SIZE,
    min_size=0,
    iterations=20,
    network="vgg19",
)


def painted(group=None, disturbance=0.0):
    """The last picture of a painting by the real VGG-19, up to conv3_1 and in float64, that this process holds.

    `disturbance`: of the pixels of the photograph, in either direction.
    """
    generator = torch.Generator().manual_seed(1)
    pictures = torch.rand(2, 1, 3, SIZE, SIZE // 2, generator=generator, dtype=torch.float64)
    pictures[0] += disturbance * torch.randn(pictures[0].shape, generator=generator, dtype=torch.float64).sign()
    encoder = load_encoder_for(REAL, "cpu").double()
    share = FULL_IMAGE if group is None else RowBand.of(encoder, REAL.encoded_layers, group, Tiling(64))
    *_, last = run_recipe(REAL, RecipeInputs(pictures[0], (pictures[1],)), encoder=encoder, partition=share)
    return last.image


REGIONAL = replace(
    TINY,
    size=SIZE,
    min_size=0,
    normalization="relative",
    loss=("gram", "moments", "covariance:0.5", "wasserstein"),
    feather=2.0,
)


def regional(group=None):
    """Total and gradient of regions by every loss that adds, in float64; what this process holds of it."""
    photograph, painting = (picture(seed, SIZE, SIZE // 2).double() for seed in (1, 2))
    left = torch.zeros(1, SIZE, SIZE // 2)
    left[..., : SIZE // 5] = 1
    regions = (StyleRegion(left, 1 - left), StyleRegion(1 - left, left))
    encoder = tiny_network().double()
    share = FULL_IMAGE if group is None else RowBand.of(encoder, REGIONAL.encoded_layers, group, Tiling(48))
    subject = TransferProblem(photograph, [painting], REGIONAL, encoder, share, regions)
    image = share.crop(photograph.flip(-1)).clone().requires_grad_()
    losses = subject.evaluate_at(Size.of(photograph))(image)
    return losses.total.detach(), image.grad


def refused(group):
    """The errors for losses that cannot be shared."""
    printed = []
    for loss in ("sliced", "histogram"):
        encoder = tiny_network()
        share = RowBand.of(encoder, REGIONAL.encoded_layers, group, Tiling(48))
        pictures = RecipeInputs(picture(1, SIZE, SIZE), (picture(2, SIZE, SIZE),))
        try:
            next(run_recipe(replace(REGIONAL, loss=(loss,), feather=0.0), pictures, encoder=encoder, partition=share))
        except NotAdditiveError as error:
            printed.append(str(error))
    return printed


def communicated(group):
    """What this rank received through every method."""
    rank = group.rank
    buffer = torch.empty(2)
    group.exchange({1 - rank: torch.full((2,), float(rank))}, {1 - rank: buffer})
    if rank:
        group.send(torch.arange(3), 0)
    received = None if rank else group.receive(torch.empty(3, dtype=torch.int64), 1).tolist()
    return {
        "receive": received,
        "sum": group.all_reduce_sum(torch.tensor([1.0, rank])).tolist(),
        "largest": group.all_reduce_max(torch.tensor([-1.0, rank])).tolist(),
        "exchange": buffer.tolist(),
        "first": group.broadcast({"rank": rank}),
        "all": list(group.all_gather(rank)),
    }


def lost(group, folder):
    """Rank 1 is killed after its third step; what the other one says."""
    writer._PATIENCE = 0
    count = 0
    try:
        for event in run_distributed_job(
            tiny_job(folder), group, network=tiny_network(), checkpoint_every=0, tiling=Tiling(64)
        ):
            count += isinstance(event, Progress)
            if count == 3 and group.rank == 1:
                os.kill(os.getpid(), signal.SIGKILL)
    except RankLostError as error:
        return [str(error), *error.__notes__]
    return ["nothing happened"]


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder, there = Path(sys.argv[1]), TorchProcessGroup(torch.device("cpu"))
    found = {
        "communicated": communicated(there),
        "painted": painted(there),
        "regional": regional(there),
        "refused": refused(there),
    }
    torch.save(found | {"lost": lost(there, folder)}, folder / f"{there.rank}.pt")
