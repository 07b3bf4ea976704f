from __future__ import annotations

import pytest

from brushwork.errors import InputError
from brushwork.feedforward.networks.configs import MGANConfig
from brushwork.training.tasks.mgan_options import MGANTrainingOptions


def test_the_models_settings_and_the_targets_are_taken_from_them():
    options = MGANTrainingOptions(width=64, upsampling="transposed", target_size=200, target_iterations=30, seed=4)
    assert options.architecture == MGANConfig(width=64, upsampling="transposed")
    assert (options.target_options.size, options.target_options.iterations, options.target_options.seed) == (200, 30, 4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"block": 100}, "block is 100: it must be a multiple of 8"),
        ({"block": 32}, "block is 32"),
        ({"rotations": (60.0,)}, "rotations is"),
        ({"scales": ()}, "scales is empty"),
        ({"targets": -1}, "targets is -1"),
        ({"target_iterations": 0}, "target-iterations is 0"),
        ({"adversarial_weight": -0.5}, "adversarial-weight is -0.5"),
        ({"targets": 0, "content": "pixels"}, "content is pixels: it must be features, where there are no targets"),
        ({"width": 6}, "width is 6"),
        ({"iterations": 0}, "iterations is 0"),
    ],
)
def test_options_out_of_range(wrong, message):
    with pytest.raises(InputError, match=message):
        MGANTrainingOptions(**wrong)
