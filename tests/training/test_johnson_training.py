"""From files of paintings to a training task."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import PIL.Image
import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.configs import JohnsonConfig, SuperResolutionConfig
from brushwork.feedforward.networks.registry import build_network
from brushwork.training import builders
from brushwork.training.tasks.johnson import make_johnson_task, with_model_architecture
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions
from brushwork.training.tasks.style_images import make_thumbnail
from tiny_network import tiny_network
from tiny_task import CPU, TINY, tiny_config


def untrained_model(settings: JohnsonConfig | SuperResolutionConfig) -> StyleModel:
    name = "johnson" if isinstance(settings, JohnsonConfig) else "super-resolution"
    return StyleModel("wave", name, settings, build_network(settings, 5))


def test_a_training_may_begin_with_the_weights_of_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builders, "load_encoder_for", lambda *_: tiny_network())
    start = untrained_model(TINY.architecture)
    task = make_johnson_task(tiny_config(tmp_path), [torch.rand(1, 3, 48, 48)], CPU, start)
    trained, initial = task.networks["model"].state_dict(), start.network.state_dict()
    assert all(torch.equal(trained[name], initial[name]) for name in initial)


def test_the_architecture_is_that_of_the_model_to_begin_with() -> None:
    start = untrained_model(JohnsonConfig(width=2, blocks=1, upsampling="nearest"))
    options = with_model_architecture(JohnsonTrainingOptions(style_weight=3.0), start, ["style_weight"])
    assert options.architecture == start.config
    assert options.style_weight == 3.0
    with pytest.raises(InputError, match="width is 32, but wave has 2: remove the option"):
        with_model_architecture(JohnsonTrainingOptions(), start, ["width"])
    with pytest.raises(InputError, match="model of another kind"):
        with_model_architecture(JohnsonTrainingOptions(), untrained_model(SuperResolutionConfig(width=2, blocks=1)), [])


@pytest.mark.parametrize(("count", "width"), [(1, 80), (2, 2 * 160)])
def test_thumbnails_stand_side_by_side_and_small(count: int, width: int) -> None:
    found = make_thumbnail([torch.rand(1, 3, 400, 200), torch.rand(1, 3, 200, 200)][:count])
    with PIL.Image.open(BytesIO(found)) as image:
        assert image.format == "JPEG"
        assert image.size == (width, 160)
