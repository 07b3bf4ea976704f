"""MDAN's adversarial loss, and an optimizer whose state includes the discriminator's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from brushwork.encoders.encoder import Encoder
from brushwork.objective import Objective, total_loss
from brushwork.optim import Adam
from brushwork.optim.closure import Closure, Evaluation
from brushwork.optim.optimizer import StepResult
from brushwork.recipes.patch_discriminator import OnlineDiscriminator
from brushwork.types import Evaluate, Image, LossValues, State


def with_adversarial_loss(
    discriminator: OnlineDiscriminator, layer: str, encoder: Encoder, objective: Objective
) -> Evaluate:
    """Return the evaluation of an objective plus the adversarial loss at a layer, named `style`.

    The discriminator is trained on each image before scoring it. Both use the same forward pass of the encoder.
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
    """Adam over the image, whose saved state includes the discriminator's."""

    adam: Adam
    discriminator: OnlineDiscriminator

    def step(self, point: Tensor, current: Evaluation, closure: Closure) -> StepResult:
        """Take an Adam step; evaluating the new point trains the discriminator."""
        return self.adam.step(point, current, closure)

    def state(self) -> State:
        """Return both states; the discriminator's is from before it was trained on the current point."""
        return self.adam.state() | self.discriminator.state()

    def load(self, state: State) -> None:
        """Load a saved state."""
        self.adam.load(state)
        self.discriminator.load(state)

    def reset(self) -> None:
        """Reset Adam's moments for the image; the discriminator keeps its state."""
        self.adam.reset()

    def back_off(self) -> str:
        """Take smaller steps from now on."""
        return self.adam.back_off()

    def rescale(self, resize: Callable[[Tensor], Tensor], gradient: float) -> None:
        """Resize Adam's moments for the image."""
        self.adam.rescale(resize, gradient)
