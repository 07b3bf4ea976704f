"""Pictures as people have them, at the doors of the recipes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import PIL.Image
import pytest
import torch

from brushwork.controls import RecipeInputs
from brushwork.errors import InputError
from brushwork.feedforward.adain_transfer import transfer_adain
from brushwork.feedforward.options import AdaINOptions, ModelOptions
from brushwork.feedforward.stylize import stylize
from brushwork.images import as_image, read_image
from brushwork.recipes import (
    MDANOptions,
    ReconstructionOptions,
    TextureOptions,
    TransferOptions,
    extract_style,
    load_preset,
    reconstruct,
    run_recipe,
    synthesize_texture,
    transfer,
    transfer_mdan,
)
from brushwork.style import Style
from tiny_network import CONTENT, STYLE, tiny_network


def as_levels(image):
    return (image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()


@pytest.fixture(scope="module")
def arrays_and_tensors(photograph, painting):
    """Photograph and painting with 8 bits a sample, and the tensors that they are."""
    levels = as_levels(photograph), as_levels(painting)
    return levels, tuple(as_image(one) for one in levels)


def saved(folder, levels):
    path = folder / f"{levels.shape[1]}.png"
    PIL.Image.fromarray(levels).save(path)
    return path


FORMS = {
    "path": saved,
    "string": lambda folder, levels: str(saved(folder, levels)),
    "pillow": lambda folder, levels: PIL.Image.fromarray(levels),
    "picture": lambda folder, levels: read_image(levels),
    "array": lambda folder, levels: levels,
    "batch": lambda folder, levels: levels[None],
    "rgba": lambda folder, levels: np.dstack([levels, np.full(levels.shape[:2], 255, np.uint8)]),
    "chw": lambda folder, levels: torch.from_numpy(levels).permute(2, 0, 1),
    "float64": lambda folder, levels: as_image(levels).double(),
}


def last(steps):
    return list(steps)[-1].image


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_painting(form, arrays_and_tensors, tmp_path, tiny, small_transfer):
    levels, images = arrays_and_tensors
    photo, art = (FORMS[form](tmp_path, one) for one in levels)
    options = small_transfer(iterations=2)
    expected = last(transfer(images[0], [images[1]], options, encoder=tiny))
    assert torch.equal(last(transfer(photo, art, options, encoder=tiny)), expected)
    assert torch.equal(last(transfer(photo, [art], options, encoder=tiny)), expected)
    assert torch.equal(last(run_recipe(options, RecipeInputs(photo, art), encoder=tiny)), expected)


def test_the_network_says_in_which_type_is_painted(photograph, painting, small_transfer):
    options, wide = small_transfer(iterations=2), tiny_network().double()
    found = last(transfer(photograph, [painting.double()], options, encoder=wide))
    assert found.dtype == torch.float64
    assert torch.equal(found, last(transfer(photograph.double(), [painting.double()], options, encoder=wide)))


def test_the_other_recipes(arrays_and_tensors, tiny, small_texture, small_reconstruction, small_transfer):
    (levels, _), (image, _) = arrays_and_tensors
    for recipe, options in ((synthesize_texture, small_texture(init="style")), (reconstruct, small_reconstruction())):
        expected = last(recipe(image, options, encoder=tiny))
        assert torch.equal(last(recipe(levels, options, encoder=tiny)), expected)
    kept = extract_style(levels, small_transfer(), "a painting", encoder=tiny)
    expected = extract_style(image, small_transfer(), "a painting", encoder=tiny)
    for pixels, style in expected.styles.items():
        assert torch.equal(kept.styles[pixels].statistics["relu1_1"].gram, style.statistics["relu1_1"].gram)
    found, expected = (Style.of(one, tiny, ["pool1"]).statistics["pool1"] for one in (levels, image))
    assert torch.equal(found.gram, expected.gram)


def test_adversarial_optimization(arrays_and_tensors, tiny):
    (photo, art), images = arrays_and_tensors
    options = MDANOptions(
        size=48, iterations=2, content_layer=CONTENT[0], style_layer="conv2_1", rotations=(0.0,), scales=(1.0,)
    )
    encoder = tiny.float()  # as the discriminator is
    expected = last(transfer_mdan(images[0], [images[1]], options, encoder=encoder))
    assert torch.equal(last(transfer_mdan(photo, art, options, encoder=encoder)), expected)


def test_a_start_in_any_form(arrays_and_tensors, tiny, small_transfer):
    (photo, art), images = arrays_and_tensors
    options = small_transfer(iterations=2)
    expected = last(transfer(*images, options, encoder=tiny, init=images[0]))
    assert torch.equal(last(transfer(photo, art, options, encoder=tiny, init=photo)), expected)


def test_a_start_of_noise_may_leave_the_range_and_no_more(arrays_and_tensors, tiny, small_transfer):
    _, images = arrays_and_tensors
    noise = 0.5 + 0.2 * torch.randn(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    assert float(noise.min()) < 0
    assert list(transfer(*images, small_transfer(iterations=1), encoder=tiny, init=noise))
    with pytest.raises(InputError, match=r"the initial image holds floats from .* to be from -1 to 2"):
        transfer(*images, small_transfer(iterations=1), encoder=tiny, init=images[0] * 255)


def test_the_path_of_a_kept_style(arrays_and_tensors, tmp_path, tiny, small_transfer):
    _, (photo, art) = arrays_and_tensors
    kept = extract_style(art, small_transfer(), "a painting", encoder=tiny)
    kept.write(tmp_path / "a.style")
    options = small_transfer(iterations=2)
    expected = last(transfer(photo, kept, options, encoder=tiny))
    assert torch.equal(last(transfer(photo, str(tmp_path / "a.style"), options, encoder=tiny)), expected)


def test_several_paintings_of_several_forms(arrays_and_tensors, tiny, small_transfer):
    (photo, art), images = arrays_and_tensors
    options = small_transfer(iterations=2)
    expected = last(transfer(images[0], [images[1], images[0]], options, encoder=tiny))
    assert torch.equal(last(transfer(photo, iter((art, images[0])), options, encoder=tiny)), expected)


def test_batches(photograph, painting, tiny, small_transfer):
    options = small_transfer(iterations=2)
    two = torch.cat([photograph, photograph.flip(-1)])
    assert last(transfer(two, painting, options, encoder=tiny)).shape == two.shape
    with pytest.raises(InputError, match=r"a style image holds 2 images, and the content image 1.*as a list"):
        transfer(photograph, torch.cat([painting, painting]), options, encoder=tiny)
    with pytest.raises(InputError, match="the initial image holds 3 images"):
        transfer(two, painting, options, encoder=tiny, init=photograph.repeat(3, 1, 1, 1))
    assert last(transfer(two, painting, options, encoder=tiny, init=photograph)).shape == two.shape
    assert last(transfer(two, painting, replace(options, init="style"), encoder=tiny)).shape == two.shape


def test_a_batch_of_style_images(photograph, painting, tiny, small_transfer, small_texture):
    """Targets belong to one style: of a batch, each loss would take another part."""
    photos, arts = photograph.repeat(2, 1, 1, 1), torch.cat([painting, painting.flip(-1)])
    with pytest.raises(InputError, match="a style image holds 2 images, and one is taken: paint one after the other"):
        transfer(photos, arts, small_transfer(), encoder=tiny)
    with pytest.raises(
        InputError,
        match="for each of several content images: paint them one after the other, or with --color-when after",
    ):
        transfer(photos, painting, small_transfer(color="match-linear"), encoder=tiny)
    last(transfer(photos, painting, small_transfer(color="match-linear", color_when="after"), encoder=tiny))
    for source, use in (("source", synthesize_texture), ("style", lambda *a, **k: extract_style(*a, "", **k))):
        with pytest.raises(InputError, match=f"the {source} image holds 2 images"):
            use(arts, small_texture() if source == "source" else small_transfer(), encoder=tiny)


@pytest.mark.parametrize("name", ["default", "nnst"])
def test_each_image_of_a_batch_starts_from_its_own(name, photograph, painting, tiny):
    """What is made of the content image before the first step: colors, patches, nearest hypercolumns."""
    layers = {"content_layers": ("conv2_1",), "style_layers": ("conv1_1", "conv2_1")}
    options = replace(
        load_preset(name), size=48, measure="long", min_size=0, jitter=0, init_noise=0, iterations=1, **layers
    )
    photos = [photograph, 1 - photograph.flip(-1)]
    alone = [last(transfer(one, painting, options, encoder=tiny)) for one in photos]
    assert (alone[0] - alone[1]).abs().mean() > 0.01
    both = last(transfer(torch.cat(photos), painting, options, encoder=tiny))
    torch.testing.assert_close(both, torch.cat(alone))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda photo, art: (photo * 255, art), "the content image holds floats from .* divide them by 255"),
        (lambda photo, art: (photo, [art, art * 255]), "a style image holds floats from"),
        (lambda photo, art: (photo, [art * torch.nan]), "a style image holds NaN"),
        (lambda photo, art: (photo, []), "no style image was given"),
        (lambda photo, art: (photo, None), "a style image is given as NoneType"),
        (lambda photo, art: (photo, 3), "a style image is given as int"),
        (lambda photo, art: (photo, [[art]]), "a style image is given as list"),
        (lambda photo, art: ([photo], art), "the content image is given as list"),
        (lambda photo, art: (photo[..., :31], art), "the content image is 31×48 pixels"),
    ],
)
def test_what_is_no_picture_is_refused(change, message, photograph, painting, tiny, small_transfer):
    with pytest.raises(InputError, match=message):
        transfer(*change(photograph, painting), small_transfer(), encoder=tiny)
    options = MDANOptions(content_layer=CONTENT[0], style_layer=STYLE[0])
    with pytest.raises(InputError, match=message):
        transfer_mdan(*change(photograph, painting), options, encoder=tiny)


@pytest.mark.parametrize(
    ("paint", "kind"),
    [
        (lambda photo, art, options: transfer(photo, art, options), "TransferOptions"),
        (lambda photo, art, options: transfer_mdan(photo, art, options), "MDANOptions"),
        (lambda photo, art, options: reconstruct(photo, options), "ReconstructionOptions"),
        (lambda photo, art, options: synthesize_texture(art, options), "TextureOptions"),
        (lambda photo, art, options: extract_style(art, options, ""), "TransferOptions"),
        (lambda photo, art, options: transfer_adain(photo, art, options), "AdaINOptions"),
        (lambda photo, art, options: stylize(photo, "gallery", options), "ModelOptions"),
    ],
)
def test_options_of_other_methods_are_refused(paint, kind, photograph, painting):
    every = (TransferOptions, MDANOptions, ReconstructionOptions, TextureOptions, AdaINOptions, ModelOptions)
    for other in every:
        if other.__name__ != kind:
            with pytest.raises(InputError) as refusal:
                paint(photograph, painting, other())
            assert str(refusal.value) == f"options is given as {other.__name__}: give {kind}."
    if kind not in ("AdaINOptions", "ModelOptions"):  # None: those of the default
        with pytest.raises(InputError, match=f"options is None: give {kind}"):
            paint(photograph, painting, None)
