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
