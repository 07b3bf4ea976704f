from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from brushwork.encoders.native import build


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch):
    """Whatever the environment says of the compiler."""
    for name in ("CXX", build.NO_KERNELS):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.slow
def test_builds_a_library_that_loads(tmp_path, monkeypatch):
    compiler = next((one for one in ("c++", "g++", "clang++") if shutil.which(one)), None)
    if compiler is None:
        pytest.skip("no C++ compiler")
    monkeypatch.setattr(build, "VARIANTS", {})
    monkeypatch.setattr(build, "FLAGS", ("-std=c++17", "-O0", "-fPIC", "-Wno-psabi"))
    monkeypatch.setattr(build, "_variants", lambda: {"generic": (), "avx2": ("-Dnothing",), "avx512": ("-Dnothing",)})
    assert build.build_library(tmp_path) == ""
    assert [path.name for path in tmp_path.iterdir()] == [build.LIBRARY]


def test_a_compiler_that_fails_is_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("CXX", "false")
    assert "false failed" in build.build_library(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_compiler_that_is_missing_is_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert "no-such-compiler" in build.build_library(tmp_path)
    monkeypatch.delenv("CXX")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no C++ compiler" in build.build_library(tmp_path)


def test_nothing_is_built_where_it_is_not_wanted(tmp_path, monkeypatch):
    monkeypatch.setenv(build.NO_KERNELS, "1")
    assert build.NO_KERNELS in build.build_library(tmp_path)


def test_matrix_units_are_left_out_where_the_compiler_does_not_know_them(tmp_path, monkeypatch):
    commands = []

    def run(command):
        commands.append(command)
        if "-mamx-bf16" in command:
            raise subprocess.CalledProcessError(1, command)
        if "-shared" in command:
            (tmp_path / command[command.index("-o") + 1]).touch()

    monkeypatch.setattr(build, "_run", run)
    monkeypatch.setattr(build, "_variants", lambda: build.VARIANTS)
    monkeypatch.setenv("CXX", "c++")
    assert build.build_library(tmp_path) == ""
    built = [argument for command in commands for argument in command if argument.startswith(("-DVARIANT", "-DWITH"))]
    assert {"-DVARIANT=avx512", "-DWITH_avx512"} <= set(built)
    assert not any(argument.endswith("amx") for argument in built)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["avx512", "avx2", "generic"])
def test_a_lesser_variant_may_be_requested(variant, compiled):
    code = "from brushwork.encoders.native.library import load_library; print(load_library().variant)"
    environment = os.environ | {"BRUSHWORK_KERNELS": variant}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    order = ("generic", "avx2", "avx512", "amx")
    assert printed.stdout.strip() == min(variant, compiled.variant, key=order.index)
