"""Run one job on several processes, each with a range of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar, cast

import torch

from brushwork.devices.memory import memory_budget
from brushwork.distributed.halo_exchange import all_on_first, exchange_rows
from brushwork.distributed.launch import count_local_ranks
from brushwork.distributed.process_group import ProcessGroup
from brushwork.encoders import Encoder
from brushwork.errors import BrushworkError, DivergedError, OtherRankError, RankLostError, StopSignalError
from brushwork.gradients.partition import RowBand
from brushwork.gradients.tiled import Tiling
from brushwork.jobs.checkpoint import JobCheckpoint
from brushwork.jobs.distributed_state import GatheredState, scatter_state, serve_state
from brushwork.jobs.events import Finished, JobEvent, Note
from brushwork.jobs.job import Job
from brushwork.jobs.manifest import EmbeddedResult
from brushwork.jobs.memory_estimate import SIDES
from brushwork.jobs.method import Snapshot
from brushwork.jobs.optimization import Optimization
from brushwork.jobs.peak_memory import optimizer_memory
from brushwork.jobs.preflight import PreparedJob
from brushwork.jobs.resume import replay_finished
from brushwork.jobs.run import CHECKPOINT_EVERY, open_job
from brushwork.jobs.writer import JobWriter
from brushwork.optim.loop import identity
from brushwork.recipes import Progress
from brushwork.types import Image

T = TypeVar("T")


def run_distributed_job(
    job: Job,
    group: ProcessGroup,
    *,
    resume: bool = False,
    checkpoint_every: float | None = CHECKPOINT_EVERY,
    network: Encoder | None = None,
    memory: int | None = None,
    tiling: Tiling | None = None,
    watched: bool = False,
    interrupted: Callable[[], int] = int,
) -> Iterator[JobEvent]:
    """Run an optimization as `run_job` does, on all ranks of a `group`; each calls this with the same arguments.

    Each rank encodes its rows with `tiling`. By default, it is one that fits on every rank into `memory` bytes per
    process, or into the process's share of its machine's memory.

    Every rank reads the images; only rank 0 reads and writes the output and the checkpoint, and its events are those of
    the full image. The progress of the other ranks shows their own rows. So does that of rank 0, unless `watched`: then
    the full image is gathered at every step. Ranks without rows only wait.

    The job stops, with image and checkpoint written, when `interrupted` returns the number of a signal on any rank
    after a step; all ranks then raise `StopSignalError`, a KeyboardInterrupt. It also stops in this way if the
    optimization diverged, or the result cannot be written. If a rank is lost or fails alone, the previous checkpoint
    stays. Checkpoints hold the full image: any number of ranks, or one process, can resume from them.

    Raises: as `run_job`. RankLostError: another rank failed, was killed, or does not answer.
    """
    prepared, found = run_on_all_ranks(group, lambda: open_job(job, resume=resume, network=network, group=group))
    if group.broadcast(isinstance(found, EmbeddedResult)):
        if isinstance(found, EmbeddedResult):
            yield replay_finished(job, found)
        return
    method = cast("Optimization", prepared.method)
    tiling = tiling or choose_common_tiling(prepared, group, memory)
    band = RowBand.of(method.encoder, method.options.encoded_layers, group, tiling)
    runner = RankRunner(prepared, method, group, band)
    checkpoint = found if isinstance(found, JobCheckpoint) else None
    every = checkpoint_every if group.rank == 0 else None  # the others need not have the output's folder
    writer, notes = JobWriter.open(prepared, checkpoint, every=every, resume=resume)
    writer.snapshot = runner.scatter_snapshot(writer.snapshot)
    del found, checkpoint
    yield from notes
    yield writer.start()
    yield from runner.run(writer, watched, interrupted)


def run_on_all_ranks(group: ProcessGroup, act: Callable[[], T]) -> T:
    """Call a function on every rank; if it fails on one, raise on all.

    Raises: BrushworkError: as raised on this rank. OtherRankError: it failed on another rank.
    """
    try:
        done, error = act(), None
    except BrushworkError as raised:
        done, error = None, raised
    errors = group.all_gather(None if error is None else str(error))
    if error is not None:
        raise error
    for rank, trouble in enumerate(errors):
        if trouble is not None:
            raise OtherRankError(f"rank {rank} failed: {trouble}")
    return done  # type: ignore[return-value]  # without an error there is a result


class RankRunner(NamedTuple):
    """Runs a prepared job on one rank, for its range of rows."""

    prepared: PreparedJob
    method: Optimization
    group: ProcessGroup
    band: RowBand

    def run(self, writer: JobWriter, watched: bool, interrupted: Callable[[], int]) -> Iterator[JobEvent]:
        """Run the steps, and save the state reached if all ranks stop at once; saving takes all of them.

        If one rank fails or is closed alone, the others are elsewhere, and the previous checkpoint stays.
        """
        try:
            images = self.prepared.inputs.to_device(self.prepared.device)
            for step in self.method.run(images, None, writer.snapshot, self.band):
                writer.update(step)
                signal, due = self._agree(interrupted(), writer.is_checkpoint_due)
                if signal:
                    raise StopSignalError(signal)
                progress = cast("Progress", step.event)
                yield self._whole(progress) if watched else progress
                if due:
                    yield from map(Note, filter(None, [self._with_whole(writer, writer.write_checkpoint_if_due)]))
            finished = self._finish(writer)
        except (KeyboardInterrupt, DivergedError) as error:
            self._keep(writer, error)
            raise
        except RankLostError as error:
            self._note_checkpoint(error)
            raise
        if finished is not None:
            yield finished

    def _finish(self, writer: JobWriter) -> Finished | None:
        """Write the result on rank 0; if that fails, all ranks are told, and the state reached is saved."""
        try:
            return run_on_all_ranks(self.group, lambda: self._with_whole(writer, writer.finish))
        except BrushworkError as error:
            if isinstance(error, OtherRankError) or not isinstance(error, RankLostError):
                self._keep(writer, error)
            raise

    def scatter_snapshot(self, snapshot: Snapshot | None) -> Snapshot | None:
        """Return this rank's shard of the snapshot that rank 0 has read."""
        about = None if snapshot is None else snapshot._replace(resume_state=snapshot.resume_state._replace(state={}))
        known = self.group.broadcast(about)
        if known is None:
            return None
        bands = self.band.split_rows(self._height(known.resume_state.level))
        state = scatter_state(
            None if snapshot is None else snapshot.resume_state.state, bands[-1].bottom, bands, self.group
        )
        return known._replace(resume_state=known.resume_state._replace(state=state))

    def _agree(self, signal: int, due: bool) -> tuple[int, bool]:
        """Agree on what to do after a step: stop if any rank got a signal, write a checkpoint if due on rank 0."""
        mine = torch.tensor([signal, due and self.group.rank == 0], dtype=torch.float32)
        heard, all_due = self.group.all_reduce_max(mine).tolist()
        return int(heard), bool(all_due)

    def _with_whole(self, writer: JobWriter, act: Callable[[], T]) -> T | None:
        """Call a function on rank 0 while it can read the rows of all ranks."""
        if writer.snapshot is None:
            raise BrushworkError("the recipe yielded no step: this is a bug in brushwork.")
        saved = writer.snapshot.resume_state
        if self.group.rank:
            serve_state(saved.state, self.group)
            return None
        parts = GatheredState(saved.state, self.band.split_rows(self._height(saved.level)), self.group)
        writer.snapshot = writer.snapshot._replace(resume_state=saved._replace(state=parts))
        try:
            return act()
        finally:
            parts.close()

    def _keep(self, writer: JobWriter, error: BaseException) -> None:
        """Save the state reached, on rank 0; if that fails, add a note to the error."""
        if writer.snapshot is None:
            return
        try:
            best = (
                self._together(error.image, writer.snapshot.resume_state.level)
                if isinstance(error, DivergedError)
                else None
            )
            self._with_whole(writer, lambda: writer.save(best))
        except (OSError, BrushworkError) as trouble:
            error.add_note(f"The image so far could not be saved completely: {trouble}")

    def _note_checkpoint(self, error: RankLostError) -> None:
        checkpoint = self.prepared.job.checkpoint
        if checkpoint.exists():
            error.add_note(f"{checkpoint} holds the painting as it was before: continue with --resume.")

    def _whole(self, progress: Progress) -> Progress:
        """Return the step with the full image in its final colors, on rank 0."""
        image = self._together(progress.step.image, progress.level)
        step = progress.step._replace(displayed=image, to_image=identity)
        return progress._replace(step=step, finish=None if self.group.rank else self.prepared.postprocess)

    def _together(self, image: Image, level: int) -> Image:
        """Return the full image on rank 0; no rows on the others."""
        height = self._height(level)
        return exchange_rows(
            image, self.band.split_rows(height), all_on_first(height, self.group.world_size), self.group
        )

    def _height(self, level: int) -> int:
        return self.prepared.levels[level].size.height


def choose_common_tiling(prepared: PreparedJob, group: ProcessGroup, memory: int | None) -> Tiling:
    """Return the largest tiling that fits on every rank, with as many tiles cached as fit; else the smallest.

    `memory`: limit per process in bytes; None: its share of the machine's memory. A collective call: all ranks must
    take part.
    """
    budget = _room(prepared, memory)
    own = None if budget is None else _fitting(prepared, group.world_size, budget)
    side, kept = own or Tiling(SIDES[0])
    smallest = (-group.all_reduce_max(-torch.tensor([side, kept], dtype=torch.float32))).tolist()
    return Tiling(*map(round, smallest))


def _room(prepared: PreparedJob, memory: int | None) -> int | None:
    """Return the bytes that this process may use, its images included; None: unknown."""
    budget = memory_budget(prepared.device, memory)
    if budget is None or prepared.device.type != "cpu":
        return budget
    ranks = count_local_ranks() if memory is None else 1
    return budget // max(1, ranks) + prepared.inputs.nbytes


def _fitting(prepared: PreparedJob, ranks: int, budget: int) -> Tiling | None:
    """Return the tiling that fits beside this rank's share of the optimizer state; one tile, if possible."""
    method = cast("Optimization", prepared.method)
    options, estimator = method.options, method.estimator(prepared.inputs.sizes)
    budget += round(optimizer_memory(options, prepared.levels) * (1 - 1 / ranks))
    one = Tiling(next((side for side in SIDES if side >= estimator.longest_side(options)), SIDES[-1]))
    return one if estimator(options, one) <= budget else estimator.largest_tiling(options, budget)
