"""How many iterations of optimization a model's result is worth: `python bench/model_loss.py photo.jpg … --models
gallery:wave mine.safetensors`. After the colon: a style of a model that has several.

A model is evaluated with its training loss, on photographs that it was not trained on; the same loss is
minimized by L-BFGS at one size, from white noise as Johnson et al. did (1603.08155, section 4.1: their networks are as
good as 50 to 100 closures), and from the photograph, as we would. The paintings are those in `--paintings` that the
models' metadata names.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import accumulate
from pathlib import Path
from typing import Any, Self, TypeVar

import torch
from torch import Tensor

from brushwork import read_image
from brushwork.encoders import Encoder
from brushwork.feedforward.model import StyleModel, load_model
from brushwork.feedforward.style_blend import style_blend, style_names
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
from brushwork.training.options import TrainingOptions
from brushwork.training.tasks.gallery_options import GalleryTrainingOptions
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions
from brushwork.training.tasks.style_images import make_style_target
from brushwork.types import Evaluate, Image
from compare_machine import machine, revision
from model_options import model_options

EXAMPLES = Path(__file__).parent.parent / "examples"
RESULTS = Path(__file__).parent / "results"
MARKS = (50, 100, 300)
Options = TypeVar("Options", bound=TrainingOptions)


@dataclass(frozen=True)
class ModelStyle:
    """A model, or one style of a model that has several."""

    model: StyleModel
    style: tuple[str, ...]

    @classmethod
    def load(cls, name: str) -> Self:
        """Load MODEL or MODEL:STYLE."""
        options = model_options(name)
        return cls(load_model(options.model), options.style)

    @property
    def blend(self) -> Tensor | None:
        """The weights of the model's styles; None: it has one."""
        return style_blend(self.model, self.style)

    @property
    def paintings(self) -> list[dict[str, str]]:
        """Name and hash of the paintings that it was trained on."""
        every = list(self.model.provenance["styles"])
        return [every[style_names(self.model).index(one)] for one in self.style] or every


def training_options(model: StyleModel) -> JohnsonTrainingOptions | GalleryTrainingOptions:
    """The options that the model was trained with, in full precision."""
    return stored_options(model, GalleryTrainingOptions if style_names(model) else JohnsonTrainingOptions)


def stored_options(model: StyleModel, kind: type[Options]) -> Options:
    """Return those of a model's training options that this version knows, in full precision."""
    given = {**model.provenance["options"], "precision": "full"}
    known = {field.name: given[field.name] for field in fields(kind) if field.name in given}
    return kind(**{name: tuple(one) if isinstance(one, list) else one for name, one in known.items()})


def objective_of(chosen: ModelStyle, folder: Path, photograph: Image, encoder: Encoder) -> Objective:
    """The training loss of the model, for one photograph."""
    options = training_options(chosen.model)
    convention = NORMALIZATIONS[options.normalization]
    blend = getattr(options, "style_blend", ())
    paintings = [read_image(folder / one["name"]).image for one in chosen.paintings]
    style = make_style_target(paintings, options.style_size, encoder, options.encoded_layers, blend)
    return (
        content_objective(photograph, encoder, options.content_layers, options.content_weight, convention, style)
        + style_objective(style, options, convention)
        + tv_objective(options.tv_form, options.tv_weight, Size.of(photograph), options.encoder_scale)
    )


def compared(chosen: ModelStyle, folder: Path, photograph: Image) -> dict[str, Any]:
    """Loss of the photograph, of the model's result, and of the optimization from both starts."""
    encoder = load_encoder_for(training_options(chosen.model), "cpu")
    objective = objective_of(chosen, folder, photograph, encoder)
    blend = () if chosen.blend is None else (chosen.blend,)
    with torch.no_grad():
        painted = chosen.model.network(photograph, *blend).clamp(0, 1)
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


def measured(models: Sequence[str], folder: Path, photographs: Sequence[Path], size: int) -> list[dict[str, Any]]:
    """Every model on every photograph, printed as it comes."""
    marks = " | ".join(f"from {start}, {mark}" for start in ("noise", "photograph") for mark in MARKS)
    print(f"| model | photograph | before | model | {marks} | worth, noise | worth, photograph |")
    print(f"|{'---|' * (2 * len(MARKS) + 6)}", flush=True)
    found = []
    for name in models:
        chosen = ModelStyle.load(name)
        for path in photographs:
            image = read_image(path).image
            photograph = resize(image, fit_size(Size.of(image), size, measure="short"), clamp=True)
            one = compared(chosen, folder, photograph)
            found.append({"model": name, "photograph": path.name, **one})
            print(row(name, path.name, one), flush=True)
    return found


def main() -> None:
    """Compare, print the table and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", nargs="+", type=Path)
    parser.add_argument("--models", nargs="+", required=True)
    parser.add_argument("--paintings", type=Path, default=EXAMPLES, help="folder of the paintings")
    parser.add_argument("--size", type=int, default=256, help="pixels of the short side")
    parser.add_argument("--out", type=Path, default=RESULTS / "model-loss.json")
    given = parser.parse_args()
    found = measured(given.models, given.paintings, given.photographs, given.size)
    document = {
        "machine": machine(torch.get_num_threads(), "cpu"),
        "brushwork": revision(),
        "size": given.size,
        "compared": found,
    }
    given.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
