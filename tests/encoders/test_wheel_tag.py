"""The platform tag of a wheel follows from the symbols that the library needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from brushwork.encoders.native.wheel_tag import platform_tag


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_platform", lambda: "linux-x86_64")
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.36"))


def library(folder: Path, *symbols: str) -> Path:
    file = folder / "library.so"
    file.write_bytes(b"\x7fELF" + b"".join(b"\0" + symbol.encode() + b"\0" for symbol in symbols))
    return file


def test_old_symbols_run_on_every_manylinux(tmp_path: Path, linux: None) -> None:
    file = library(tmp_path, "GLIBC_2.2.5", "GLIBC_2.28", "GLIBCXX_3.4.22", "CXXABI_1.3")
    assert platform_tag(file) == "manylinux_2_28_x86_64"


@pytest.mark.parametrize("newer", ["GLIBC_2.29", "GLIBCXX_3.4.26", "CXXABI_1.3.13"])
def test_a_newer_symbol_needs_this_system(newer: str, tmp_path: Path, linux: None) -> None:
    assert platform_tag(library(tmp_path, "GLIBC_2.2.5", newer)) == "linux_x86_64"


@pytest.mark.parametrize("libc", [("glibc", "2.17"), ("", "")])
def test_an_older_or_another_libc_keeps_its_own_tag(
    libc: tuple[str, str], tmp_path: Path, linux: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: libc)
    assert platform_tag(library(tmp_path, "GLIBC_2.2.5")) == "linux_x86_64"


def test_a_mac_keeps_its_own_tag(tmp_path: Path, linux: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_platform", lambda: "macosx-11.0-arm64")
    assert platform_tag(library(tmp_path)) == "macosx_11_0_arm64"
