from __future__ import annotations

import pytest
import torch

from brushwork.controls import StyleRegion
from brushwork.errors import InputError
from brushwork.recipes import extract_style, transfer


def test_regions_that_cannot_be_are_refused(small_transfer, tiny, photograph, painting, halves):
    def refused(message, paintings=(painting,), regions=halves, **own):
        with pytest.raises(InputError, match=message):
            transfer(photograph, paintings, small_transfer(**own), encoder=tiny, regions=regions)

    refused("style image 2 has no region", (painting, photograph))
    refused(
        "region 2 belongs to style image 3",
        regions=(halves[0], StyleRegion(*[torch.ones(1, 4, 4)] * 2, 2)),
    )
    refused("region 1 has a mask of 2 images", regions=(StyleRegion(torch.ones(2, 4, 4), torch.ones(1, 4, 4)),))
    refused("remove style-blend", style_blend=(1.0,))
    refused("regions keep only some positions, but the loss patches needs more", loss=("patches",))
    refused("regions take each style image at one scale", style_scale=(1.0, 0.5))
    kept = extract_style(painting, small_transfer(), "a painting", encoder=tiny)
    refused("the style file of a painting cannot be divided into regions", (kept,))
