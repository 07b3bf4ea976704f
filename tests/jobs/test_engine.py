"""A painting goes on, and is repeated, with the engine that it was begun with."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parent))
from tiny_job import tiny_job, tiny_network

from brushwork.jobs.prepare import prepare
from brushwork.jobs.record import Record
from brushwork.recipes import Transfer
from brushwork.recipes.seeing import encoder_for


@pytest.fixture(scope="module")
def encoder():
    return tiny_network()


def _desk(job, encoder, engine):
    encoder.engine = engine
    return prepare(job, replacing=True, memory=None, encoder=encoder)


def test_the_record_tells_the_engine(tmp_path, encoder):
    record = _desk(tiny_job(tmp_path), encoder, "channels-last").record
    assert record.options.engine == "channels-last"
    assert Record.from_json(record.to_json()) == record


def test_a_painting_goes_on_as_it_was_begun(tmp_path, encoder):
    begun = _desk(tiny_job(tmp_path), encoder, "channels-last").record
    desk = _desk(tiny_job(tmp_path), encoder, "plain").going_on(begun)
    assert desk.encoder.engine == "channels-last"
    assert desk.record.options.engine == "channels-last"
    assert not desk.record.differences(begun)
    assert not desk.record.drift(begun)


def test_an_engine_that_is_asked_for_is_taken_and_told(tmp_path, encoder):
    begun = _desk(tiny_job(tmp_path), encoder, "channels-last").record
    job = tiny_job(tmp_path)
    desk = _desk(replace(job, options=replace(job.options, engine="plain")), encoder, "plain").going_on(begun)
    assert desk.encoder.engine == "plain"
    assert not desk.record.differences(begun)
    assert desk.record.drift(begun) == ["engine: plain here, channels-last there"]


def test_an_engine_that_is_gone_is_told(tmp_path, encoder, monkeypatch):
    begun = _desk(tiny_job(tmp_path), encoder, "channels-last").record
    monkeypatch.setattr("brushwork.jobs.prepare.usable", lambda: ("plain",))
    desk = _desk(tiny_job(tmp_path), encoder, "plain").going_on(begun)
    assert desk.encoder.engine == "plain"
    assert desk.record.drift(begun) == ["engine: plain here, channels-last there"]


@pytest.mark.slow
def test_elsewhere_than_on_processors_the_modules_compute():
    assert encoder_for(Transfer(engine="channels-last"), "cpu").engine == "channels-last"
    assert encoder_for(Transfer(engine="auto"), "cpu", computes_on=torch.device("cuda")).engine == "plain"
