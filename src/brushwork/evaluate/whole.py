"""The plain evaluation: the whole picture at once, by automatic differentiation."""

from __future__ import annotations

from brushwork.evaluate.replayed import replayed
from brushwork.objective import Objective
from brushwork.perception.encoder import Encoder
from brushwork.perception.native.crop import gathered
from brushwork.perception.native.readers import using_up
from brushwork.types import Evaluate, Image, Losses


def whole(encoder: Encoder, objective: Objective) -> Evaluate:
    """Evaluate an objective in one forward and one backward pass.

    The encoder must lie on the picture's device. Where it `replays`, the pass is recorded once, see `replayed`.
    """

    def evaluate(image: Image) -> Losses:
        features = encoder(image, objective.taps)
        with using_up(features[term.tap] for _, term in objective.terms.values()):
            losses = objective({tap: gathered(feature) for tap, feature in features.items()})
        del features
        losses.total.backward()  # type: ignore[no-untyped-call]
        return Losses(losses.total.detach(), {name: value.detach() for name, value in losses.terms.items()})

    return replayed(evaluate) if encoder.replays else evaluate
