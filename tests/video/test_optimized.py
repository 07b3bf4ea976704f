"""Frames that are optimized: starts, the temporal loss, key frames; with the tiny network."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from brushwork.controls.style_file import StyleFile
from brushwork.errors import InputError
from brushwork.feedforward.options import AdaINOptions
from brushwork.images import Size, write_image
from brushwork.recipes import TransferOptions
from brushwork.video import (
    FilmFinished,
    FilmJob,
    FilmOptions,
    FrameDone,
    FrameSelection,
    OptimizedFilmOptions,
    PassFrame,
    open_clip,
    painters,
    plan_film,
    run_film,
    trial,
)
from brushwork.video.analysis import Shot, analyze_whole
from brushwork.video.frame_painter import Painted
from brushwork.video.frame_reader import FrameReader
from brushwork.video.keyframe_painter import blend_carried
from brushwork.video.multipass_painter import MultipassPainter
from brushwork.video.optical_flow import FlowPair, NoFlow
from brushwork.video.optimized_painter import OptimizedPainter, until_settled, until_settled_as_ruder, warp_over
from tiny_films import panned, with_a_visitor, write_clip
from tiny_network import CONTENT, STYLE, picture, tiny_network
from tolerances import SINGLE

OPTIONS = TransferOptions(
    size="full",
    min_size=0,
    content_layers=CONTENT,
    style_layers=STYLE,
    normalization="relative",
    history=5,
)


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A pan of 5 frames, and a painting; what is new starts from the film, as without weights of AdaIN."""
    monkeypatch.setattr(painters, "_fill", lambda *_: None)
    write_image(picture(2, 40, 40), tmp_path / "painting.png")
    clip = write_clip(tmp_path / "in.mkv", panned(5, 2), codec="ffv1", pixel_format="bgr0")
    optimized = OptimizedFilmOptions(first=20, later=6)
    return FilmJob(
        clip=clip, styles=(tmp_path / "painting.png",), output=tmp_path / "out.mp4", method=OPTIONS,
        film=FilmOptions(), optimized=optimized, device="cpu", overwrite=True,
    )  # fmt: skip


@pytest.mark.parametrize(("patience", "count"), [(10, 11), (50, 131)])
def test_a_frame_ends_where_its_loss_has_settled_and_not_in_a_plateau(patience, count):
    """From weak noise, the loss stands still for some 25 iterations before it falls."""
    losses = [100.0] * 30 + [100.0 - one for one in range(50)] + [50.0] * 100
    assert len(list(until_settled(iter(steps_of(losses)), 1e-4, patience))) == count


def test_a_frame_never_ends_early_with_a_tolerance_of_zero():
    """Neither where its loss stands still nor where it rises."""
    losses = [1.0] * 30 + [1.0 + one for one in range(30)]
    assert len(list(until_settled(iter(steps_of(losses)), 0.0, 10))) == 60


def test_a_film_that_is_refused_at_its_first_frame_leaves_nothing(job, tmp_path):
    """The same film with a layer that exists is then another film, and would be refused in turn."""
    job = replace(job, overwrite=False)
    with pytest.raises(InputError, match="has no layer 'conv9_9'"):
        list(run_film(replace(job, method=replace(OPTIONS, style_layers=("conv9_9",))), network=tiny_network()))
    assert not job.workspace.exists()


def steps_of(losses: list[float], variation: float = 0.0, levels: int = 1, level: int = 0) -> list[SimpleNamespace]:
    """Steps with these losses, and this total variation beside them."""
    values = [SimpleNamespace(total=one + variation, terms={"style": one, "tv": variation}) for one in losses]
    steps = [SimpleNamespace(losses=one) for one in values]
    return [SimpleNamespace(step=one, levels=[None] * levels, level=level) for one in steps]


@pytest.mark.parametrize(
    ("losses", "count"),
    [
        ([9.0] * 300, 101),  # the loss after 100 steps is the first that is compared, with that after 50
        ([9.0 + one for one in range(300)], 300),  # rises
        ([9.0] * 90 + [8.0] * 210, 151),  # stands still twice in 50 iterations, and ends a third time
        ([0.0] * 49 + [9.0, 9.0, 9.0] + [8.9] * 48 + [8.9999] * 200, 101),  # of what lies between nothing is seen
    ],
)
def test_the_program_compares_every_so_many_iterations_in_both_directions(losses, count):
    assert len(list(until_settled_as_ruder(iter(steps_of(losses)), 1e-4, 50))) == count


def test_the_program_leaves_total_variation_out_and_ends_at_the_full_size_only():
    falling = [2.0 - 1e-3 * one for one in range(300)]
    assert len(list(until_settled_as_ruder(iter(steps_of(falling, variation=1e6)), 1e-4, 50))) == 300
    coarse, fine = steps_of([9.0] * 120, levels=2), steps_of([9.0] * 120, levels=2, level=1)
    assert len(list(until_settled_as_ruder(iter([*coarse, *fine]), 1e-4, 50))) == 120 + 101
    assert len(list(until_settled_as_ruder(iter(fine), 0.0, 50))) == 120


@pytest.mark.parametrize(("stopping", "counts"), [("sliding", (12, 4)), ("ruder", (7, 7))])
def test_the_program_ends_the_first_frame_early_too(job, stopping, counts):
    """With a tolerance that ends a frame as soon as it may end."""
    options = OptimizedFilmOptions(first=12, later=12, tolerance=10.0, patience=3, stopping=stopping)
    frames, flow = [picture(seed, 32, 32) for seed in (1, 2)], NoFlow()
    painter = OptimizedPainter(frames.__getitem__, [picture(3, 32, 32)], OPTIONS, options, tiny_network(), flow)
    painter.begin_shot(Shot(0, 2))
    stored = {0: SimpleNamespace(image=frames[0])}
    found = [sum(1 for _ in painter.make_optimization(index, stored.__getitem__).steps) for index in (0, 1)]
    assert tuple(found) == counts


def test_an_image_is_moved_over_a_background_where_the_flow_leaves_it():
    image, flow = picture(1, 8, 10), torch.zeros(1, 2, 8, 10)
    flow[:, 0], flow[:, 1] = 1.5, -1
    gray = torch.tensor([0.1, 0.2, 0.3]).view(1, 3, 1, 1)
    moved = warp_over(image, flow, gray)
    between = (image[..., :-1, 1:-1] + image[..., :-1, 2:]) / 2
    torch.testing.assert_close(moved[..., 1:, :8], between, rtol=0, atol=SINGLE)
    assert torch.equal(moved[..., 0, :], gray.expand_as(image)[..., 0, :])
    assert torch.equal(moved[..., 8:], gray.expand_as(image)[..., 8:])


def painted(job: FilmJob) -> list[torch.Tensor]:
    """The frames as they are kept."""
    return [event.image for event in run_film(job, network=tiny_network()) if isinstance(event, FrameDone)]


@pytest.mark.parametrize("keyframes", [0, 3])
def test_the_plan_counts_the_iterations_of_every_size(job, monkeypatch, keyframes):
    """A clock that ticks a second whenever it is read: a step takes one, of one evaluation or sometimes two."""
    now = iter(range(1000))
    monkeypatch.setattr(trial, "monotonic", lambda: float(next(now)))
    clip = write_clip(job.clip.with_name("larger.mkv"), panned(5, 2, 64, 96), codec="ffv1", pixel_format="bgr0")
    method = replace(OPTIONS, min_size=40, iteration_decay=0.4)  # 64×96 after 32×48
    optimized = replace(job.optimized, first=100, later=60, keyframes=keyframes)
    plan = plan_film(replace(job, clip=clip, method=method, optimized=optimized), network=tiny_network())
    assert plan.seconds_first == pytest.approx(100 + 40, abs=10)
    others = [60, 60, 1, 1] if keyframes else [60] * 4  # the last two are carried
    assert plan.seconds_a_frame == pytest.approx(sum(others) / 4, abs=5)


def error(images: list[torch.Tensor]) -> float:
    """Mean square along the true motion, of 2 pixels a frame."""
    return float(np.mean([(a[..., 8:-8, 10:-6] - b[..., 8:-8, 8:-8]).square().mean() for a, b in pairwise(images)]))


@pytest.mark.slow
def test_the_order_of_the_article(job):
    """Temporal loss < warped start < previous frame < random start."""
    job = replace(job, selection=FrameSelection(end=0.3))
    free = replace(job.optimized, temporal_weight=0.0)
    errors = [
        error(painted(replace(job, optimized=one)))
        for one in (
            job.optimized,
            free,
            replace(free, warm_start="previous"),
            replace(free, warm_start="random", later=20),
        )
    ]
    assert errors == sorted(errors) and errors[0] < 0.7 * errors[2]


@pytest.mark.parametrize("how", [{}, {"keyframes": 2}, {"passes": 2}])
@pytest.mark.parametrize("color", ["match-linear", "keep-luminance"])
def test_colors_that_are_changed_at_the_end_are_not_optimized_again(job, tmp_path, how, color):
    """The frames are those of a film in the colors of the style, which are changed when they are written."""
    job = replace(job, optimized=replace(job.optimized, first=2, later=2, **how), selection=FrameSelection(end=0.2))
    plain = painted(job)
    method = replace(OPTIONS, color=color, color_when="after")
    job = replace(job, method=method, output=tmp_path / "recolored.mp4")
    film = open_clip(job.clip)
    reader = FrameReader(film, analyze_whole(film, job.selection), Size(48, 64))
    events = run_film(job, network=tiny_network())
    first = next(one for one in events if isinstance(one, FrameDone)).image
    events.close()
    rest = [one.image for one in run_film(job, resume=True, network=tiny_network()) if isinstance(one, FrameDone)]
    for number, one in enumerate([first, *rest]):
        assert torch.equal(one, method.postprocess(reader(number), plain[number]))


@pytest.mark.slow
def test_a_resumed_film_is_the_same_with_a_long_term(job, tmp_path):
    job = replace(job, optimized=replace(job.optimized, first=3, later=2, long_term=(1, 2)))
    whole = painted(job)
    broken = replace(job, output=tmp_path / "broken.mp4")
    events = run_film(broken, network=tiny_network())
    first = [next(e for e in events if isinstance(e, FrameDone)).image for _ in range(3)]
    events.close()
    rest = [e.image for e in run_film(broken, resume=True, network=tiny_network()) if isinstance(e, FrameDone)]
    assert all(torch.equal(a, b) for a, b in zip([*first, *rest], whole, strict=True))
    assert job.output.read_bytes() == broken.output.read_bytes()


@pytest.mark.slow
def test_key_frames_are_carried_from_both_sides_and_resumed(job, tmp_path):
    """Something is seen in the middle frame only, which is a key frame, although only the first and last have to be."""
    frames = with_a_visitor(panned(5, 2), 2)
    clip = write_clip(tmp_path / "visited.mkv", frames, codec="ffv1", pixel_format="bgr0")
    job = replace(job, clip=clip, optimized=replace(job.optimized, first=6, later=3, keyframes=4))
    events = list(run_film(job, network=tiny_network()))
    whole, reliable = zip(*[(e.image, e.reliable) for e in events if isinstance(e, FrameDone)], strict=True)
    assert [share == 1 for share in reliable] == [False, False, True, False, True]
    broken = replace(job, output=tmp_path / "broken.mp4")
    events = run_film(broken, network=tiny_network())
    first = [next(e for e in events if isinstance(e, FrameDone)).image for _ in range(2)]
    events.close()
    rest = [e.image for e in run_film(broken, resume=True, network=tiny_network()) if isinstance(e, FrameDone)]
    assert all(torch.equal(a, b) for a, b in zip([*first, *rest], whole, strict=True))


@pytest.mark.slow
def test_passes_go_back_and_forth_and_are_resumed(job, tmp_path):
    """Broken in the first pass, in the second, and after them: the same film, and no frame is painted twice."""
    job = replace(job, optimized=replace(job.optimized, first=2, later=1, passes=2), selection=FrameSelection(end=0.25))
    events = list(run_film(job, network=tiny_network()))
    assert [(one.number, one.frame) for one in events if isinstance(one, PassFrame)] == [
        *((1, number) for number in range(3)),
        *((2, number) for number in reversed(range(3))),
    ]
    broken, painted_frames, runs = replace(job, output=tmp_path / "broken.mp4"), 0, 0
    while True:
        part = run_film(broken, resume=True, network=tiny_network())
        seen = next(one for one in part if isinstance(one, PassFrame | FrameDone | FilmFinished))
        painted_frames += isinstance(seen, PassFrame)
        part.close()
        runs += 1
        if isinstance(seen, FilmFinished):
            break
    assert painted_frames == 6 and runs == 6 + 3 + 1
    assert job.output.read_bytes() == broken.output.read_bytes()


@pytest.mark.slow
def test_further_passes_make_frames_more_alike(job):
    """Along the true motion, with the default weight of the temporal loss."""
    job = replace(job, selection=FrameSelection(end=0.25))
    once, twice, thrice = (
        error(painted(replace(job, optimized=replace(job.optimized, passes=passes)))) for passes in (1, 2, 3)
    )
    assert twice < 0.9 * once and thrice < 0.9 * once


class _Recorded(OptimizedPainter):
    """Paints a frame in one gray, a tenth brighter than its start, and keeps what it was asked for."""

    def paint(self, index, stored):
        return Painted(torch.full((1, 3, 16, 16), 0.2 + index / 10), {}, 1.0)

    def optimize(self, own, init, extra, iterations):
        self.asked.append((float(init.mean()), [float(one.loss.target.mean()) for one in extra.losses.values()]))
        return init + 0.1


def test_a_pass_takes_the_frame_behind_from_itself_and_the_one_ahead_from_the_last(job):
    """The start is (x + w)/2 where the flow is reliable, and both neighbors have a temporal loss."""

    def still(own, other, numbers):
        return FlowPair(*[torch.zeros(1, 2, 16, 16)] * 2, torch.ones(1, 1, 16, 16))

    frames = [torch.zeros(1, 3, 16, 16)] * 3
    painter = _Recorded(frames.__getitem__, (), OPTIONS, job.optimized, tiny_network(), still)
    painter.asked = []
    passes = MultipassPainter(painter, 3, defaultdict(dict).__getitem__, 16)
    passes.begin_shot(Shot(0, 3))
    order = [(one.number, one.frame) for one in passes.run_passes()][3:]
    wanted = {  # start, and the frames behind and ahead; pass 1 left 0.2, 0.3, 0.4
        (2, 2): (0.4, [0.3]),
        (2, 1): (0.4, [0.5, 0.2]),  # (0.3 + 0.5)/2
        (2, 0): (0.35, [0.5]),  # (0.2 + 0.5)/2; pass 2 left 0.45, 0.5, 0.5
        (3, 0): (0.45, [0.5]),
        (3, 1): (0.525, [0.55, 0.5]),  # (0.5 + 0.55)/2
        (3, 2): (0.5625, [0.625]),  # (0.5 + 0.625)/2
    }
    assert order == list(wanted)
    for (start, neighbors), (begun, targets) in zip(wanted.values(), painter.asked, strict=True):
        assert [begun, *targets] == pytest.approx([start, *neighbors], abs=1e-4)  # kept in 16 bits


def test_a_blend_of_two_textures_keeps_their_contrast():
    generator = torch.Generator().manual_seed(1)
    images = [0.5 + 0.1 * torch.randn(1, 3, 64, 64, generator=generator) for _ in range(2)]
    still = torch.zeros(1, 2, 64, 64)
    pairs = [FlowPair(still, still, torch.ones(1, 1, 64, 64))] * 2
    blended, certain = blend_carried(images, pairs, (0.5, 0.5))
    assert blended.std() == pytest.approx(float(images[0].std()), rel=0.05) and certain.min() == 1
    alike, _ = blend_carried([images[0], images[0]], pairs, (0.5, 0.5))
    assert torch.allclose(alike, images[0].clamp(0, 1), atol=1e-5)  # no contrast is added where they are the same
    same, _ = blend_carried(images, pairs, (1.0, 0.0))
    assert torch.allclose(same, images[0].clamp(0, 1), atol=1e-5)


@pytest.mark.parametrize(
    ("styles", "blend", "scale", "kept"),
    [
        ("iii", (3.0, 1.0, 2.0), (0.5, 1.0, 2.0), ((3.0, 1.0, 2.0), (0.5, 1.0, 2.0))),
        ("ifi", (3.0, 1.0, 2.0), (0.5, 1.0, 2.0), ((3.0, 2.0), (0.5, 2.0))),
        ("if", (), (2.0,), ((), (2.0,))),
        ("i", (3.0, 1.0), (0.5, 1.0), ((3.0, 1.0), (0.5, 1.0))),
    ],
)
def test_new_parts_are_stylized_with_the_blend_and_the_scales_of_the_job(monkeypatch, styles, blend, scale, kept):
    """Of images (i) and style files (f), which are left out: they may be of another network."""
    asked = []
    monkeypatch.setattr(AdaINOptions, "load_stylizer", lambda self, device: self)
    monkeypatch.setattr(painters, "make_frame_stylizer", lambda *given: asked.append(given))
    given = tuple(picture(1, 40, 40) if one == "i" else StyleFile("kept", None, Size(40, 40), {}) for one in styles)
    options = replace(OPTIONS, style_blend=blend, style_scale=scale, measure="short")
    painters._fill(given, options, Size(48, 64), tiny_network())
    ((own, images, size),) = asked
    assert (own.style_blend, own.style_scale) == kept and own.measure == "short" and size == Size(48, 64)
    assert len(images) == styles.count("i")


def test_style_images_without_weight_stylize_nothing(monkeypatch):
    monkeypatch.setattr(AdaINOptions, "load_stylizer", lambda self, device: self)
    given = (picture(1, 40, 40), StyleFile("kept", None, Size(40, 40), {}))
    options = replace(OPTIONS, style_blend=(0.0, 1.0))
    assert painters._fill(given, options, Size(48, 64), tiny_network()) is None


def test_options_out_of_range_are_named():
    for changes, printed in (
        ({"first": 0}, "first is 0"),
        ({"temporal_weight": -1.0}, "temporal-weight"),
        ({"long_term": (2, 1)}, "long-term"),
        ({"long_term": ()}, "long-term"),
        ({"passes": 0}, "passes is 0"),
        ({"passes": 2, "keyframes": 4}, "where --keyframes is given"),
    ):
        with pytest.raises(InputError, match=printed):
            OptimizedFilmOptions(**changes)
