"""A rank among those that paint a picture together: its steps, and what is kept of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import torch

from brushwork.errors import BrushworkError, Diverged, FailedElsewhere, RankLost, Stopped
from brushwork.evaluate.bands import at_first
from brushwork.evaluate.traffic import move
from brushwork.evaluate.wire import Wire
from brushwork.jobs.checkpoint import Standing
from brushwork.jobs.events import Event, Note
from brushwork.jobs.keeper import Keeper
from brushwork.jobs.parts import Parts, deal, serve
from brushwork.jobs.prepare import Desk
from brushwork.optimize.minimize import itself
from brushwork.recipes import Progress, run
from brushwork.recipes.share import Band
from brushwork.types import Image

T = TypeVar("T")


def agreed(wire: Wire, act: Callable[[], T]) -> T:
    """Do something on every rank; where it fails on one, all end.

    Raises: BrushworkError: what it raised here. FailedElsewhere: it failed on another rank.
    """
    try:
        done, error = act(), None
    except BrushworkError as raised:
        done, error = None, raised
    told = wire.all(None if error is None else str(error))
    if error is not None:
        raise error
    for rank, trouble in enumerate(told):
        if trouble is not None:
            raise FailedElsewhere(f"rank {rank} failed: {trouble}")
    return done  # type: ignore[return-value]  # without an error there is a result


class Crew(NamedTuple):
    """A rank's desk, its place among the others, and its share."""

    desk: Desk
    wire: Wire
    band: Band

    def painting(self, keeper: Keeper, watched: bool, interrupted: Callable[[], int]) -> Iterator[Event]:
        """The steps, with everything kept that was reached, unless a rank is lost."""
        try:
            for progress in self._steps(keeper):
                keeper.see(progress)
                signal, due = self._decided(interrupted(), keeper.due)
                if signal:
                    raise Stopped(signal)
                yield self._whole(progress) if watched else progress
                if due:
                    yield from map(Note, filter(None, [self._with_whole(keeper, keeper.checkpoint_in_time)]))
            finished = agreed(self.wire, lambda: self._with_whole(keeper, keeper.finish))
        except (KeyboardInterrupt, Diverged) as error:
            self._keep(keeper, error)
            raise
        except RankLost as error:
            self._say_what_stays(error)
            raise
        if finished is not None:
            yield finished

    def dealt(self, standing: Standing | None) -> Standing | None:
        """The part of this rank of what rank 0 has read."""
        about = None if standing is None else standing._replace(saved=standing.saved._replace(state={}))
        known = self.wire.first(about)
        if known is None:
            return None
        bands = self.band.bands(self._height(known.saved.level))
        state = deal(None if standing is None else standing.saved.state, bands[-1].bottom, bands, self.wire)
        return known._replace(saved=known.saved._replace(state=state))

    def _steps(self, keeper: Keeper) -> Iterator[Progress]:
        saved = keeper.standing.saved if keeper.standing else None
        pictures = self.desk.inputs.on(self.desk.device)
        return run(self.desk.job.options, pictures, encoder=self.desk.encoder, saved=saved, share=self.band)

    def _decided(self, signal: int, due: bool) -> tuple[int, bool]:
        """What is done after this step: stop if any rank heard a signal, write a checkpoint if rank 0 wants to."""
        mine = torch.tensor([signal, due and self.wire.rank == 0], dtype=torch.float32)
        heard, all_due = self.wire.largest(mine).tolist()
        return int(heard), bool(all_due)

    def _with_whole(self, keeper: Keeper, act: Callable[[], T]) -> T | None:
        """Do something on rank 0 while it can read all ranks' rows."""
        if keeper.standing is None:
            raise BrushworkError("the recipe made no step: this is a bug of brushwork.")
        saved = keeper.standing.saved
        if self.wire.rank:
            serve(saved.state, self.wire)
            return None
        parts = Parts(saved.state, self.band.bands(self._height(saved.level)), self.wire)
        keeper.standing = keeper.standing._replace(saved=saved._replace(state=parts))
        try:
            return act()
        finally:
            parts.close()

    def _keep(self, keeper: Keeper, error: BaseException) -> None:
        """Keep what there is, on rank 0; what cannot be kept is added to the error."""
        if keeper.standing is None:
            return
        try:
            best = self._together(error.image, keeper.standing.saved.level) if isinstance(error, Diverged) else None
            self._with_whole(keeper, lambda: keeper.keep(best))
        except (OSError, BrushworkError) as trouble:
            error.add_note(f"What was painted so far could not be kept whole: {trouble}")

    def _say_what_stays(self, error: RankLost) -> None:
        checkpoint = self.desk.job.checkpoint
        if checkpoint.exists():
            error.add_note(f"{checkpoint} keeps the painting as it was before: go on with --resume.")

    def _whole(self, progress: Progress) -> Progress:
        """The step with the whole picture, on rank 0."""
        image = self._together(progress.step.image, progress.level)
        return progress._replace(step=progress.step._replace(shown=image, picture=itself))

    def _together(self, image: Image, level: int) -> Image:
        """The whole picture, on rank 0; nothing elsewhere."""
        height = self._height(level)
        return move(image, self.band.bands(height), at_first(height, self.wire.count), self.wire)

    def _height(self, level: int) -> int:
        return self.desk.levels[level].size.height
