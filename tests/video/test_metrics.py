"""Metrics of films, against films of which they are known."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from brushwork.cli.main import main
from brushwork.errors import InputError
from brushwork.video import evaluate_film, open_clip, summarize_film
from brushwork.video.film_metrics import hidden_pixels, sharpness, warp_error
from tiny_films import FRAMES, panned, texture, write_clip


def clip(tmp_path, name: str, frames: list[np.ndarray]):
    """A lossless film."""
    return open_clip(write_clip(tmp_path / f"{name}.mkv", frames, codec="ffv1", pixel_format="bgr0"))


def test_a_film_warped_by_its_own_motion_has_no_error():
    one, two = (torch.from_numpy(f).permute(2, 0, 1)[None].float() / 255 for f in panned(2, 3))
    flow = torch.tensor([-3.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, 48, 64)
    hidden = hidden_pixels(flow, -flow)
    assert hidden[..., :3].all() and not hidden[..., 3:].any()
    assert warp_error(one, two, flow, hidden) < 1e-10
    assert warp_error(one, two + 0.1, flow, hidden) == pytest.approx(0.01, rel=1e-4)


def test_sharpness_by_hand():
    image = torch.zeros(1, 3, 5, 5)
    image[..., 2, 2] = 1
    laplacian = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    assert sharpness(image) == pytest.approx(float(laplacian.var()))


def test_flicker_and_drift_and_blur_are_seen(tmp_path):
    frames = [texture(48, 64)] * FRAMES
    film = clip(tmp_path, "film", frames)
    still = summarize_film(list(evaluate_film(film, film, film)))
    assert still.warp_error == still.film_warp_error < 1e-10  # of float32
    assert still.stillness == 0 and still.sharpness == 1
    drifting = [np.clip(one.astype(int) - 2 * k, 0, 255).astype(np.uint8) for k, one in enumerate(frames)]
    found = summarize_film(list(evaluate_film(clip(tmp_path, "drift", drifting), film)))
    assert found.brightness_drift == pytest.approx(-2 * (FRAMES - 2) / 255, rel=0.05) and found.warp_error > 0
    grain = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    soft = (0.5 * grain + 0.5 * np.roll(grain, 1, 1)).astype(np.uint8)
    rough = clip(tmp_path, "rough", [grain] * 2)
    assert summarize_film(list(evaluate_film(clip(tmp_path, "soft", [soft] * 2), rough, rough))).sharpness < 0.8


def test_films_of_other_lengths_are_refused(tmp_path):
    with pytest.raises(InputError, match="shorter film"):
        list(evaluate_film(clip(tmp_path, "a", panned(3)), clip(tmp_path, "b", panned(2))))
    with pytest.raises(InputError, match="one frame"):
        summarize_film([])


def test_the_command_writes_a_page_and_numbers(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    clip(tmp_path, "a", panned(4))
    words = ["evaluate", "--video", "a.mkv", "--original", "a.mkv", "--against", "a.mkv", "-q"]
    assert main([*words, "-o", "report.html", "--json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["sharpness"] == 1 and len(document["pairs"]) == 3
    page = (tmp_path / "report.html").read_text()
    assert page.count("<svg") >= 4 and page.count("data:image/jpeg") == 6
    assert main(["evaluate", "--video", "a.mkv", "-q"]) == 2 and "--original" in capfd.readouterr().err
