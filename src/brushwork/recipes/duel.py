"""A picture against its rival: what is evaluated, and how both go on together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from brushwork.objective import Objective, total_loss
from brushwork.optimize.adam import Adam
from brushwork.optimize.optimizer import StepResult
from brushwork.optimize.oracle import Closure, Evaluation
from brushwork.perception.encoder import Encoder
from brushwork.recipes.rival import OnlineDiscriminator
from brushwork.types import Evaluate, Image, LossValues, State


def with_adversarial_loss(
    discriminator: OnlineDiscriminator, layer: str, encoder: Encoder, objective: Objective
) -> Evaluate:
    """An objective, and the rival's doubt at a tap, named `style`. The rival learns from each picture before it judges.

    Both read the same pass of the network.
    """
    layers = tuple(dict.fromkeys((*objective.layers, layer)))

    def evaluate(image: Image) -> LossValues:
        features = encoder(image, layers)
        discriminator.update(features[layer])
        terms = {"style": discriminator.generator_loss(features[layer]), **objective(features).terms}
        loss = total_loss(terms)
        loss.backward()  # type: ignore[no-untyped-call]
        return LossValues(loss.detach(), {name: term.detach() for name, term in terms.items()})

    return evaluate


@dataclass(frozen=True)
class AdversarialOptimizer:
    """Adam over the picture; what must be saved is the rival's too."""

    adam: Adam
    discriminator: OnlineDiscriminator

    def step(self, point: Tensor, current: Evaluation, closure: Closure) -> StepResult:
        """Adam's; the rival learns where the new point is evaluated."""
        return self.adam.step(point, current, closure)

    def state(self) -> State:
        """Of both, the rival's from before it looked at the point."""
        return self.adam.state() | self.discriminator.state()

    def load(self, state: State) -> None:
        """Take up a saved state."""
        self.adam.load(state)
        self.discriminator.load(state)

    def reset(self) -> None:
        """Start the picture's moments anew; the rival forgets nothing."""
        self.adam.reset()

    def back_off(self) -> str:
        """Take smaller steps from now on."""
        return self.adam.back_off()

    def rescale(self, resize: Callable[[Tensor], Tensor], gradient: float) -> None:
        """Resize the picture's moments."""
        self.adam.rescale(resize, gradient)
