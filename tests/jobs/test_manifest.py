from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward import AdaINOptions
from brushwork.images import write_image
from brushwork.jobs.manifest import Manifest, describe_machine
from brushwork.jobs.plan import load_method
from brushwork.storage.hashing import file_sha256
from tiny_job import TINY, tiny_job, tiny_network

CPU = torch.device("cpu")


def manifest_of(job, network):
    return Manifest.of(job, load_method(job.options, CPU, network), CPU)


@pytest.fixture
def manifest(tmp_path):
    return manifest_of(tiny_job(tmp_path), tiny_network())


def test_it_comes_back_from_json(manifest):
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest


def test_it_names_files_as_seen_from_the_output(tmp_path):
    (tmp_path / "results").mkdir()
    job = tiny_job(tmp_path, output=tmp_path / "results" / "out.png")
    manifest = manifest_of(job, tiny_network())
    assert manifest.content.path == "../photograph.png"
    assert manifest.content.sha256 == file_sha256(job.content)
    assert str(tmp_path) not in json.dumps(manifest.to_json())


def test_equal_jobs_do_not_differ(manifest, tmp_path):
    other = manifest_of(tiny_job(tmp_path, output=tmp_path / "elsewhere.png"), tiny_network())
    assert manifest.differences(other) == []
    assert manifest.machine_differences(other) == []


def test_what_differs_is_named(manifest, tmp_path):
    other_picture = tmp_path / "other.png"
    write_image(torch.zeros(1, 3, 40, 40), other_picture)
    changes = {
        "size: 96 here, 48 there": {"options": replace(TINY, size=48)},
        "style-layers": {"options": replace(TINY, style_layers=("conv1_1",))},
        "another content image": {"content": other_picture},
        "another initial image": {"init": other_picture},
        "other style images": {"styles": (other_picture,)},
    }
    for message, change in changes.items():
        other = manifest_of(tiny_job(tmp_path, **change), tiny_network())
        (difference,) = manifest.differences(other)
        assert message in difference


def test_of_another_method_only_the_method_is_named(manifest):
    other = replace(manifest, options=AdaINOptions(), weights="")
    assert manifest.differences(other) == ["method: optimize here, adain there"]


def test_other_weights_are_noticed(manifest, tmp_path):
    network = tiny_network()
    next(network.parameters()).data[0, 0, 0, 0] += 1e-7
    assert manifest.differences(manifest_of(tiny_job(tmp_path), network)) == ["other network weights"]
    shown_otherwise = tiny_network()
    shown_otherwise.preprocess.mean += 1
    assert manifest.differences(manifest_of(tiny_job(tmp_path), shown_otherwise)) == ["other network weights"]


def test_another_machine_is_drift_only(manifest):
    other = replace(manifest, machine=manifest.machine | {"torch": "1.0"})
    assert manifest.differences(other) == []
    assert manifest.machine_differences(other) == [f"torch: {torch.__version__} here, 1.0 there"]


def test_the_machine_is_identified_by_what_changes_bits():
    assert describe_machine(CPU).keys() == {"brushwork", "torch", "python", "device", "model", "threads"}


@pytest.mark.parametrize("broken", ["method", "content", "styles", "machine"])
def test_an_incomplete_manifest_is_refused(manifest, broken):
    data = manifest.to_json()
    del data[broken]
    with pytest.raises(InputError, match="is incomplete"):
        Manifest.from_json(data)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        file_sha256(tmp_path / "nowhere")
