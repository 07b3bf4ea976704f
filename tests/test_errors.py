"""What error messages suggest, and errors of other processes."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest
import torch

from brushwork.errors import (
    BrushworkError,
    DivergedError,
    InputError,
    OtherRankError,
    OutOfMemoryError,
    StopSignalError,
    import_extra,
    require_extra,
    suggest_names,
)


def test_what_is_not_installed_is_named_with_its_extra() -> None:
    require_extra("a test", "dev", "torch")
    printed = "a test needs packages that are not installed (no_such, nor_such): pip install 'brushwork[dev]'."
    with pytest.raises(InputError, match=f"^{re.escape(printed)}$"):
        require_extra("a test", "dev", "torch", "no_such", "nor_such")


def test_what_is_installed_and_cannot_be_imported_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "without_library.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)
    assert import_extra("a test", "dev", "torch") is torch
    printed = (
        "without_library is installed but cannot be imported (libGL.so.1: cannot open shared object file): reinstall "
        "it with pip install 'brushwork[dev]'."
    )
    with pytest.raises(InputError, match=f"^{re.escape(printed)}$"):
        import_extra("a test", "dev", "without_library")


def test_a_near_name_is_suggested_once() -> None:
    assert suggest_names("vgg99", ["vgg19", "vgg16", "vgg16"]) == "Did you mean 'vgg19' or 'vgg16'?"


def test_without_a_near_name_all_are_listed_once() -> None:
    assert suggest_names("x", ["wave", "auvers", "wave"]) == "Known: wave, auvers."


@pytest.mark.parametrize(
    "error",
    [
        InputError("no such file"),
        OtherRankError("rank 1 failed"),
        OutOfMemoryError("too large", 512),
        DivergedError("not finite", torch.ones(1, 3, 2, 2, requires_grad=True)),
        StopSignalError(15),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_are_the_same_in_another_process(error: BaseException) -> None:
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is type(error) and str(found) == str(error)
    for name, value in vars(error).items():
        assert torch.equal(value, vars(found)[name]) if name == "image" else value == vars(found)[name]
    assert isinstance(found, (BrushworkError, KeyboardInterrupt))
