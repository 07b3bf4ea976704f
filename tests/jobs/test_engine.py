"""A painting goes on, and is repeated, with the engine that it was begun with."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.jobs.manifest import Manifest
from brushwork.jobs.preflight import prepare_job
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import TransferOptions
from tiny_job import tiny_job, tiny_network


@pytest.fixture(scope="module")
def encoder():
    return tiny_network()


def _prepare(job, encoder, engine):
    encoder.engine = engine
    return prepare_job(job, replacing=True, memory=None, network=encoder)


def test_the_manifest_has_the_engine(tmp_path, encoder):
    manifest = _prepare(tiny_job(tmp_path), encoder, "channels-last").manifest
    assert manifest.options.engine == "channels-last"
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_a_painting_goes_on_as_it_was_begun(tmp_path, encoder):
    begun = _prepare(tiny_job(tmp_path), encoder, "channels-last").manifest
    prepared = _prepare(tiny_job(tmp_path), encoder, "plain").resume_from(begun)
    assert prepared.method.engine == "channels-last"
    assert prepared.manifest.options.engine == "channels-last"
    assert not prepared.manifest.differences(begun)
    assert not prepared.manifest.machine_differences(begun)


def test_an_engine_that_is_requested_is_taken_and_reported(tmp_path, encoder):
    begun = _prepare(tiny_job(tmp_path), encoder, "channels-last").manifest
    job = tiny_job(tmp_path)
    prepared = _prepare(replace(job, options=replace(job.options, engine="plain")), encoder, "plain").resume_from(begun)
    assert prepared.method.engine == "plain"
    assert not prepared.manifest.differences(begun)
    assert prepared.manifest.machine_differences(begun) == ["engine: plain here, channels-last there"]


def test_an_engine_that_is_gone_is_reported(tmp_path, encoder, monkeypatch):
    begun = _prepare(tiny_job(tmp_path), encoder, "channels-last").manifest
    monkeypatch.setattr("brushwork.jobs.preflight.usable_engines", lambda: ("plain",))
    prepared = _prepare(tiny_job(tmp_path), encoder, "plain").resume_from(begun)
    assert prepared.method.engine == "plain"
    assert prepared.manifest.machine_differences(begun) == ["engine: plain here, channels-last there"]


@pytest.mark.slow
def test_elsewhere_than_on_processors_the_modules_compute():
    assert load_encoder_for(TransferOptions(engine="channels-last"), "cpu").engine == "channels-last"
    assert load_encoder_for(TransferOptions(engine="auto"), "cpu", computes_on=torch.device("cuda")).engine == "plain"
