from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from brushwork.devices.meter import META, MemoryMeter, to_meta
from brushwork.encoders import load_encoder
from brushwork.encoders import precision as precision_module
from brushwork.encoders.encoder import Encoder
from brushwork.encoders.precision import CastLayers, activation_scale, gradient_scale, resolve_precision, with_precision
from brushwork.encoders.preprocess import Preprocess, make_caffe_preprocess
from brushwork.encoders.stages import EncoderStage
from brushwork.encoders.vgg import make_vgg
from brushwork.gradients import evaluate_whole
from brushwork.images import Size
from brushwork.losses.gram import GramLoss
from brushwork.losses.moments import gram
from brushwork.objective import Objective
from brushwork.recipes import TransferOptions, load_preset, transfer
from brushwork.recipes.style_transfer import TransferProblem
from tolerances import SINGLE, rounding

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def originals():
    """Networks whose activations are about 1, and up to 3e4."""
    return {name: load_encoder(name) for name in ("vgg19-normalized", "vgg19")}


@pytest.fixture
def encoder(originals, request):
    return copy.deepcopy(originals[getattr(request, "param", "vgg19-normalized")])


def pictures(count, side=48):
    """Blobs with lines and grain: without grain, a pool's greatest number is a matter of rounding."""
    generator = torch.Generator().manual_seed(count)
    blobs = torch.rand(count, 1, 3, 6, 6, generator=generator)
    smooth = torch.stack([nn.functional.interpolate(one, (side, side), mode="bicubic") for one in blobs]).clamp(0, 1)
    smooth[..., ::9, :] = 0.0
    return 0.9 * smooth + 0.1 * torch.rand(smooth.shape, generator=generator)


def evaluate(encoder, options, precision, image):
    """Losses and gradient of a transfer."""
    encoder.precision = precision
    photograph, painting = pictures(2)
    evaluation = evaluate_whole(
        encoder, TransferProblem(photograph, [painting], options, encoder).objective_at(Size.of(photograph))
    )
    leaf = image.clone().requires_grad_()
    return evaluation(leaf).total.item(), leaf.grad


def cosine(a, b):
    return float(torch.dot(a.flatten(), b.flatten()) / a.norm() / b.norm())


def test_auto_is_full_without_matrix_units():
    assert (
        resolve_precision("auto", CPU)
        == resolve_precision("tf32", CPU)
        == resolve_precision("auto", torch.device("mps"))
        == "full"
    )
    assert resolve_precision("bf16", CPU) == "bf16"


@pytest.mark.parametrize(("has_amx", "is_native", "expected"), [(1, 1, "bf16"), (1, 0, "full"), (0, 1, "full")])
def test_fast_is_bf16_where_the_compiled_kernels_have_matrix_units(monkeypatch, has_amx, is_native, expected):
    monkeypatch.setattr(precision_module, "has_matrix_units", lambda: bool(has_amx))
    assert resolve_precision("fast", CPU, is_native=bool(is_native)) == expected


@pytest.mark.parametrize(
    ("capability", "hip", "expected"), [((9, 0), None, "tf32"), ((7, 5), None, "full"), ((9, 0), "6.2", "full")]
)
def test_auto_is_tf32_on_ampere_and_later(monkeypatch, capability, hip, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch.version, "hip", hip)
    assert (
        resolve_precision("auto", torch.device("cuda")) == resolve_precision("tf32", torch.device("cuda")) == expected
    )
    assert resolve_precision("full", torch.device("cuda")) == "full"


def decided_otherwise(bits):
    """Which share of the gradient may turn elsewhere, of numbers of so many bits.

    In each of up to 13 layers, rectifications and maxima decide otherwise where they lie within a rounding.
    """
    return 13 * 2.0**-bits


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["vgg19-normalized", "vgg19"], indirect=True)
@pytest.mark.parametrize(("precision", "bits"), [("bf16", 8), ("fp16", 11)])
def test_the_gradient_is_nearly_the_same(encoder, precision, bits):
    options = load_preset("default") if encoder.name.endswith("normalized") else load_preset("gatys-2016")
    start = pictures(3)[2]
    loss, gradient = evaluate(encoder, options, "full", start)
    found, narrow = evaluate(encoder, options, precision, start)
    assert found == pytest.approx(loss, rel=4 * 2.0**-8)  # fourth powers of numbers of 8 bits
    assert cosine(narrow, gradient) > 1 - decided_otherwise(bits)
    assert float(narrow.norm() / gradient.norm()) == pytest.approx(1, abs=8 * 2.0**-8)


@pytest.mark.slow
def test_autocast_gives_nearly_the_same_gradient(encoder):
    options, start = load_preset("default"), pictures(3)[2]
    loss, gradient = evaluate(encoder, options, "full", start)
    with torch.autocast("cpu", torch.bfloat16):
        found, narrow = evaluate(encoder, options, "full", start)
    assert found == pytest.approx(loss, rel=8 * 2.0**-8)  # the sums too are of 8 bits
    assert cosine(narrow, gradient) > 1 - decided_otherwise(8)


@pytest.mark.slow
def test_a_painting_stays_sane(encoder):
    """It gets as far down as in full precision, measured in full."""
    photograph, painting = pictures(2)
    options = TransferOptions(size=48, min_size=0, iterations=12, tv_weight=0.0, jitter=0)
    encoder.precision = "bf16"
    *_, last = transfer(photograph, [painting], options, encoder=encoder)
    encoder.precision = "full"
    steps = list(transfer(photograph, [painting], options, encoder=encoder))
    objective = TransferProblem(photograph, [painting], options, encoder).objective_at(Size(48, 48))
    reached = float(objective(encoder(last.step.image, objective.layers)).total)
    first, full = (float(steps[index].step.losses.total) for index in (0, -1))
    assert full < 0.7 * first
    assert reached < full + 0.1 * (first - full)
    assert (last.image - steps[-1].image).abs().mean() < 0.05


def test_gram_matrices_of_half_precision_do_not_overflow(encoder):
    """The published programs' pictures turned black."""
    feature = torch.full((1, 8, 64, 64), 3e4, dtype=torch.float16, requires_grad=True)
    found = gram(feature)
    assert found.dtype == torch.float32
    expected = 64 * 64 * feature[0, 0, 0, 0].item() ** 2
    torch.testing.assert_close(found, torch.full_like(found, expected), rtol=rounding(64 * 64), atol=0)


def test_losses_do_not_overflow_under_autocast():
    """In whose float16 this Gram matrix is infinite, and so is the loss."""
    features = {"relu1_1": torch.full((1, 8, 64, 64), 300.0)}
    objective = Objective.single("style", GramLoss("relu1_1", torch.zeros(1, 8, 8), 1.0))
    with torch.autocast("cpu", torch.float16):
        assert objective(features).total.item() == pytest.approx(64 * 300**4, rel=rounding(64 * 64))


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["vgg19"], indirect=True)
def test_half_precision_has_range_for_what_overflows_in_it(encoder):
    lines = torch.zeros(1, 3, 64, 64)
    lines[..., ::16, :] = lines[..., ::8] = 4.0  # a picture that left the range of pixels
    encoder.precision = "full"
    (expected,) = encoder(lines, ["relu4_2"]).values()
    assert expected.max() > torch.finfo(torch.float16).max
    encoder.precision = "fp16"
    (found,) = encoder(lines, ["relu4_2"]).values()
    assert (found - expected).norm() < 10 * 2.0**-11 * expected.norm()  # a rounding in each of ten layers


@pytest.mark.parametrize("factor", [1e-20, 1e20])
def test_half_precision_has_range_for_gradients_of_any_scale(encoder, factor):
    image, target = pictures(1)[0], torch.zeros(1, 64, 64)
    gradients = {}
    for precision in ("full", "fp16"):
        encoder.precision = precision
        leaf = image.clone().requires_grad_()
        evaluate_whole(encoder, Objective.single("style", GramLoss("relu1_1", target, 1.0), factor))(leaf)
        gradients[precision] = leaf.grad / factor
    assert cosine(gradients["full"], gradients["fp16"]) > 0.9999


def test_loudness_is_a_power_of_two_that_bounds():
    for largest in (3e-30, 0.7, 1.0, 5e12):
        scale = float(gradient_scale([torch.tensor([0.0, -largest]), torch.tensor([largest / 3])]))
        assert 1 <= largest * scale < 2
        assert torch.frexp(torch.tensor(scale)).mantissa == 0.5
    assert torch.isfinite(gradient_scale([torch.zeros(3)]) * 0)


def test_features_of_torch_in_bf16_take_half_the_memory_and_are_summed_wide(encoder):
    encoder.engine, encoder.precision = "channels-last", "bf16"
    (feature,) = encoder(pictures(1)[0], ["relu2_1"]).values()
    assert feature.dtype == torch.bfloat16
    assert gram(feature).dtype == torch.float32


def closure_bytes(encoder, precision):
    """Peak of a evaluation with the default weights at 256 pixels."""
    bare = to_meta(encoder)
    bare.engine, bare.precision = "plain", precision
    picture = torch.empty(1, 3, 256, 256, device=META)
    with MemoryMeter():
        objective = TransferProblem(picture, [picture], TransferOptions(), bare).objective_at(Size(256, 256))
    with MemoryMeter() as meter:
        evaluate_whole(bare, objective)(picture.clone().requires_grad_())
    return meter.peak


@pytest.mark.slow
def test_the_meter_sees_what_bf16_saves(encoder):
    assert closure_bytes(encoder, "bf16") < 0.65 * closure_bytes(encoder, "full")


class FlagRecorder(nn.Module):
    """Writes down cuDNN's flag, forward and backward."""

    def __init__(self, seen):
        super().__init__()
        self.seen = seen

    def __deepcopy__(self, memo):
        return self

    def forward(self, x):
        self.seen.append(flag())
        if x.requires_grad:
            x.register_hook(lambda gradient: self.seen.append(flag()))
        return x * 1


def flag():
    return torch.backends.cudnn.conv.fp32_precision if hasattr(torch.backends.cudnn, "conv") else None


@pytest.mark.parametrize(("precision", "expected"), [("tf32", "tf32"), ("full", "ieee")])
@pytest.mark.skipif(flag() is None, reason="this torch has the old flags only")
def test_both_passes_run_under_the_flag_and_it_is_put_back(monkeypatch, precision, expected):
    from brushwork.encoders import precision as module

    monkeypatch.setattr(module, "resolve_precision", lambda given, device: given)
    seen, before = [], flag()
    stages = {"a": nn.Conv2d(3, 2, 1), "b": FlagRecorder(seen)}
    cast_pass = module._CastPass(stages, ["b"], torch.float32, precision == "tf32", CastLayers())
    image = torch.rand(1, 3, 4, 4, requires_grad=True)
    (feature,) = module._CastForward.apply(image, cast_pass)
    assert flag() == before
    feature.sum().backward()
    assert seen == [expected, expected]
    assert flag() == before
    expected_gradient = stages["a"].weight.sum((0, 2, 3)).view(1, 3, 1, 1).expand_as(image)
    torch.testing.assert_close(image.grad, expected_gradient, rtol=SINGLE, atol=SINGLE)


def test_only_chains_are_scaled():
    chain = dict(make_vgg(16, make_caffe_preprocess()).stages.items())
    assert activation_scale(chain, torch.float16) > 1
    assert activation_scale(chain, torch.bfloat16) == 1
    assert activation_scale({**chain, "norm": nn.LocalResponseNorm(5)}, torch.float16) == 1


def test_derivatives_of_derivatives_go_the_plain_way():
    stages = [EncoderStage("a", nn.Conv2d(3, 2, 3)), EncoderStage("b", nn.Softplus())]
    encoder = Encoder("two layers", stages, Preprocess((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))
    image, found = torch.rand(1, 3, 8, 8), {}
    for precision in ("full", "bf16"):
        encoder.precision = precision
        leaf = image.clone().requires_grad_()
        (slope,) = torch.autograd.grad(encoder(leaf, ["b"])["b"].float().sum(), leaf, create_graph=True)
        found[precision] = torch.autograd.grad(slope.square().sum(), leaf)[0]
    assert cosine(found["full"], found["bf16"]) > 0.99


def test_what_nobody_differentiates_leaves_no_graph(encoder):
    encoder.precision = "bf16"
    (feature,) = encoder(pictures(1)[0], ["relu2_1"]).values()
    assert not feature.requires_grad


def test_the_engine_is_taken_where_nothing_is_narrowed():
    requested = []

    def engine(*given):
        requested.append(given)
        return []

    with_precision(engine, "auto", CastLayers())({}, torch.zeros(1, 3, 4, 4), [])
    assert len(requested) == 1


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch was built without oneDNN")
@pytest.mark.parametrize("has_it", [True, False])
def test_formats_that_onednn_has_are_not_emulated(monkeypatch, has_it):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: has_it)
    cpu = torch.device("cpu")
    assert precision_module.is_emulated(torch.bfloat16, cpu) is not has_it
    assert not precision_module.is_emulated(torch.float32, cpu)
    assert not precision_module.is_emulated(torch.bfloat16, torch.device("cuda"))
