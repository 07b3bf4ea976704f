"""A picture against its rival: what is evaluated, and how both go on together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from brushwork.objective import Objective, total
from brushwork.optimize.adam import Adam
from brushwork.optimize.optimizer import Move
from brushwork.optimize.oracle import Evaluation, Oracle
from brushwork.perception.encoder import Encoder
from brushwork.recipes.rival import Rival
from brushwork.types import Evaluate, Image, Losses, State


def against(rival: Rival, tap: str, encoder: Encoder, objective: Objective) -> Evaluate:
    """An objective, and the rival's doubt at a tap, named `style`. The rival learns from each picture before it judges.

    Both read the same pass of the network.
    """
    taps = tuple(dict.fromkeys((*objective.taps, tap)))

    def evaluate(image: Image) -> Losses:
        features = encoder(image, taps)
        rival.learn(features[tap])
        terms = {"style": rival.doubt(features[tap]), **objective(features).terms}
        loss = total(terms)
        loss.backward()  # type: ignore[no-untyped-call]
        return Losses(loss.detach(), {name: term.detach() for name, term in terms.items()})

    return evaluate


@dataclass(frozen=True)
class Duel:
    """Adam over the picture; what must be saved is the rival's too."""

    adam: Adam
    rival: Rival

    def step(self, point: Tensor, here: Evaluation, oracle: Oracle) -> Move:
        """Adam's; the rival learns where the new point is evaluated."""
        return self.adam.step(point, here, oracle)

    def state(self) -> State:
        """Of both, the rival's from before it looked at the point."""
        return self.adam.state() | self.rival.state()

    def load(self, state: State) -> None:
        """Take up a saved state."""
        self.adam.load(state)
        self.rival.load(state)

    def forget(self) -> None:
        """Start the picture's moments anew; the rival forgets nothing."""
        self.adam.forget()

    def careful(self) -> str:
        """Take smaller steps from now on."""
        return self.adam.careful()

    def rescale(self, resize: Callable[[Tensor], Tensor], gradient: float) -> None:
        """Resize the picture's moments."""
        self.adam.rescale(resize, gradient)
