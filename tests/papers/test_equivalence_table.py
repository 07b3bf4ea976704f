"""The table of conventions: which numbers each program puts before the squared differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import paper_formulas as formulas
from brushwork.controls.inputs import RecipeInputs
from brushwork.images.geometry import Size
from brushwork.recipes import TextureOptions, load_preset, run_recipe
from brushwork.recipes.style_transfer import TransferProblem
from tiny_network import CONTENT, STYLE, picture, tiny_network
from tolerances import DOUBLE

SIZE = Size(32, 40)


@pytest.fixture(scope="module")
def encoder():
    return tiny_network().double()


@pytest.fixture(scope="module")
def photograph():
    return picture(1, *SIZE).double()


@pytest.fixture(scope="module")
def painting():
    return picture(2, *SIZE).double()


@pytest.fixture(scope="module")
def generated():
    return picture(3, *SIZE).double()


def columns(encoder, image, layer):
    """F[i, p]."""
    return encoder(image, [layer])[layer][0].flatten(1).numpy()


def squares(features, target):
    return ((features - target) ** 2).sum()


def weighted(encoder, photograph, painting, generated, content, style):
    """content(N·M)·Σ(F−P)² + Σ_l style(N, M)·Σ(FFᵀ−AAᵀ)², with sums of nothing divided out."""
    own, target = (columns(encoder, image, *CONTENT) for image in (generated, photograph))
    found = {"content": content(own.size) * squares(own, target)}
    for layer in STYLE:
        own, target = (columns(encoder, image, layer) for image in (generated, painting))
        found[layer] = style(*map(float, own.shape)) * squares(formulas.gram(own), formulas.gram(target))
    return found


def tried(options, encoder, photograph, painting, generated):
    options = replace(options, content_layers=CONTENT, style_layers=STYLE, size=SIZE.width, measure="long")
    objective = TransferProblem(photograph, [painting], options, encoder).objective_at(SIZE)
    return {
        name.partition(":")[2] if name.startswith("style") else "content": value.item()
        for name, value in objective(encoder(generated, objective.layers)).terms.items()
        if not name.startswith("tv")
    }


BARE = load_preset("gatys-2016")
PAPER = replace(BARE, normalization="paper", content_weight=3e-3, style_weight=2.0)

ROWS = {
    "printed equations": (PAPER, lambda nm: 3e-3 / 2, lambda n, m: 2.0 / 5 / (4 * n**2 * m**2)),
    "authors, normalized": (load_preset("gatys-2015"), lambda nm: 1e6 / nm, lambda n, m: 2e8 / (n**2 * m**2)),
    "authors, original": (load_preset("gatys-2016"), lambda nm: 1 / nm, lambda n, m: 1e3 / (n**4 * m**2)),
    "jcjohnson": (load_preset("neural-style"), lambda nm: 5 / nm, lambda n, m: 100 / (n**4 * m**2)),
    "its port": (load_preset("neural-style-pt"), lambda nm: 5 / nm, lambda n, m: 100 / (n**4 * m**2)),
    "pastiche": (load_preset("pastiche"), lambda nm: 0.01 / nm, lambda n, m: 10 / (n**4 * m**2)),
}


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_transfers_weigh_as_the_table_says(row, encoder, photograph, painting, generated):
    options, content, style = row
    expected = weighted(encoder, photograph, painting, generated, content, style)
    found = tried(options, encoder, photograph, painting, generated)
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=DOUBLE, err_msg=name)


def test_textures_weigh_as_deep_textures_does(encoder, painting, generated):
    """1e9/(4 N² M²) at every layer, not shared among them."""
    options = TextureOptions(style_layers=STYLE, picture_size=SIZE.width, measure="long", iterations=1, bounded=False)
    (progress,) = run_recipe(options, RecipeInputs(painting, init=generated), encoder=encoder)
    for layer in STYLE:
        own, target = (columns(encoder, image, layer) for image in (generated, painting))
        n, m = map(float, own.shape)
        expected = 1e9 / (4 * n**2 * m**2) * squares(formulas.gram(own), formulas.gram(target))
        np.testing.assert_allclose(progress.step.losses.terms[f"style:{layer}"].item(), expected, rtol=DOUBLE)


def gradient(options, encoder, photograph, painting, generated):
    options = replace(options, content_layers=CONTENT, style_layers=STYLE, size=SIZE.width, measure="long")
    objective = TransferProblem(photograph, [painting], options, encoder).objective_at(SIZE)
    leaf = generated.clone().requires_grad_()
    objective(encoder(leaf, objective.layers)).total.backward()
    return leaf.grad


@pytest.mark.parametrize("ratio", [1e-5, 1e-4, 1e-3, 1e-2])
def test_the_printed_ratio_means_r_over_2nm_in_the_printed_equations(ratio, encoder, photograph, painting, generated):
    """α/β = r/(2·N·M): both conventions then pull every pixel the same way, and differ by one factor."""
    units = encoder(photograph, CONTENT)[CONTENT[0]].numel()
    literal = replace(BARE, normalization="paper", content_weight=ratio / (2 * units), style_weight=1.0)
    authors = replace(BARE, normalization="authors", content_weight=ratio, style_weight=1.0)
    pulls = [gradient(options, encoder, photograph, painting, generated) for options in (literal, authors)]
    torch.testing.assert_close(4 * pulls[0], pulls[1], rtol=DOUBLE, atol=1e-12)


@pytest.mark.parametrize(
    ("ratio", "literal"), [(1e-5, 2.4e-12), (1e-4, 2.4e-11), (1e-3, 2.4e-10), (1e-2, 2.4e-9), (1e-1, 2.4e-8)]
)
def test_the_ratios_at_512_pixels_are_those_of_the_table(ratio, literal):
    conv4_2 = 512 * (512 // 8) ** 2
    assert ratio / (2 * conv4_2) == pytest.approx(literal, rel=0.01)


def test_spread_weighs_as_scaling_painting_style_transfer_does(encoder, photograph, painting, generated):
    """2212.13459: content MSE, 1e3/N²·MSE(G/M), and 1e4·(MSE(μ) + MSE(σ)) at each layer."""
    options = replace(load_preset("gatys-2016"), moment_weight=1e4, content_layers=CONTENT, style_layers=STYLE)
    options = replace(options, size=SIZE.width, measure="long")
    objective = TransferProblem(photograph, [painting], options, encoder).objective_at(SIZE)
    losses = objective(encoder(generated, objective.layers)).terms
    expected = weighted(encoder, photograph, painting, generated, lambda nm: 1 / nm, lambda n, m: 1e3 / (n**4 * m**2))
    np.testing.assert_allclose(losses[f"content:{CONTENT[0]}"].item(), expected["content"], rtol=DOUBLE)
    for layer in STYLE:
        np.testing.assert_allclose(losses[f"style:{layer}"].item(), expected[layer], rtol=DOUBLE)
        own, target = (columns(encoder, image, layer) for image in (generated, painting))
        np.testing.assert_allclose(
            losses[f"moments:{layer}"].item(), 1e4 * formulas.spread_layer(own, target), rtol=1e-6
        )
