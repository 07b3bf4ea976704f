"""The presets `fzliu`, `keras`, `crowsonkb` and `spst` against their programs' formulas in float64, network and all.

From the picture in [0, 1] to the loss nothing here is brushwork's but the numbers of the weights, which are random:
VGG with fewer channels, CaffeNet and GoogLeNet as they are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d, interpolate, max_pool2d, pad

import brushwork.encoders.vgg
from brushwork.encoders.preprocess import make_preprocess
from brushwork.encoders.registry import ARCHITECTURES
from brushwork.images.geometry import Size
from brushwork.recipes import load_preset, transfer
from brushwork.recipes.init_image import make_init_image
from brushwork.recipes.style_transfer import TransferProblem
from tiny_network import picture
from tolerances import DOUBLE

SIZE = Size(50, 70)
"""No multiple of 16: Caffe's pools round up, the others' down."""
CHANNELS = (4, 6, 8, 8, 8)
CAFFE_MEAN = (103.939, 116.779, 123.68)
ILSVRC_MEAN = (104.00699, 116.66877, 122.67892)
VGG_STYLE = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"]
BLOCKS = {"VGG-16": (2, 2, 3, 3, 3), "VGG-19": (2, 2, 4, 4, 4)}


def per_channel(numbers):
    """Rounded to float32, as brushwork keeps its means: where all else is float64, no difference is left."""
    return torch.tensor(numbers).double().view(1, 3, 1, 1)


def bgr(image, mean):
    return image.flip(1) * 255 - per_channel(mean)


def torchvision(image):
    return (image - per_channel((0.485, 0.456, 0.406))) / per_channel((0.229, 0.224, 0.225))


def convolved(x, weights, name, **how):
    return conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], **how)


def vgg(x, weights, blocks, *, ceil=False, repeat_border=False):
    """The rectified convolutions of a VGG."""
    found = {}
    for block, count in enumerate(blocks, start=1):
        for index in range(1, count + 1):
            name, first = f"conv{block}_{index}", not found
            x = pad(x, (1, 1, 1, 1), mode="replicate") if first and repeat_border else pad(x, (1, 1, 1, 1))
            x = found[name] = convolved(x, weights, name).clamp(min=0)
        x = max_pool2d(x, 2, ceil_mode=ceil)
    return found


def normalized(x):
    """Local response normalization: x / (1 + 1e-4/5 · sum of squares over the 5 nearest channels)^0.75."""
    squares = pad(x.square(), (0, 0, 0, 0, 2, 2))
    sums = sum(squares[:, k : k + x.shape[1]] for k in range(5))
    return x / (1 + 1e-4 / 5 * sums) ** 0.75


def pooled(x):
    return max_pool2d(x, 3, 2, ceil_mode=True)


def caffenet(x, weights):
    """bvlc_reference_caffenet: the groups are two halves of the channels that do not see each other."""
    found = {}
    how = {1: {"stride": 4}, 2: {"padding": 2}, 3: {"padding": 1}, 4: {"padding": 1}, 5: {"padding": 1}}
    for index in range(1, 6):
        weight, bias = weights[f"conv{index}.weight"], weights[f"conv{index}.bias"]
        halves = 2 if index in (2, 4, 5) else 1
        parts = zip(x.chunk(halves, 1), weight.chunk(halves), bias.chunk(halves), strict=True)
        x = torch.cat([conv2d(*part, **how[index]) for part in parts], 1).clamp(min=0)
        found[f"conv{index}"] = x
        if index <= 2:
            x = normalized(pooled(x))
    return found


def googlenet(x, weights):
    """bvlc_googlenet up to inception_5a."""

    def layer(x, name, **how):
        return convolved(x, weights, name, **how).clamp(min=0)

    found = {}
    x = found["conv1/7x7_s2"] = layer(x, "conv1/7x7_s2", stride=2, padding=3)
    x = layer(normalized(pooled(x)), "conv2/3x3_reduce")
    x = found["conv2/3x3"] = layer(x, "conv2/3x3", padding=1)
    x = pooled(normalized(x))
    for block in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a"):
        name = f"inception_{block}"
        x = found[name] = torch.cat(
            [
                layer(x, f"{name}.1x1"),
                layer(layer(x, f"{name}.3x3_reduce"), f"{name}.3x3", padding=1),
                layer(layer(x, f"{name}.5x5_reduce"), f"{name}.5x5", padding=2),
                layer(max_pool2d(x, 3, 1, padding=1), f"{name}.pool_proj"),
            ],
            1,
        )
        if block in ("3b", "4e"):
            x = pooled(x)
    return found


def columns(feature):
    return feature[0].flatten(1)


def gram(feature):
    return columns(feature) @ columns(feature).T


def squares(one, other):
    return (one - other).square().sum()


def fzliu(content_weights, style_layers):
    """w/2 Σ(F−P)² of each content layer; 1e4 · 0.2/(4N²M²) Σ(G−A)², M of the picture, A of the painting as it is."""

    def loss(own, content, style, image):
        total = sum(w / 2 * squares(own[name], content[name]) for name, w in content_weights.items())
        for name in style_layers:
            n, m = columns(own[name]).shape
            total = total + 1e4 * 0.2 / 4 / (n * m) ** 2 * squares(gram(own[name]), gram(style[name]))
        return total

    return loss


def keras(content_layer, content_weight, style_weight, tv_weight):
    """Σ(F−P)²; Σ(G−A)²/(4·3²·(rows·columns)²) of the picture, a fifth each; Σ(Δ² + Δ²)^1.25 on 0–255."""

    def loss(own, content, style, image):
        total = content_weight * squares(own[content_layer], content[content_layer])
        pixels = image.shape[-2] * image.shape[-1]
        for name in VGG_STYLE:
            total = total + style_weight / 5 * squares(gram(own[name]), gram(style[name])) / (4.0 * 9 * pixels**2)
        x = image * 255
        a = (x[..., :-1, :-1] - x[..., 1:, :-1]).square()
        b = (x[..., :-1, :-1] - x[..., :-1, 1:]).square()
        return total + tv_weight * (a + b).pow(1.25).sum()

    return loss


class SteppedRoot(torch.autograd.Function):
    """Twelve Newton–Schulz steps in numpy, and twelve of the Lyapunov equation of its root for the gradient."""

    @staticmethod
    def forward(ctx, matrix):
        a = matrix.numpy()
        length, three = np.sqrt((a**2).sum()), 3 * np.eye(len(a))
        y, z = a / length, np.eye(len(a))
        for _ in range(12):
            t = (three - z @ y) / 2
            y, z = y @ t, t @ z
        ctx.root = y * np.sqrt(length)
        return torch.from_numpy(ctx.root)

    @staticmethod
    def backward(ctx, gradient):
        length = np.sqrt((ctx.root**2).sum())
        a, q = ctx.root / length, gradient.numpy() / length
        for _ in range(12):
            e = 3 * np.eye(len(a)) - a @ a
            q = (q @ e - a.T @ (a.T @ q - q @ a)) / 2
            a = a @ e / 2
        return torch.from_numpy(q / 2)


def crowsonkb(own, content, style, image):
    """0.015 · MSE; (256, 64, 16, 4, 1)/341 · (mean (Δμ)² + mean diagonal of the rest); 2 · nine-point variation."""

    def moments(feature):
        mean, raw = columns(feature).mean(1), gram(feature) / columns(feature).shape[1]
        return mean, raw - torch.outer(mean, mean) + 1e-4 * torch.eye(len(mean)).double()

    total = 0.015 * (own["conv4_2"] - content["conv4_2"]).square().mean()
    for name, weight in zip(VGG_STYLE, (256, 64, 16, 4, 1), strict=True):
        (mean, cov), (goal, target) = moments(own[name]), moments(style[name])
        root = SteppedRoot.apply(target)
        crossed = SteppedRoot.apply(root @ cov @ root)
        rest = torch.diagonal(target + cov - 2 * crossed).mean()
        total = total + weight / 341 * ((mean - goal).square().mean() + rest)
    x = pad(image, (1, 1, 1, 1), mode="replicate")
    inside = x[..., 1:-1, 1:-1]
    straight = (x[..., 1:-1, 2:] - inside).square().mean() + (x[..., 2:, 1:-1] - inside).square().mean()
    falling, rising = x[..., 1:, 1:] - x[..., :-1, :-1], x[..., 1:, :-1] - x[..., :-1, 1:]
    return total + 2 * 2 * (straight / 3 + (falling.square().mean() + rising.square().mean()) / 12)


def spst(own, content, style, image):
    """MSE; 1e3/N² · MSE(G/M) and 1e4 · (MSE(μ) + MSE(σ)) of each layer, σ² = diagonal of G/M − μ²."""

    def moments(feature):
        mean, raw = columns(feature).mean(1), gram(feature) / columns(feature).shape[1]
        return raw, mean, (torch.diagonal(raw) - mean**2).clamp(min=1e-12).sqrt()

    total = (own["conv4_2"] - content["conv4_2"]).square().mean()
    for name in VGG_STYLE:
        (raw, mean, std), goal = moments(own[name]), moments(style[name])
        total = total + 1e3 / len(mean) ** 2 * (raw - goal[0]).square().mean()
        total = total + 1e4 * ((mean - goal[1]).square().mean() + (std - goal[2]).square().mean())
    return total


def vgg19(preprocess, **how):
    return lambda image, weights: vgg(preprocess(image), weights, BLOCKS["VGG-19"], **how)


def with_ilsvrc(network, **how):
    return lambda image, weights: network(bgr(image, ILSVRC_MEAN), weights, **how)


CAFFENET = [f"conv{index}" for index in range(1, 6)]
GOOGLENET = ["conv1/7x7_s2", "conv2/3x3", "inception_3a", "inception_4a", "inception_5a"]

PROGRAMS = {
    "fzliu": (
        "VGG-19",
        "caffe",
        with_ilsvrc(vgg, blocks=BLOCKS["VGG-19"], ceil=True),
        fzliu({"conv4_2": 1}, VGG_STYLE),
    ),
    "fzliu on VGG-16": (
        "VGG-16",
        "caffe",
        with_ilsvrc(vgg, blocks=BLOCKS["VGG-16"], ceil=True),
        fzliu({"conv4_2": 1}, VGG_STYLE),
    ),
    "fzliu-googlenet": (
        "GoogLeNet-Caffe",
        "ilsvrc",
        with_ilsvrc(googlenet),
        fzliu({"conv2/3x3": 2e-4, "inception_3a": 1 - 2e-4}, GOOGLENET),
    ),
    "fzliu-caffenet": ("CaffeNet", "ilsvrc", with_ilsvrc(caffenet), fzliu({"conv4": 1}, CAFFENET)),
    "keras": (
        "VGG-16",
        "caffe",
        lambda image, weights: vgg(bgr(image, CAFFE_MEAN), weights, BLOCKS["VGG-16"]),
        keras("conv4_2", 0.025, 1.0, 1.0),
    ),
    "keras-2020": (
        "VGG-19",
        "caffe",
        vgg19(lambda image: bgr(image, CAFFE_MEAN)),
        keras("conv5_2", 2.5e-8, 1e-6, 1e-6),
    ),
    "crowsonkb": ("VGG-19", "torchvision", vgg19(torchvision, repeat_border=True), crowsonkb),
    "spst": ("VGG-19", "caffe", vgg19(lambda image: bgr(image, CAFFE_MEAN)), spst),
}
"""Program → network, preprocessing of its weights, features by their formulas, loss."""

PAINTED = {"fzliu": Size(84, 60), "keras": SIZE, "crowsonkb": Size(44, 38), "spst": Size(44, 38)}
"""Size of the painting as each program has it: at 1.2 times the long side, stretched, or smaller and not enlarged."""


def pick(sizes, program):
    return next(size for name, size in sizes.items() if program.startswith(name))


@pytest.fixture(scope="module")
def encoders():
    """One for each program, in float64, with random weights that keep the size of activations."""
    made, generator = {}, torch.Generator().manual_seed(5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(brushwork.encoders.vgg, "CHANNELS", CHANNELS)
        for program, (network, shown, *_) in PROGRAMS.items():
            options = load_preset(program.partition(" ")[0])
            shown = shown if options.preprocessing == "own" else options.preprocessing
            encoder = ARCHITECTURES[network](make_preprocess(shown), padding=options.padding, ceil=options.ceil)
            for parameter in encoder.parameters():
                fans = parameter[0].numel() if parameter.ndim > 1 else 1
                drawn = torch.randn(parameter.shape, generator=generator)
                parameter.data = drawn * (2 / fans) ** 0.5 if parameter.ndim > 1 else 0.1 * drawn
            made[program] = encoder.double()
    return made


def theirs(program, encoder, image):
    _, _, look, formula = PROGRAMS[program]
    weights = {name: one.detach() for name, one in encoder.stages.state_dict().items()}
    leaf, content, style = image.clone().requires_grad_(), *pictures(program)
    loss = formula(look(leaf, weights), look(content, weights), look(style, weights), leaf)
    loss.backward()
    return loss.item(), leaf.grad


def ours(program, encoder, image):
    preset = load_preset(program.partition(" ")[0])
    options = replace(preset, size={"height": SIZE.height, "short": SIZE.height, "long": SIZE.width}[preset.measure])
    content, style = pictures(program)
    objective = TransferProblem(content, [style], options, encoder).objective_at(SIZE)
    leaf = image.clone().requires_grad_()
    loss = objective(encoder(leaf, objective.layers)).total
    loss.backward()
    return loss.item(), leaf.grad


def pictures(program):
    return picture(1, *SIZE).double(), picture(2, *pick(PAINTED, program)).double()


@pytest.mark.parametrize("at", ["content", "another picture"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_loss_and_gradient_are_those_of_the_program(program, at, encoders):
    encoder, image = encoders[program], picture({"content": 1, "another picture": 3}[at], *SIZE).double()
    expected, direction = theirs(program, encoder, image)
    loss, gradient = ours(program, encoder, image)
    assert loss == pytest.approx(expected, rel=DOUBLE)
    assert (gradient - direction).norm() <= DOUBLE * direction.norm()


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_paints(program, encoders):
    """With its optimizer, from its start, a few iterations at one size."""
    preset = load_preset(program.partition(" ")[0])
    size = {"height": SIZE.height, "short": SIZE.height, "long": SIZE.width}[preset.measure]
    options = replace(preset, size=size, iterations=4, min_size=0, restart=min(preset.restart, 2))
    content, style = pictures(program)
    steps = list(transfer(content, [style], options, encoder=encoders[program]))
    assert [step.iterations for step in steps][:: len(steps) - 1] == [1, 4]
    assert Size.of(steps[-1].image) == SIZE
    assert steps[-1].image.isfinite().all()
    assert not torch.equal(steps[-1].image, steps[0].image)


def levels(name, content):
    return [(*level.size, level.iterations) for level in load_preset(name).schedule(Size(*content))]


@pytest.mark.parametrize(
    ("name", "content", "sizes"),
    [
        ("fzliu", (768, 1024), [(384, 512, 512)]),
        ("keras", (768, 1023), [(400, 532, 200)]),
        ("keras-2020", (768, 1023), [(400, 532, 4000)]),
        (
            "crowsonkb",
            (768, 1024),
            [(96, 128, 1000), (136, 181, 500), (192, 256, 500), (272, 362, 500), (384, 512, 500)],
        ),
        ("spst", (2100, 3000), [(525, 750, 600), (1050, 1500, 300), (2100, 3000, 300)]),
        ("spst", (1023, 1500), [(1023, 1500, 600)]),
        ("spst", (1024, 1500), [(512, 750, 600), (1024, 1500, 300)]),
        ("gatys-2016-highres", (600, 900), [(512, 768, 500), (800, 1200, 200)]),
    ],
)
def test_sizes_and_iterations_are_those_of_the_program(name, content, sizes):
    assert levels(name, content) == sizes


def starting(init, **own):
    options = replace(load_preset("fzliu"), init=init, seed=4, **own)
    return make_init_image(options, SIZE, picture(1, *SIZE).double(), picture(2, 50, 30).double())


def test_keras_begins_with_noise_as_wide_as_the_colors():
    """numpy's uniform(0, 255) − 128 is what the network sees."""
    seen = bgr(starting("uniform"), CAFFE_MEAN)
    assert seen.min() >= -128
    assert seen.max() <= 127
    deviation = 255 / 12**0.5
    assert abs(seen.mean().item() + 0.5) < 5 * deviation / seen.numel() ** 0.5
    assert seen.std().item() == pytest.approx(deviation, rel=0.05)


def test_a_mixed_start_is_nineteen_parts_content_and_one_part_style():
    """The program resizes both to the net's input, so that the painting is stretched."""
    content, style = picture(1, *SIZE).double(), picture(2, 50, 30).double()
    stretched = interpolate(style, tuple(SIZE), mode="bicubic", antialias=True)
    torch.testing.assert_close(starting("mixed"), 0.95 * content + 0.05 * stretched, rtol=0, atol=DOUBLE)


@pytest.mark.parametrize("exponent", [0, 1, 3])
def test_pink_noise_is_fzlius(exponent):
    rows, columns = SIZE
    generator = torch.Generator().manual_seed(4)
    one, other = (torch.randn(rows, columns, 3, generator=generator, dtype=torch.float64).numpy() for _ in range(2))
    grid = np.mgrid[0:rows, 0:columns]
    distance = np.sqrt((grid[0] - (rows - 1) / 2) ** 2 + (grid[1] - (columns - 1) / 2) ** 2)
    amplitude = np.dstack((np.maximum(distance, 1e-300) ** exponent,) * 3)
    noise = np.abs(np.fft.ifftn(amplitude * (np.cos(2 * np.pi * one) + 1j * np.sin(2 * np.pi * other))))
    noise = (noise - noise.min()) / (noise.max() - noise.min())
    found = starting("pink", pink_exponent=exponent)
    np.testing.assert_allclose(found[0].permute(1, 2, 0).numpy(), noise, rtol=0, atol=DOUBLE)
