from __future__ import annotations

import pytest

from brushwork.encoders.native.library import load_library


@pytest.fixture
def compiled():
    """The compiled part, without which these tests mean nothing."""
    found = load_library()
    if found is None:
        pytest.skip("the native kernels were not built")
    return found
