from __future__ import annotations

import pytest

from brushwork.errors import InputError
from brushwork.options.style_losses import parse_loss_weights, parse_weights, require_statistics_only
from brushwork.recipes import TextureOptions, TransferOptions


def test_names_and_weights():
    assert parse_loss_weights(("gram", "sliced:0.5", "patches:2e-3")) == {"gram": 1.0, "sliced": 0.5, "patches": 0.002}


def test_a_name_may_have_a_colon():
    known = ("Hokusai: wave", "a:2")
    assert parse_weights(("Hokusai: wave:0.5", "a:2"), "style", known) == {"Hokusai: wave": 0.5, "a:2": 1.0}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("slices",), "there is no loss 'slices'. Did you mean 'sliced'?"),
        (("gram", "gram:2"), "the loss gram was given twice: gram gram:2."),
        (("gram:much",), "the loss 'gram:much' has no weight"),
        (("gram:-1",), "the loss 'gram:-1' has no weight"),
        (("gram:inf",), "the loss 'gram:inf' has no weight"),
        (("gram:",), "the loss 'gram:' has no weight"),
        ((), "no loss was given: use one or more of gram, moments"),
    ],
)
@pytest.mark.parametrize("recipe", [TransferOptions, TextureOptions])
def test_what_is_no_loss_is_refused(recipe, given, message):
    with pytest.raises(InputError) as error:
        recipe(loss=given)
    assert message in str(error.value)


def test_losses_that_want_features_are_refused():
    require_statistics_only(("gram", "moments:3"), "there are moments alone")
    with pytest.raises(InputError, match="there are moments alone, but the loss sliced needs more: use gram or mom"):
        require_statistics_only(("gram", "sliced"), "there are moments alone")
