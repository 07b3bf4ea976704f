"""The plain evaluation: the whole picture at once, by automatic differentiation."""

from __future__ import annotations

from brushwork.evaluate.replayed import with_cuda_graph
from brushwork.objective import Objective
from brushwork.perception.encoder import Encoder
from brushwork.perception.native.crop import collect_gradients
from brushwork.perception.native.readers import reuse_memory
from brushwork.types import Evaluate, Image, LossValues


def evaluate_whole(encoder: Encoder, objective: Objective) -> Evaluate:
    """Evaluate an objective in one forward and one backward pass.

    The encoder must lie on the picture's device. Where it `replays`, the pass is recorded once, see `with_cuda_graph`.
    """

    def evaluate(image: Image) -> LossValues:
        features = encoder(image, objective.layers)
        with reuse_memory(features[term.layer] for _, term in objective.losses.values()):
            losses = objective({layer: collect_gradients(feature) for layer, feature in features.items()})
        del features
        losses.total.backward()  # type: ignore[no-untyped-call]
        return LossValues(losses.total.detach(), {name: value.detach() for name, value in losses.terms.items()})

    return with_cuda_graph(evaluate) if encoder.replays else evaluate
