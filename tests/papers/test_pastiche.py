"""The preset `pastiche` against pastiche itself, run as it is with its own network; both compute in float64."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import PIL.Image
import pytest
import torch

pytest.importorskip("pastiche", reason="pastiche is not installed: pip install -r requirements-peers.txt")
from pastiche import pastiche
from pastiche.pastiche import VGG19, VGG_MEAN, PasticheArtist, _parse_args

from brushwork.encoders import load_encoder
from brushwork.images.geometry import Size
from brushwork.recipes import TransferOptions, load_preset, transfer
from brushwork.recipes.style_transfer import TransferProblem
from tiny_network import picture
from tolerances import DOUBLE

# pastiche reads pixels in a way that Pillow means to drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SIZE = Size(48, 64)
MEAN = torch.tensor(VGG_MEAN).double().view(1, 3, 1, 1)


def saved(folder, name, seed):
    """A picture of 8 bits: as a tensor, and as a file."""
    array = (picture(seed, *SIZE)[0].permute(1, 2, 0) * 255).round().byte().numpy()
    PIL.Image.fromarray(array).save(folder / name)
    return torch.from_numpy(array.astype(np.float64)).permute(2, 0, 1)[None] / 255, str(folder / name)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    return [saved(folder, f"{seed}.png", seed) for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("vgg19-quantized").double()


@pytest.fixture(scope="module", autouse=True)
def in_float64():
    """The program's network and pictures in float64.

    Unpacking its network takes seconds; it is frozen, so once is enough for all pictures and both kinds of pooling.
    """
    unpack, load = VGG19.from_quantized_bin, pastiche.load_image
    unpacked = cache(lambda path: unpack(path).double())

    @cache
    def network(path, pooling):
        layers = [getattr(unpacked(path), name) for name in VGG19.Weights._fields]
        return VGG19(VGG19.Weights(*((one.weight.data, one.bias.data) for one in layers)), pooling)

    def exact(*arguments, **options):
        """The picture's 8 bits again, without the rounding that subtracting the mean in float32 did to them."""
        return (load(*arguments, **options).double() + MEAN).round() - MEAN

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VGG19, "from_quantized_bin", network)
        patch.setattr(pastiche, "load_image", exact)
        yield


@pytest.fixture
def program(pictures):
    (_, photograph), (_, painting), _ = pictures
    return PasticheArtist(photograph, [painting], device="cpu")


def shown(point):
    """pastiche's numbers (BGR, 0–255, mean subtracted) as a picture."""
    return (point + MEAN).flip(1) / 255


def theirs(program, image=None):
    """Loss, and gradient into a picture in [0, 1]; at the start, or at another picture."""
    if image is not None:
        program.pastiche.data = image.flip(1) * 255 - MEAN
    loss = program._calc_loss()
    (gradient,) = torch.autograd.grad(loss, program.pastiche)
    return loss.item(), 255 * gradient.flip(1)


def ours(options, encoder, photograph, paintings, image):
    objective = TransferProblem(photograph, paintings, options, encoder).objective_at(SIZE)
    leaf = image.clone().requires_grad_()
    loss = objective(encoder(leaf, objective.layers)).total
    loss.backward()
    return loss.item(), leaf.grad


def options(**changes) -> TransferOptions:
    """The preset, at the size of the pictures."""
    return replace(load_preset("pastiche"), size=SIZE.width, measure="long", **changes)


def assert_same(found, expected):
    assert found[0] == pytest.approx(expected[0], rel=DOUBLE)
    assert (found[1] - expected[1]).norm() <= DOUBLE * expected[1].norm()


@pytest.mark.slow
def test_the_network_is_the_same(pictures, encoder, program):
    (photograph, _), *_ = pictures
    expected = program.vgg19.forward(photograph.flip(1) * 255 - MEAN, ["block5_relu1"])["block5_relu1"]
    found = encoder(photograph, ["relu5_1"])["relu5_1"]
    torch.testing.assert_close(found, expected, rtol=0, atol=DOUBLE * expected.max().item())


@pytest.mark.slow
def test_loss_and_gradient_at_the_start(pictures, encoder, program):
    (photograph, _), (painting, _), _ = pictures
    assert_same(ours(options(), encoder, photograph, [painting], photograph), theirs(program))


@pytest.mark.slow
def test_loss_and_gradient_at_another_picture(pictures, encoder, program):
    (photograph, _), (painting, _), (other, _) = pictures
    assert_same(ours(options(), encoder, photograph, [painting], other), theirs(program, other))


@pytest.mark.slow
def test_with_total_variation(pictures, encoder):
    (photograph, content), (painting, style), (other, _) = pictures
    program = PasticheArtist(content, [style], device="cpu", tv_weight=3e4)
    smooth = options(tv_weight=3e4, tv_form="pastiche")
    assert_same(ours(smooth, encoder, photograph, [painting], other), theirs(program, other))
    still = ours(options(), encoder, photograph, [painting], other)
    assert theirs(program, other)[0] > 1.01 * still[0]


@pytest.mark.slow
def test_average_pooling(pictures):
    (photograph, content), (painting, style), (other, _) = pictures
    program = PasticheArtist(content, [style], device="cpu", pooling="avg")
    averaging = load_encoder("vgg19-quantized", pooling="average").double()
    assert_same(ours(options(), averaging, photograph, [painting], other), theirs(program, other))


@pytest.mark.slow
def test_two_paintings_have_the_same_gradient(pictures, encoder):
    """pastiche adds the paintings' losses, we blend their Gram matrices: the difference is a constant."""
    (photograph, content), (painting, style), (other, also) = pictures
    program = PasticheArtist(content, [style, also], device="cpu", style_weights=[0.25, 0.75])
    blended = options(style_blend=(0.25, 0.75))
    found = [ours(blended, encoder, photograph, [painting, other], image) for image in (photograph, other)]
    expected = [theirs(program, image) for image in (photograph, other)]
    for (_, gradient), (_, reference) in zip(found, expected, strict=True):
        assert (gradient - reference).norm() <= DOUBLE * reference.norm()
    assert found[0][0] - found[1][0] == pytest.approx(expected[0][0] - expected[1][0], rel=DOUBLE)


@pytest.mark.slow
def test_the_first_steps_are_the_same(pictures, encoder, program):
    (photograph, _), (painting, _), _ = pictures
    # The first step is so short that the change of gradient along it, which scales the second, loses digits:
    # in float32 half of it is rounding, in float64 some 1e-9 is.
    steps = transfer(photograph, [painting], options(iterations=6), encoder=encoder)
    for number, progress in enumerate(steps, start=1):
        assert progress.step.losses.total.item() == pytest.approx(program._calc_loss().item(), rel=1e-6), number
        torch.testing.assert_close(progress.step.image, shown(program.pastiche.detach()), rtol=0, atol=1e-6)
        program.draw()


def test_the_settings_are_its_defaults():
    defaults, own = _parse_args(["pastiche", "-c", "a", "-s", "b", "-o", "c.png"]), load_preset("pastiche")
    assert (own.size**2, own.measure) == (defaults.size_pixels, "area")
    assert own.iterations == defaults.num_steps
    assert own.optimizer == defaults.optimizer
    assert own.pooling == defaults.pooling
    assert own.init == ("content" if defaults.init is None and not defaults.random_init else None)
    assert own.tv_weight == defaults.tv_weight
