"""The preset `neural-style-pt` against that program, run from its command line on VGG-19 as it wants it.

Both compute in float64. In float32 they agree less the nearer a picture is to gray: which of four nearly equal numbers
is the largest, and the sign of a difference of neighbors, are then up to rounding, and other ones on each processor.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from importlib.util import find_spec
from types import SimpleNamespace

import PIL.Image
import pytest
import torch

from brushwork.encoders import load_encoder
from brushwork.images.geometry import Size
from brushwork.recipes import load_preset, transfer
from brushwork.recipes.init_image import make_init_image
from brushwork.recipes.style_transfer import TransferProblem
from fake_torchvision import torchvision
from tiny_network import picture
from tolerances import DOUBLE

pytestmark = pytest.mark.skipif(
    find_spec("neural_style") is None, reason="neural-style is not installed: see requirements-peers.txt"
)

SIZE = Size(48, 64)
MEAN = torch.tensor([103.939, 116.779, 123.68]).double().view(1, 3, 1, 1)
FEATURES = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
"""Where the convolutions stand in the file that the program loads, vgg19-d01eb7cb.pth."""


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("vgg19", scale=load_preset("neural-style-pt").encoder_scale).double()


@pytest.fixture(scope="module")
def averaging():
    return load_encoder("vgg19", pooling="average", scale=256.0).double()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, encoder):
    """Three pictures, and the weights, without the fully connected layers."""
    folder = tmp_path_factory.mktemp("neural-style")
    for seed in (1, 2, 3):
        array = (picture(seed, *SIZE)[0].permute(1, 2, 0) * 255).round().byte().numpy()
        PIL.Image.fromarray(array).save(folder / f"{seed}.png")
    tensors = encoder.stages.state_dict()
    convolutions = dict.fromkeys(name.rpartition(".")[0] for name in tensors)
    renamed = {
        f"features.{index}.{kind}": tensors[f"{name}.{kind}"]
        for index, name in zip(FEATURES, convolutions, strict=True)
        for kind in ("weight", "bias")
    }
    torch.save(renamed, folder / "vgg19-d01eb7cb.pth")
    return folder


@pytest.fixture(autouse=True)
def in_float64(encoder, averaging):
    """Whatever the program makes is in float64."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def pictures(folder, in_float64):
    to_tensor = torchvision()["torchvision"].transforms.ToTensor()
    return [to_tensor(PIL.Image.open(folder / f"{seed}.png"))[None] for seed in (1, 2, 3)]


def program(monkeypatch, folder, *arguments):
    """The program's module, imported with these arguments on its command line."""
    given = ["-content_image", "1.png", "-style_image", "2.png", "-image_size", str(SIZE.width), "-gpu", "c"]
    given += ["-model_file", "vgg19-d01eb7cb.pth", "-disable_check", "-backend", "mkl", *arguments]
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["neural-style", *given])
    for name, module in torchvision().items():
        monkeypatch.setitem(sys.modules, name, module)
    for name in [name for name in sys.modules if name.startswith("neural_style")]:
        monkeypatch.delitem(sys.modules, name)
    # Its convolutions are read from the file. Its fully connected layers, a gigabyte, take no part: memory that nobody
    # writes to costs nothing.
    for kind in (torch.nn.Conv2d, torch.nn.Linear):
        monkeypatch.setattr(kind, "reset_parameters", lambda self: None)
    module = importlib.import_module("neural_style.neural_style")
    monkeypatch.setattr(module, "setup_gpu", lambda: (torch.DoubleTensor, False, "cpu"))
    return module


def recorded(monkeypatch, module, at=()):
    """Run the program with an optimizer that only looks: (picture, loss, gradient) at its start and at these."""
    seen = []

    class Looking:
        def __init__(self, points, **_):
            self.point = points[0]

        def zero_grad(self):
            self.point.grad = None

        def step(self, evaluate):
            for image in (None, *at):
                if image is not None:
                    self.point.data = image.flip(1) * 256 - MEAN
                loss = evaluate().item()
                shown = (self.point.detach() + MEAN).flip(1) / 256
                seen.append((shown.clone(), loss, 256 * self.point.grad.flip(1)))

    monkeypatch.setattr(module, "optim", SimpleNamespace(LBFGS=Looking))
    module.main()
    return seen


def options(**changes):
    return replace(load_preset("neural-style-pt"), size=SIZE.width, **changes)


def ours(settings, encoder, photograph, paintings, image):
    objective = TransferProblem(photograph, paintings, settings, encoder).objective_at(SIZE)
    leaf = image.clone().requires_grad_()
    loss = objective(encoder(leaf, objective.layers)).total
    loss.backward()
    return loss.item(), leaf.grad


def assert_same(found, loss, gradient):
    assert found[0] == pytest.approx(loss, rel=DOUBLE)
    assert (found[1] - gradient).norm() <= DOUBLE * gradient.norm()


@pytest.mark.slow
def test_loss_and_gradient_at_noise_and_at_another_picture(monkeypatch, folder, pictures, encoder):
    photograph, painting, other = pictures
    nearly_gray = make_init_image(options(), SIZE, photograph, painting, options().encoder_scale)
    module = program(monkeypatch, folder, "-seed", "0")
    for image, loss, gradient in recorded(monkeypatch, module, at=[nearly_gray, other]):
        assert_same(ours(options(), encoder, photograph, [painting], image), loss, gradient)


@pytest.mark.slow
def test_from_the_photograph_with_stronger_smoothing_and_average_pooling(monkeypatch, folder, pictures, averaging):
    photograph, painting, _ = pictures
    module = program(monkeypatch, folder, "-init", "image", "-tv_weight", "1", "-pooling", "avg")
    (image, loss, gradient), *_ = recorded(monkeypatch, module, at=[photograph])
    assert_same(ours(options(tv_weight=1.0), averaging, photograph, [painting], image), loss, gradient)


@pytest.mark.slow
def test_it_starts_as_we_do(monkeypatch, folder, pictures):
    photograph, painting, _ = pictures
    ((start, _, _), *_) = recorded(monkeypatch, program(monkeypatch, folder, "-seed", "0"), at=[photograph])
    own = make_init_image(options(), SIZE, photograph, painting, options().encoder_scale)
    theirs, mine = (256 * image.flip(1) - MEAN for image in (start, own))
    assert mine.std() == pytest.approx(theirs.std().item(), rel=0.05)
    assert mine.mean((2, 3)).abs().max() < 1e-3


@pytest.mark.slow
def test_the_first_steps_are_the_same(monkeypatch, folder, pictures, encoder, capsys):
    photograph, painting, _ = pictures
    # With its own style weight, the program explodes on so small a picture.
    arguments = ["-num_iterations", "6", "-print_iter", "1", "-init", "image", "-style_weight", "0.1"]
    module = program(monkeypatch, folder, *arguments)
    module.main()
    log_lines = [line for line in capsys.readouterr().out.splitlines() if "Total loss" in line]
    theirs = [float(line.rpartition(" ")[2]) for line in log_lines]
    # The first step is so short that the change of gradient along it, which scales the second, loses digits.
    steps = transfer(photograph, [painting], options(iterations=6, init="content", style_weight=0.1), encoder=encoder)
    assert [progress.step.losses.total.item() for progress in steps] == pytest.approx(theirs, rel=1e-6)


def test_the_settings_are_its_defaults(monkeypatch, folder):
    parser, own = program(monkeypatch, folder).parser, load_preset("neural-style-pt")
    assert own.size == parser.get_default("image_size")
    assert own.measure == "long"
    assert own.content_weight == parser.get_default("content_weight")
    assert own.style_weight == parser.get_default("style_weight")
    assert own.tv_weight == parser.get_default("tv_weight")
    assert own.iterations == parser.get_default("num_iterations")
    assert own.history == parser.get_default("lbfgs_num_correction")
    assert own.optimizer == parser.get_default("optimizer")
    assert own.pooling == parser.get_default("pooling")
    assert own.style_scale[0] == parser.get_default("style_scale")
    assert ",".join(own.content_layers) == parser.get_default("content_layers").replace("relu", "conv")
    assert ",".join(own.style_layers) == parser.get_default("style_layers").replace("relu", "conv")
