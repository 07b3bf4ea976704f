"""Styles in files: painting with them is painting with the painting."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from brushwork.controls import StyleFile, blend_style_files
from brushwork.errors import InputError
from brushwork.recipes import extract_style, transfer
from tolerances import DOUBLE

SEVERAL = {"size": 96, "min_size": 48, "iterations": 3, "iteration_decay": 0.5}


@pytest.fixture
def options(small_transfer):
    return lambda **own: small_transfer(**(SEVERAL | own))


@pytest.fixture
def style_file(options, tiny, painting):
    return extract_style(painting, options(), "a painting", encoder=tiny)


def run_steps(photograph, paintings, options, encoder):
    return [(p.image, p.step.losses.total) for p in transfer(photograph, paintings, options, encoder=encoder)]


@pytest.mark.slow
@pytest.mark.parametrize("own", [{}, {"measure": "short"}, {"style_scale": (0.7,)}, {"moment_weight": 0.0}])
def test_it_paints_as_the_painting_does(own, options, tiny, photograph, painting, tmp_path):
    chosen = options(**own)
    extract_style(painting, chosen, "a painting", encoder=tiny).write(tmp_path / "a.style")
    style_file = StyleFile.read(tmp_path / "a.style")
    for mine, theirs in zip(
        run_steps(photograph, [style_file], chosen, tiny), run_steps(photograph, [painting], chosen, tiny), strict=True
    ):
        assert torch.equal(mine[0], theirs[0])
        assert mine[1] == theirs[1]


def test_a_file_keeps_everything(style_file, tmp_path):
    style_file.write(tmp_path / "a.style")
    found = StyleFile.read(tmp_path / "a.style")
    assert (found.source, found.encoder, found.size, found.layers) == (
        style_file.source,
        style_file.encoder,
        style_file.size,
        style_file.layers,
    )
    assert sorted(found.styles) == sorted(style_file.styles) == [48, 96]
    assert found.nbytes == style_file.nbytes
    for pixels, style in style_file.styles.items():
        for layer, moments in style.statistics.items():
            assert torch.equal(found.styles[pixels].statistics[layer].gram, moments.gram)
            assert torch.equal(found.styles[pixels].statistics[layer].std, moments.std)


def test_a_file_is_not_overwritten_unasked(style_file, tmp_path):
    style_file.write(tmp_path / "a.style")
    with pytest.raises(InputError, match=r"a\.style already exists"):
        style_file.write(tmp_path / "a.style")
    style_file.write(tmp_path / "a.style", overwrite=True)
    (tmp_path / "plain").touch()
    assert (tmp_path / "a.style").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.slow
def test_a_mixture_paints_as_the_blend_of_the_paintings(style_file, options, tiny, photograph, painting):
    other = painting.flip(1)
    mixed = blend_style_files([style_file, extract_style(other, options(), "another", encoder=tiny)], [3.0, 1.0])
    assert mixed.source == "a painting + another"
    blended = run_steps(photograph, [painting, other], options(style_blend=(0.75, 0.25)), tiny)
    for mine, theirs in zip(run_steps(photograph, [mixed], options(), tiny), blended, strict=True):
        assert torch.allclose(mine[0], theirs[0], atol=DOUBLE)


@pytest.mark.slow
def test_a_style_and_a_painting_can_be_blended(style_file, options, tiny, photograph, painting):
    both = options(style_blend=(1.0, 2.0))
    mine = run_steps(photograph, [style_file, painting.flip(1)], both, tiny)
    theirs = run_steps(photograph, [painting, painting.flip(1)], both, tiny)
    assert torch.equal(mine[-1][0], theirs[-1][0])


def test_the_nearest_size_is_taken(style_file, tiny):
    layers = style_file.layers[:1]
    for pixels, expected in ((10, 48), (60, 48), (80, 96), (1000, 96)):
        found = style_file.style_at(pixels, layers, tiny).statistics[layers[0]].gram
        assert torch.equal(found, style_file.styles[expected].statistics[layers[0]].gram)


def test_another_preprocessing_is_refused(style_file, options, tiny, photograph):
    with pytest.raises(InputError, match=r"extracted with padding \w+, not \w+: use the same"):
        padding = "zeros" if options().padding == "reflect" else "reflect"
        transfer(photograph, [style_file], options(padding=padding), encoder=tiny)
    with pytest.raises(InputError, match=r"lacks pool3: extract it with that layer"):
        next(transfer(photograph, [style_file], options(style_layers=("pool3", "conv2_1")), encoder=tiny))


def test_the_weights_are_distinguished_by_more_than_their_name(style_file, options, tiny, photograph):
    other = deepcopy(tiny)
    with torch.no_grad():
        next(one for one in other.parameters() if one.ndim == 1).add_(1)
    with pytest.raises(InputError, match="extracted with fingerprint"):
        transfer(photograph, [style_file], options(), encoder=other)


def test_what_needs_the_painting_itself_is_refused(style_file, options, tiny, photograph):
    with pytest.raises(InputError, match="init is style, but the style file of a painting holds no image"):
        transfer(photograph, [style_file], options(init="style"), encoder=tiny)
    assert next(transfer(photograph, [style_file], options(init="style"), init=photograph, encoder=tiny))
    with pytest.raises(InputError, match=r"match-linear changes the colors of style images before .*color-when after"):
        transfer(photograph, [style_file], options(color="match-linear"), encoder=tiny)
    after = options(color="match-linear", color_when="after")
    assert next(transfer(photograph, [style_file], after, encoder=tiny)).image.isfinite().all()


def test_styles_that_do_not_fit_are_not_mixed(style_file, options, tiny, painting):
    smaller = extract_style(painting, options(size=64), "a small one", encoder=tiny)
    with pytest.raises(InputError, match=r"extracted at different sizes or layers \(48, 96 and 64\)"):
        blend_style_files([style_file, smaller])
    with pytest.raises(InputError, match="no style was given"):
        blend_style_files([])
    with pytest.raises(InputError, match="must be 0 or more"):
        blend_style_files([style_file, style_file], [1.0, -1.0])


@pytest.mark.parametrize("content", [b"", b"\x08\0\0\0\0\0\0\0{}      ", b"no style at all"])
def test_other_files_are_no_styles(content, tmp_path):
    (tmp_path / "a.style").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.style is damaged, or is not a style file as `brushwork style"):
        StyleFile.read(tmp_path / "a.style")
    with pytest.raises(InputError, match=r"b\.style is missing"):
        StyleFile.read(tmp_path / "b.style")


def _changed(path, change):
    """Write a style file anew, its metadata or its tensors changed."""
    with safe_open(path, framework="pt") as file:
        metadata = json.loads(file.metadata()["brushwork style"])
    tensors = load_file(path)
    change(metadata, tensors)
    save_file(tensors, path, {"brushwork style": json.dumps(metadata)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda metadata, _: metadata.update(size=[[96], 64]), "extracted from"),
        (lambda metadata, _: metadata.update(size=[0, 64]), "extracted from"),
        (lambda metadata, _: metadata.update(source=None), "extracted from None"),
        (lambda metadata, _: metadata["encoder"].pop("network"), "network"),
        (lambda _, tensors: tensors["48/relu1_1/mean"].fill_(torch.nan), "relu1_1/mean is not a mean"),
        (lambda _, tensors: tensors.update({"48/relu1_1/gram": torch.ones(1, 3, 3)}), "gram"),
        (lambda _, tensors: tensors.update({"48/relu1_1/std": torch.ones(1, 8).int()}), "std"),
        (lambda _, tensors: [tensors.pop(f"48/relu1_1/{part}") for part in ("gram", "mean", "std")], "at 96 pixels"),
        (lambda _, tensors: tensors.pop("48/relu1_1/std"), "std"),
    ],
)
def test_damaged_styles_are_refused(change, message, style_file, tmp_path):
    path = tmp_path / "a.style"
    style_file.write(path)
    _changed(path, change)
    with pytest.raises(InputError, match=r"a\.style is damaged, or is not a style") as caught:
        StyleFile.read(path)
    assert message in str(caught.value)


@pytest.mark.slow
def test_sizes_do_not_hang_on_the_paintings_proportions(options, tiny, photograph, painting):
    """At 48 pixels a side of this one is below what can be painted, and enough to be encoded."""
    strip = torch.cat([painting[..., :32, :], painting[..., :32, :]], dim=3)
    style_file = extract_style(strip, options(), "a strip", encoder=tiny)
    assert sorted(style_file.styles) == [48, 96]
    mine, theirs = (run_steps(photograph, [one], options(), tiny)[-1][0] for one in (style_file, strip))
    assert torch.equal(mine, theirs)


def test_small_paintings_have_no_style(options, tiny, painting):
    with pytest.raises(InputError, match="the style image is 10×60 pixels"):
        extract_style(painting[..., :10], options(), "a strip", encoder=tiny)


def test_a_path_is_a_string_or_begins_with_the_home_folder(style_file, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    style_file.write("~/a.style")
    assert StyleFile.read(str(tmp_path / "a.style")).source == StyleFile.read("~/a.style").source == style_file.source
