"""How many iterations of optimization a model's result is worth: `python bench/model_loss.py photo.jpg … --models
wave`.

A model is evaluated with its training loss, on photographs that it was not trained on; the same loss is
minimized by L-BFGS at one size, from white noise as Johnson et al. did (1603.08155, section 4.1: their networks are as
good as 50 to 100 closures), and from the photograph, as we would. The paintings are those of `examples/` that the
models' metadata names.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import fields
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch

from brushwork import read_image
from brushwork.encoders import Encoder
from brushwork.feedforward.model import StyleModel, load_model
from brushwork.gradients.whole import evaluate_whole
from brushwork.images.geometry import Size, fit_size
from brushwork.images.resample import resize
from brushwork.objective import Objective
from brushwork.optim import PixelParametrization, minimize
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import TransferOptions
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import content_objective, style_objective, tv_objective
from brushwork.recipes.optimizers import make_optimizer
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions
from brushwork.training.tasks.style_images import make_style_target
from brushwork.types import Evaluate, Image
from compare_machine import machine, revision

EXAMPLES = Path(__file__).parent.parent / "examples"
RESULTS = Path(__file__).parent / "results"
MARKS = (50, 100, 300)


def training_options(model: StyleModel) -> JohnsonTrainingOptions:
    """The options that the model was trained with."""
    given = model.provenance["options"]
    known = {field.name: given[field.name] for field in fields(JohnsonTrainingOptions) if field.name in given}
    return JohnsonTrainingOptions(**{name: tuple(one) if isinstance(one, list) else one for name, one in known.items()})


def objective_of(model: StyleModel, photograph: Image, encoder: Encoder) -> Objective:
    """The training loss of the model, for one photograph."""
    options = training_options(model)
    convention = NORMALIZATIONS[options.normalization]
    paintings = [read_image(EXAMPLES / one["name"]).image for one in model.provenance["styles"]]
    style = make_style_target(paintings, options.style_size, encoder, options.encoded_layers, options.style_blend)
    return (
        content_objective(photograph, encoder, options.content_layers, options.content_weight, convention, style)
        + style_objective(style, options, convention)
        + tv_objective(options.tv_form, options.tv_weight, Size.of(photograph), options.encoder_scale)
    )


def compared(model: StyleModel, photograph: Image) -> dict[str, Any]:
    """Loss of the photograph, of the model's result, and of the optimization from both starts."""
    encoder = load_encoder_for(training_options(model), "cpu")
    objective = objective_of(model, photograph, encoder)
    with torch.no_grad():
        painted = model.network(photograph).clamp(0, 1)
        before, own = (float(objective(encoder(one, objective.layers)).total) for one in (photograph, painted))
    starts = {"photograph": photograph, "noise": noise_like(photograph)}
    return {
        "before": before,
        "loss": own,
        "from": {name: optimized(evaluate_whole(encoder, objective), start, own) for name, start in starts.items()},
    }


def noise_like(photograph: Image) -> Image:
    """White noise of the photograph's size."""
    return torch.rand(photograph.shape, generator=torch.Generator().manual_seed(0))


def optimized(evaluate: Evaluate, start: Image, loss: float) -> dict[str, Any]:
    """The best losses at the marks, and the closures to a loss."""
    options = TransferOptions(history=100)
    steps = minimize(
        PixelParametrization(options.optimizer_scale), evaluate, make_optimizer(options), max(MARKS), init=start
    )
    best = list(accumulate((float(step.losses.total) for step in steps), min))
    return {
        "best": {mark: best[min(mark, len(best)) - 1] for mark in MARKS},
        "worth": next((count for count, one in enumerate(best, start=1) if one <= loss), None),
    }


def row(name: str, photograph: str, found: dict[str, Any]) -> str:
    """A line of the table."""
    numbers = [found["before"], found["loss"]]
    for start in ("noise", "photograph"):
        numbers += [found["from"][start]["best"][mark] for mark in MARKS]
    worth = [found["from"][start]["worth"] or f"over {max(MARKS)}" for start in ("noise", "photograph")]
    return f"| {name} | {photograph} | {' | '.join(f'{one:.3f}' for one in numbers)} | {' | '.join(map(str, worth))} |"


def measured(models: Sequence[str], photographs: Sequence[Path], size: int) -> list[dict[str, Any]]:
    """Every model on every photograph, printed as it comes."""
    marks = " | ".join(f"from {start}, {mark}" for start in ("noise", "photograph") for mark in MARKS)
    print(f"| model | photograph | before | model | {marks} | worth, noise | worth, photograph |")
    print(f"|{'---|' * (2 * len(MARKS) + 6)}", flush=True)
    found = []
    for name in models:
        model = load_model(name)
        for path in photographs:
            image = read_image(path).image
            photograph = resize(image, fit_size(Size.of(image), size, measure="short"), clamp=True)
            one = compared(model, photograph)
            found.append({"model": name, "photograph": path.name, **one})
            print(row(name, path.name, one), flush=True)
    return found


def main() -> None:
    """Compare, print the table and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", nargs="+", type=Path)
    parser.add_argument("--models", nargs="+", required=True)
    parser.add_argument("--size", type=int, default=256, help="pixels of the short side")
    parser.add_argument("--out", type=Path, default=RESULTS / "model-loss.json")
    given = parser.parse_args()
    found = measured(given.models, given.photographs, given.size)
    document = {
        "machine": machine(torch.get_num_threads(), "cpu"),
        "brushwork": revision(),
        "size": given.size,
        "compared": found,
    }
    given.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
