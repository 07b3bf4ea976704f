from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from brushwork.controls import RecipeInputs
from brushwork.feedforward.inference import PartialResult, run_stylizer
from brushwork.feedforward.options import StylizeOptions
from brushwork.images import Size
from tolerances import SINGLE


@dataclass(frozen=True, kw_only=True)
class CopyingOptions(StylizeOptions):
    """Paints the photograph as it is shown."""

    def load_stylizer(self, device):
        return self

    def stylize(self, images, canvas, side=None):
        self.seen.append((images, canvas, side))
        yield PartialResult(0.5)
        yield PartialResult(1.0, images.content)

    @property
    def seen(self):
        return self.__dict__.setdefault("_seen", [])


def _pictures():
    generator = torch.Generator().manual_seed(0)
    return RecipeInputs(torch.rand(1, 3, 40, 60, generator=generator), (torch.rand(1, 3, 50, 50, generator=generator),))


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (CopyingOptions(), Size(341, 512)),
        (CopyingOptions(size="full"), Size(40, 60)),
        (CopyingOptions(size=80, measure="short"), Size(80, 120)),
    ],
)
def test_the_canvas(options, size):
    assert options.output_size(Size(40, 60)) == size


def test_the_stylizer_gets_the_requested_colors_and_the_picture_gets_its_own():
    pictures, options = _pictures(), CopyingOptions(color="keep-luminance", size="full")
    half, whole = run_stylizer(options, pictures, options, 136)
    ((shown, canvas, side),) = options.seen
    assert (half, canvas, side) == (PartialResult(0.5), Size(40, 60), 136)
    assert float((shown.content[:, 0] - shown.content[:, 1]).abs().max()) < SINGLE  # gray
    assert whole.image is not None
    torch.testing.assert_close(whole.image, pictures.content, atol=SINGLE, rtol=0)


def test_with_the_paintings_colors_nothing_is_changed():
    pictures, options = _pictures(), CopyingOptions(size="full")
    *_, last = run_stylizer(options, pictures, options)
    assert last.image is pictures.content
