from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from brushwork.images.geometry import Size
from brushwork.images.resample import enlarge_rows, resize, source_rows
from tolerances import DOUBLE


@settings(deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(2, 9),
    factor=st.floats(1, 5),
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_rows_of_an_enlarged_picture_come_from_the_rows_they_need(
    height: int, width: int, factor: float, ends: tuple[float, float]
) -> None:
    picture = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    old, new = Size(height, width), Size(max(height, round(height * factor)), max(width, round(width * factor)))
    top = min(int(min(ends) * new.height), new.height - 1)
    bottom = max(top + 1, int(max(ends) * new.height))
    first, end = source_rows(top, bottom, old.height, new.height)
    rows = enlarge_rows(picture[..., first:end, :], first, old, new, (top, bottom))
    torch.testing.assert_close(rows, resize(picture, new)[..., top:bottom, :], rtol=0, atol=DOUBLE)
    assert end - first <= (bottom - top) * height / new.height + 6
