from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images.geometry import Size, Window
from brushwork.losses.gram import GramLoss
from brushwork.losses.gram_variants import ProjectedGramLoss, principal_directions
from brushwork.losses.moments import gram


def loss(term, seen):
    return term.score(term.summarize(seen, Window.whole(Size.of(seen))))


def feature(seed, height=5, width=6):
    return torch.rand(1, 4, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_painting_itself_has_no_loss():
    painting = feature(0)
    assert loss(ProjectedGramLoss("t", *principal_directions(painting, 2), 1.0), painting).item() < 1e-25


def test_all_directions_see_what_the_gram_matrix_sees():
    painting, seen = feature(0), feature(1, 7, 8)
    whole = GramLoss("t", gram(painting) / 30, 0.3)
    torch.testing.assert_close(
        loss(ProjectedGramLoss("t", *principal_directions(painting, 9), 0.3), seen), loss(whole, seen)
    )


def test_directions_are_those_of_the_largest_moments():
    painting = feature(0)
    directions, target = principal_directions(painting, 2)
    torch.testing.assert_close(directions @ directions.mT, torch.eye(2, dtype=torch.float64))
    largest = torch.linalg.eigvalsh(gram(painting)[0] / 30).flip(0)[:2]
    torch.testing.assert_close(target[0], torch.diag(largest))


def test_what_is_not_seen_does_not_count():
    painting = feature(0)
    directions, target = principal_directions(painting, 1)
    unseen = torch.linalg.svd(directions).Vh[-1].view(1, 4, 1, 1)
    term = ProjectedGramLoss("t", directions, target, 1.0)
    torch.testing.assert_close(loss(term, painting + 3 * unseen), loss(term, painting))


@pytest.mark.parametrize(("most", "batch"), [(0, 1), (2, 2)])
def test_directions_are_of_one_picture(most, batch):
    with pytest.raises(InputError, match="a batch of one image"):
        principal_directions(feature(0).expand(batch, -1, -1, -1), most)
