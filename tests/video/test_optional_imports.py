"""Without the extra, one line says what to install."""

from __future__ import annotations

import sys

import pytest

from brushwork.errors import InputError
from brushwork.video.optional_imports import import_video


@pytest.mark.parametrize("module", ["av", "cv2"])
def test_a_missing_library_is_one_line(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=r"brushwork\[video\]"):
        import_video(module)


@pytest.mark.parametrize("module", ["av", "cv2"])
def test_a_library_that_cannot_be_imported_is_one_line(tmp_path, monkeypatch, module):
    (tmp_path / f"{module}.py").write_text("raise ImportError('libGL.so.1 is missing')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(InputError, match=rf"{module} is installed but cannot be imported \(libGL.so.1 is missing\)"):
        import_video(module)
