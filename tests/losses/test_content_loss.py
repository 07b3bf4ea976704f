from __future__ import annotations

import torch

from brushwork.images.geometry import Size, Window
from brushwork.losses.content import ContentLoss

TARGET = torch.arange(2 * 3 * 4, dtype=torch.float64).reshape(1, 2, 3, 4)
WHOLE = Window.whole(Size(3, 4))


def test_the_target_itself_has_no_loss():
    term = ContentLoss("t", TARGET, 0.5)
    assert term.score(term.summarize(TARGET, WHOLE)).item() == 0


def test_a_window_is_compared_with_its_part_of_the_target():
    term = ContentLoss("t", TARGET, 2.0)
    window = Window(1, 2, 2, 1, Size(3, 4))
    seen = TARGET[..., 1:3, 2:3] + 3
    assert term.score(term.summarize(seen, window)).item() == 2.0 * 9 * 2 * 2


def test_one_target_serves_a_batch():
    term = ContentLoss("t", TARGET, 1.0)
    batch = torch.cat([TARGET, TARGET + 1])
    assert term.score(term.summarize(batch, WHOLE)).tolist() == [0.0, 24.0]


def test_the_target_is_not_printed():
    assert "tensor" not in repr(ContentLoss("t", TARGET, 1.0))
