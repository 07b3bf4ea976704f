"""How many iterations of optimization a texture model's result is worth: `python bench/texture_loss.py auvers-texture
wave-texture`.

The loss is that of the model's training: Gram matrices of the part of the painting that it was trained on, at the size
that it was trained at. It is measured on images from fresh noise, and minimized by L-BFGS from white noise as Gatys et
al. do (1505.07376); Ulyanov et al. compare the two by eye (1603.03417, figure 3). The paintings are those in
`--paintings` that the models' metadata names.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import mean
from typing import Any, cast

import torch

from brushwork.encoders import Encoder
from brushwork.feedforward.model import StyleModel, load_model
from brushwork.feedforward.networks.texture_net import TextureNetwork
from brushwork.gradients.whole import evaluate_whole
from brushwork.images import write_image
from brushwork.images.geometry import Size
from brushwork.objective import Objective
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import style_objective
from brushwork.training.tasks.style_images import make_style_target, read_patches
from brushwork.training.tasks.texture_net_options import TextureNetTrainingOptions
from brushwork.types import Image
from compare_machine import machine, revision
from model_loss import EXAMPLES, MARKS, RESULTS, optimized, stored_options

SEEDS = 8
"""Images of a model whose losses are averaged."""


def objective_of(model: StyleModel, options: TextureNetTrainingOptions, folder: Path, encoder: Encoder) -> Objective:
    """Return the training loss of the model."""
    paintings = [folder / one["name"] for one in model.provenance["styles"]]
    patches = read_patches(paintings, options.patch)
    style = make_style_target(patches, options.style_size, encoder, options.style_layers, options.style_blend)
    return style_objective(style, options, NORMALIZATIONS[options.normalization])


@torch.no_grad()
def generate(network: TextureNetwork, size: Size, seed: int) -> Image:
    """Return a texture of the model, from the noise of a seed."""
    noise = network.sample_noise(size, 1, torch.Generator().manual_seed(seed))
    return network.generate(noise, None).clamp(0, 1)


def compare(name: str, folder: Path, pictures: Path | None) -> dict[str, Any]:
    """Return the losses of noise, of the model's images, and of the optimization after some iterations."""
    model = load_model(name)
    options = stored_options(model, TextureNetTrainingOptions)
    encoder = load_encoder_for(options, "cpu")
    objective, size = objective_of(model, options, folder, encoder), Size(options.crop, options.crop)
    evaluate = evaluate_whole(encoder, objective)
    textures = [generate(cast(TextureNetwork, model.network), size, seed) for seed in range(SEEDS)]
    noise = torch.rand(textures[0].shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before, *own = (float(objective(encoder(one, objective.layers)).total) for one in (noise, *textures))
    if pictures:
        for seed, one in enumerate(textures):
            write_image(one, pictures / f"{name}-{seed}.png")
    return {
        "model": name,
        "size": options.crop,
        "before": before,
        "losses": own,
        "optimized": optimized(evaluate, noise, mean(own)),
    }


def table_row(found: dict[str, Any]) -> str:
    """Return a line of the table."""
    optimization = found["optimized"]
    numbers = [found["before"], mean(found["losses"]), *(optimization["best"][mark] for mark in MARKS)]
    worth = optimization["worth"] or f"over {max(MARKS)}"
    return f"| {found['model']} | {found['size']} | {' | '.join(f'{one:.3g}' for one in numbers)} | {worth} |"


def main() -> None:
    """Compare, print the table and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--paintings", type=Path, default=EXAMPLES, help="folder of the paintings")
    parser.add_argument("--pictures", type=Path, help="folder for the models' images")
    parser.add_argument("--out", type=Path, default=RESULTS / "texture-loss.json")
    given = parser.parse_args()
    print(f"| model | size | noise | model | {' | '.join(map(str, MARKS))} iterations | worth |")
    print(f"|{'---|' * (len(MARKS) + 5)}", flush=True)
    found = []
    for name in given.models:
        found.append(compare(name, given.paintings, given.pictures))
        print(table_row(found[-1]), flush=True)
    document = {"machine": machine(torch.get_num_threads(), "cpu"), "brushwork": revision(), "compared": found}
    given.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
