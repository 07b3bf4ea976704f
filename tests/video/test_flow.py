"""Warping, flow and its reliability, against formulas, films of known motion, and Sintel."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from brushwork.errors import InputError
from brushwork.images import Size, read_image
from brushwork.images.occlusion import (
    dis_reliability,
    is_inconsistent,
    is_motion_boundary,
    ruder_reliability,
)
from brushwork.images.poisson import solve_screened_poisson
from brushwork.images.warp import compose, resize_flow, to_coordinates, warp
from brushwork.video import optical_flow
from brushwork.video.flow_files import FolderFlow, read_flow, write_flo
from brushwork.video.optical_flow import DisFlow, NoFlow
from brushwork.video.optimized_painter import long_term_weights
from brushwork.video.temporal_filter import still_weight
from tiny_films import panned, texture
from tiny_network import picture

SINTEL = Path(__file__).parents[3] / "shared" / "data" / "flow" / "sintel_alley_1"


def constant(x: float, y: float, height: int = 20, width: int = 24) -> torch.Tensor:
    """The same displacement everywhere."""
    return torch.tensor([x, y], dtype=torch.float64).view(1, 2, 1, 1).expand(1, 2, height, width).clone()


@given(x=st.integers(-3, 3), y=st.integers(-3, 3), kernel=st.sampled_from(["bilinear", "bicubic"]))
def test_a_whole_shift_is_exact(x, y, kernel):
    image = picture(1, 20, 24).double()
    moved = warp(image, constant(x, y), kernel)
    inner = moved[..., 6:14, 6:18]
    assert torch.allclose(inner, image[..., 6 + y : 14 + y, 6 + x : 18 + x], atol=1e-12)


def test_two_shifts_compose_and_flows_scale():
    both = compose(to_coordinates(constant(1.5, -0.5)), to_coordinates(constant(-0.25, 2.0)))
    expected = to_coordinates(constant(1.25, 1.5))
    assert torch.allclose(both[..., 4:-4, 4:-4], expected[..., 4:-4, 4:-4], atol=1e-12)
    assert torch.allclose(resize_flow(constant(2.0, 3.0), Size(10, 48)), constant(4.0, 1.5, 10, 48), atol=1e-12)


def test_a_shift_is_reliable_but_where_it_leaves_the_picture():
    weights = ruder_reliability(constant(3, 0), constant(-3, 0))
    assert (weights[..., :, : 24 - 3 - 2] == 1).all() and (weights[..., -1] == 0).all()


def test_the_authors_weights_by_loops():
    """An independent version, pixel by pixel, in numpy."""
    generator = torch.Generator().manual_seed(3)
    forward = torch.nn.functional.interpolate(
        torch.randn(1, 2, 5, 6, generator=generator, dtype=torch.float64) * 2, (20, 24), mode="bilinear"
    )
    backward = -warp(forward, -forward) + 0.3 * torch.randn(1, 2, 20, 24, generator=generator, dtype=torch.float64)
    assert np.abs(ruder_reliability(forward, backward)[0, 0].numpy() - _by_loops(forward, backward)).max() <= 1 / 255


def _by_loops(forward: torch.Tensor, backward: torch.Tensor) -> np.ndarray:
    f, b = forward[0].numpy(), backward[0].numpy()
    height, width = f.shape[1:]
    values = np.full((height, width), 255.0)

    def mirrored(index: int, length: int) -> int:
        return -1 - index if index < 0 else 2 * length - 1 - index if index >= length else index

    for y in range(height):
        for x in range(width):
            u, v = f[:, y, x]
            px, py = x + u, y + v
            if not (0 <= px <= width - 1 and 0 <= py <= height - 1):
                values[y, x] = 0
                continue
            x0, y0 = min(int(px), width - 2), min(int(py), height - 2)
            a, c = px - x0, py - y0
            g = (b[:, y0, x0] * (1 - a) * (1 - c) + b[:, y0, x0 + 1] * a * (1 - c)
                 + b[:, y0 + 1, x0] * (1 - a) * c + b[:, y0 + 1, x0 + 1] * a * c)  # fmt: skip
            if ((f[:, y, x] + g) ** 2).sum() >= 0.01 * (u * u + v * v + (g**2).sum()) + 0.5:
                values[y, x] = -255
                continue
            dx = (f[:, y, mirrored(x + 1, width)] - f[:, y, mirrored(x - 1, width)]) / 2
            dy = (f[:, mirrored(y + 1, height), x] - f[:, mirrored(y - 1, height), x]) / 2
            if (dx**2).sum() + (dy**2).sum() > 0.01 * (u * u + v * v) + 0.002:
                values[y, x] = 0
    kernel = np.exp(-(np.arange(-2, 3) ** 2) / (2 * 0.8**2))
    kernel /= kernel.sum()
    blurred = np.zeros_like(values)
    for y in range(height):
        for x in range(width):
            blurred[y, x] = sum(
                kernel[i] * kernel[j] * values[mirrored(y + i - 2, height), mirrored(x + j - 2, width)]
                for i in range(5)
                for j in range(5)
            )
    return np.floor(np.clip(blurred, 0, 255)) / 255


def test_boundaries_and_inconsistencies_are_where_the_formulas_say():
    flow = constant(0, 0)
    flow[:, 0, :, 12:] = 4.0
    boundary = is_motion_boundary(flow)[0, 0]
    assert boundary[:, 11].all() and boundary[:, 12].all() and not boundary[:, :11].any() and not boundary[:, 13:].any()
    assert is_inconsistent(constant(1, 0), constant(1, 0)).all() and not is_inconsistent(flow * 0, flow * 0).any()


def test_the_nearest_frame_counts():
    near, far = torch.tensor([1.0, 0.0, 0.5]).view(1, 1, 1, 3), torch.tensor([1.0, 1.0, 1.0]).view(1, 1, 1, 3)
    first, second = long_term_weights([near, far])
    assert torch.equal(first, near) and second.flatten().tolist() == [0.0, 1.0, 0.5]


def test_poisson_between_its_limits():
    image, near = picture(1, 16, 20).double(), picture(2, 16, 20).double()
    weight = torch.rand(1, 1, 16, 20, dtype=torch.float64)
    assert torch.equal(solve_screened_poisson(image, near, weight * 0), image)
    assert torch.allclose(solve_screened_poisson(image, near, weight * 0 + 1e6), near, atol=1e-4)
    assert torch.allclose(
        solve_screened_poisson(image, image + 0.2, weight + 0.1, iterations=200), image + 0.2, atol=1e-9
    )


def test_poisson_minimizes_its_sum():
    image, near = picture(1, 12, 10).double(), picture(2, 12, 10).double()
    weight, hold = torch.rand(2, 1, 1, 12, 10, dtype=torch.float64)
    found = solve_screened_poisson(image, near, weight, hold, 200).requires_grad_()
    apart = found - image
    total = apart.diff(dim=-1).square().sum() + apart.diff(dim=-2).square().sum()
    (total + (weight * (found - near).square() + hold * apart.square()).sum()).backward()
    assert found.grad.abs().max() < 1e-9


def test_flow_files_come_back(tmp_path):
    flow = torch.randn(1, 2, 5, 7)
    write_flo(tmp_path / "f.flo", flow)
    assert torch.equal(read_flow(tmp_path / "f.flo"), flow)
    content = (tmp_path / "f.flo").read_bytes()
    assert np.frombuffer(content[:4], "<f4")[0] == np.float32(202021.25)
    assert np.frombuffer(content[12:16], "<f4")[0] == flow[0, 0, 0, 0]  # x first
    for damaged in (content[:-1], b"PIEX" + content[4:], b""):
        (tmp_path / "d.flo").write_bytes(damaged)
        with pytest.raises(InputError):
            read_flow(tmp_path / "d.flo")
    with pytest.raises(InputError, match="backward_2_1"):
        FolderFlow(tmp_path)(picture(1, 5, 7), picture(1, 5, 7), (1, 0))


def test_dis_follows_a_pan_and_is_the_same_each_time():
    one, two = (torch.from_numpy(f).permute(2, 0, 1)[None].float() / 255 for f in panned(2, 3, 96, 128))
    pair = DisFlow("best")(two, one)
    error = (pair.flow - torch.tensor([3.0, 0.0]).view(1, 2, 1, 1)).norm(dim=1)[0, 8:-8, 8:-12]
    assert error.mean() < 0.3
    assert torch.equal(DisFlow("best")(two, one).flow, pair.flow)


def test_dis_runs_on_one_thread_and_leaves_opencv_its_own(monkeypatch):
    """On one, its result does not depend on the machine."""
    dis, seen = optical_flow._dis("fast"), []
    calc = SimpleNamespace(calc=lambda *given: (seen.append(cv2.getNumThreads()), dis.calc(*given))[1])
    monkeypatch.setattr(optical_flow, "_dis", lambda quality: calc)
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    try:
        DisFlow()(picture(1, 32, 32), picture(2, 32, 32))
        assert seen == [1, 1] and cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)


@pytest.mark.parametrize("kind", ["dis", "none", "folder"])
def test_flow_is_on_the_device_of_its_frames(tmp_path, monkeypatch, kind):
    """A device without values stands for a GPU: what mixes it with the CPU fails as it does there."""
    levels = panned(2, 3)[0][..., 0].copy()
    monkeypatch.setattr(optical_flow, "_gray", lambda image, size: levels)
    for name in ("backward_2_1", "forward_1_2"):
        write_flo(tmp_path / f"{name}.flo", torch.zeros(1, 2, *levels.shape))
    source = {"dis": DisFlow(), "none": NoFlow(), "folder": FolderFlow(tmp_path)}[kind]
    own, other = (torch.empty(1, 3, *levels.shape, device="meta") for _ in range(2))
    pair = source(own, other, (1, 0))
    assert all(part.is_meta for part in pair) and still_weight(own - other, pair).is_meta


def test_what_a_square_hid_is_not_trusted():
    """A square moves over a texture: what it uncovers was not there before."""
    ground, square = texture(96, 128, 1), 255 - texture(32, 32, 2)
    frames = []
    for x in (30, 38):
        levels = ground.copy()
        levels[30:62, x : x + 32] = square
        frames.append(torch.from_numpy(levels).permute(2, 0, 1)[None].float() / 255)
    before, after = frames
    hidden = torch.zeros(96, 128, dtype=torch.bool)
    hidden[30:62, 30:38] = True
    found = DisFlow("best")(after, before).reliability[0, 0] == 0
    assert found[hidden].float().mean() >= 0.8 and found.float().mean() < 0.2


@pytest.mark.slow
@pytest.mark.skipif(not SINTEL.exists(), reason="the frames of Sintel are not here")
def test_on_sintel_it_is_as_good_as_measured():
    own, other = (read_image(SINTEL / f"frame_000{k}.png").image for k in (2, 3))
    truth = read_flow(SINTEL / "gt_frame_0002.flo")
    hidden = read_image(SINTEL / "gt_occlusions_frame_0002.png").image[:, :1] > 0.5
    pair = DisFlow("best")(own, other)
    error = (pair.flow - truth).norm(dim=1, keepdim=True)
    assert error.mean() < 0.27 and error[~hidden].mean() < 0.21
    weights = dis_reliability(pair.flow, pair.backward, own, other)
    assert (weights[hidden] == 0).float().mean() > 0.5 and (weights == 0).float().mean() < 0.1
    moved = (own - warp(other, truth)).square().mean(1, keepdim=True)[~hidden].mean().sqrt()
    assert moved < 0.0142 * 1.1
