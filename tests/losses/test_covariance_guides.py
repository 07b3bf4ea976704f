from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.losses.local_gram import content_guides, window_weights


def test_a_lone_response_spreads_over_the_flipped_window():
    responses = torch.zeros(1, 1, 5, 5)
    responses[..., 2, 2] = 1
    weights = torch.tensor([1.0, 3.0, 2.0])
    guides = content_guides(responses, Size(5, 5), weights)
    assert torch.equal(guides[0, 1:4, 1:4], torch.outer(weights, weights))


def test_responses_are_resampled_to_the_map():
    guides = content_guides(torch.ones(1, 3, 4, 6), Size(8, 12), window_weights(0))
    torch.testing.assert_close(guides, torch.ones(3, 8, 12))


def test_a_window_sums_to_one():
    assert window_weights(2).shape == (5,)
    assert window_weights(2).sum().item() == pytest.approx(1)


def test_what_cannot_be_a_guide_is_refused():
    with pytest.raises(InputError, match="a batch of 2"):
        content_guides(torch.ones(2, 1, 4, 4), Size(4, 4), window_weights(1))
    with pytest.raises(InputError, match="odd side"):
        content_guides(torch.ones(1, 1, 4, 4), Size(4, 4), torch.ones(2))
    with pytest.raises(InputError, match="0 or more; given: -1"):
        window_weights(-1)
