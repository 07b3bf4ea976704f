"""A rank among those that paint a picture together: its steps, and what is kept of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import torch

from brushwork.errors import BrushworkError, DivergedError, OtherRankError, RankLostError, StopSignalError
from brushwork.evaluate.bands import all_on_first
from brushwork.evaluate.traffic import exchange_rows
from brushwork.evaluate.wire import ProcessGroup
from brushwork.jobs.checkpoint import Snapshot
from brushwork.jobs.events import JobEvent, Note
from brushwork.jobs.keeper import JobWriter
from brushwork.jobs.parts import GatheredState, scatter_state, serve_state
from brushwork.jobs.prepare import PreparedJob
from brushwork.optimize.minimize import identity
from brushwork.recipes import Progress, run_recipe
from brushwork.recipes.share import RowBand
from brushwork.types import Image

T = TypeVar("T")


def run_on_all_ranks(group: ProcessGroup, act: Callable[[], T]) -> T:
    """Do something on every rank; where it fails on one, all end.

    Raises: BrushworkError: what it raised here. OtherRankError: it failed on another rank.
    """
    try:
        done, error = act(), None
    except BrushworkError as raised:
        done, error = None, raised
    told = group.all_gather(None if error is None else str(error))
    if error is not None:
        raise error
    for rank, trouble in enumerate(told):
        if trouble is not None:
            raise OtherRankError(f"rank {rank} failed: {trouble}")
    return done  # type: ignore[return-value]  # without an error there is a result


class RankRunner(NamedTuple):
    """A rank's desk, its place among the others, and its share."""

    prepared: PreparedJob
    group: ProcessGroup
    band: RowBand

    def run(self, writer: JobWriter, watched: bool, interrupted: Callable[[], int]) -> Iterator[JobEvent]:
        """The steps, with everything kept that was reached, unless a rank is lost."""
        try:
            for progress in self._steps(writer):
                writer.update(progress)
                signal, due = self._decided(interrupted(), writer.is_checkpoint_due)
                if signal:
                    raise StopSignalError(signal)
                yield self._whole(progress) if watched else progress
                if due:
                    yield from map(Note, filter(None, [self._with_whole(writer, writer.write_checkpoint_if_due)]))
            finished = run_on_all_ranks(self.group, lambda: self._with_whole(writer, writer.finish))
        except (KeyboardInterrupt, DivergedError) as error:
            self._keep(writer, error)
            raise
        except RankLostError as error:
            self._say_what_stays(error)
            raise
        if finished is not None:
            yield finished

    def scatter_snapshot(self, snapshot: Snapshot | None) -> Snapshot | None:
        """The part of this rank of what rank 0 has read."""
        about = None if snapshot is None else snapshot._replace(resume_state=snapshot.resume_state._replace(state={}))
        known = self.group.broadcast(about)
        if known is None:
            return None
        bands = self.band.split_rows(self._height(known.resume_state.level))
        state = scatter_state(
            None if snapshot is None else snapshot.resume_state.state, bands[-1].bottom, bands, self.group
        )
        return known._replace(resume_state=known.resume_state._replace(state=state))

    def _steps(self, writer: JobWriter) -> Iterator[Progress]:
        saved = writer.snapshot.resume_state if writer.snapshot else None
        images = self.prepared.inputs.to_device(self.prepared.device)
        return run_recipe(
            self.prepared.job.options, images, encoder=self.prepared.encoder, resume=saved, partition=self.band
        )

    def _decided(self, signal: int, due: bool) -> tuple[int, bool]:
        """What is done after this step: stop if any rank heard a signal, write a checkpoint if rank 0 wants to."""
        mine = torch.tensor([signal, due and self.group.rank == 0], dtype=torch.float32)
        heard, all_due = self.group.all_reduce_max(mine).tolist()
        return int(heard), bool(all_due)

    def _with_whole(self, writer: JobWriter, act: Callable[[], T]) -> T | None:
        """Do something on rank 0 while it can read all ranks' rows."""
        if writer.snapshot is None:
            raise BrushworkError("the recipe made no step: this is a bug of brushwork.")
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
        """Keep what there is, on rank 0; what cannot be kept is added to the error."""
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
            error.add_note(f"What was painted so far could not be kept whole: {trouble}")

    def _say_what_stays(self, error: RankLostError) -> None:
        checkpoint = self.prepared.job.checkpoint
        if checkpoint.exists():
            error.add_note(f"{checkpoint} keeps the painting as it was before: go on with --resume.")

    def _whole(self, progress: Progress) -> Progress:
        """The step with the whole picture, on rank 0."""
        image = self._together(progress.step.image, progress.level)
        return progress._replace(step=progress.step._replace(parameters=image, to_image=identity))

    def _together(self, image: Image, level: int) -> Image:
        """The whole picture, on rank 0; nothing elsewhere."""
        height = self._height(level)
        return exchange_rows(
            image, self.band.split_rows(height), all_on_first(height, self.group.world_size), self.group
        )

    def _height(self, level: int) -> int:
        return self.prepared.levels[level].size.height
