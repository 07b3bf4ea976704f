from __future__ import annotations

import json

import pytest
import torch

from brushwork.encoders import autotune
from brushwork.encoders.backends import usable_engines

SECONDS = {engine: 1.0 + place for place, engine in enumerate(usable_engines())}


@pytest.fixture(autouse=True)
def forgotten():
    autotune.fastest_engine.cache_clear()
    yield
    autotune.fastest_engine.cache_clear()


@pytest.mark.slow
def test_every_engine_is_measured_and_nobody_else_feels_it():
    state = torch.get_rng_state()
    with torch.no_grad():
        seconds = autotune.time_engines()
    assert set(seconds) == set(usable_engines())
    assert all(value > 0 for value in seconds.values())
    assert torch.equal(state, torch.get_rng_state())


def test_the_fastest_is_remembered(monkeypatch, cache):
    monkeypatch.setattr(autotune, "time_engines", lambda: SECONDS | {"channels-last": 0.5})
    assert autotune.fastest_engine() == "channels-last"
    autotune.fastest_engine.cache_clear()
    monkeypatch.setattr(autotune, "time_engines", lambda: pytest.fail("measured again"))
    assert autotune.fastest_engine() == "channels-last"


@pytest.mark.parametrize("content", ["{", "[]", '{"another machine": "native"}'])
def test_what_cannot_be_used_is_measured_again(monkeypatch, cache, content):
    cache.parent.mkdir(parents=True)
    (cache.parent / "engines.json").write_text(content)
    monkeypatch.setattr(autotune, "time_engines", lambda: SECONDS)
    assert autotune.fastest_engine() == "plain"
    assert "plain" in json.loads((cache.parent / "engines.json").read_text()).values()


def test_an_engine_that_is_gone_is_forgotten(monkeypatch, cache):
    monkeypatch.setattr(autotune, "time_engines", lambda: SECONDS)
    autotune.fastest_engine()
    autotune.fastest_engine.cache_clear()
    monkeypatch.setattr(autotune, "usable_engines", lambda: ("channels-last",))
    monkeypatch.setattr(autotune, "time_engines", lambda: {"channels-last": 1.0})
    assert autotune.fastest_engine() == "channels-last"


def test_a_cache_that_cannot_be_written_is_no_trouble(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("BRUSHWORK_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(autotune, "time_engines", lambda: SECONDS)
    assert autotune.fastest_engine() == "plain"
