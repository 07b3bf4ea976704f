"""What a user is advised to do on each kind of machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from brushwork.devices.advice import CPU_BUILD, Hardware, advise, find_fault, find_hardware
from brushwork.devices.select import DEVICES

NVIDIA, AMD = Hardware(nvidia=True), Hardware(amd=True)


@pytest.mark.parametrize(
    ("device", "build", "hardware", "message"),
    [
        ("cpu", CPU_BUILD, NVIDIA, "install a torch for CUDA"),
        ("cpu", "CUDA 13.0", NVIDIA, "torch for CUDA 13.0 cannot use it: update the driver"),
        ("cpu", CPU_BUILD, AMD, "install a torch for ROCm"),
        ("cpu", "CUDA 13.0", AMD, "install a torch for ROCm"),
    ],
)
def test_a_gpu_that_is_not_used_says_why(device: str, build: str, hardware: Hardware, message: str) -> None:
    assert message in find_fault(device, build, hardware)


@pytest.mark.parametrize(
    ("device", "build", "hardware"),
    [
        ("cpu", CPU_BUILD, Hardware()),
        ("cpu", "CUDA 13.0", Hardware()),
        ("cuda", "CUDA 13.0", NVIDIA),
        ("cuda", "ROCm 6.4", AMD),
        ("mps", "MPS", Hardware()),
    ],
)
def test_nothing_is_wrong_where_the_gpu_is_used_or_there_is_none(device: str, build: str, hardware: Hardware) -> None:
    assert find_fault(device, build, hardware) == ""


def test_hardware_is_found_by_its_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("sys.platform", "linux")
    assert find_hardware(tmp_path) == Hardware()
    driver = tmp_path / "proc/driver/nvidia/version"
    driver.parent.mkdir(parents=True)
    driver.touch()
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/kfd").touch()
    assert find_hardware(tmp_path) == Hardware(nvidia=True, amd=True)


def test_every_kind_of_device_has_advice_of_its_own() -> None:
    assert len({advise(device) for device in DEVICES}) == len(DEVICES)
    assert "--quality draft" in advise("cpu") and "bf16" not in advise("cpu")
    assert "--precision bf16" in advise("cpu", has_matrix_units=True)
    assert "bf16" not in advise("cuda", has_matrix_units=True)
