"""Training from files to a file, in one call."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from brushwork.errors import InputError, StopSignalError
from brushwork.feedforward.model import load_model
from brushwork.images import write_image
from brushwork.jobs import Finished, Note, Started
from brushwork.recipes import Progress
from brushwork.training.config import TrainingConfig
from brushwork.training.run import FAMILIES, train_model
from brushwork.training.tasks import johnson
from brushwork.training.tasks.mgan_options import MGANTrainingOptions
from tiny_network import picture, tiny_network
from tiny_task import TINY, tiny_config

MGAN = MGANTrainingOptions(
    width=16, block=64, batch=2, iterations=1, val_images=0, targets=2, target_size=72, target_iterations=2,
    rotations=(0.0,), scales=(1.0,),
)  # fmt: skip


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainingConfig:
    monkeypatch.setattr(johnson, "load_encoder_for", lambda *_: tiny_network())
    write_image(picture(2, 72, 80), tmp_path / "waves.png")
    return tiny_config(tmp_path, replace(TINY, iterations=2), styles=(tmp_path / "waves.png",))


def test_a_johnson_network(config: TrainingConfig) -> None:
    started, *_, finished = train_model(config, device="cpu")
    assert started == Started(torch.device("cpu"), 2)
    assert isinstance(finished, Finished)
    model = load_model(finished.path)
    assert (model.provenance["family"], model.provenance["styles"][0]["name"]) == ("johnson", "waves.png")
    assert model.style is not None


def test_from_another_model_in_its_architecture(config: TrainingConfig) -> None:
    list(train_model(config, device="cpu"))
    later = replace(config, options=replace(config.options, width=4), init=str(config.output))
    later = replace(later, output=config.output.with_name("later.safetensors"))
    list(train_model(later, device="cpu"))
    model = load_model(later.output)
    assert (model.config.width, model.provenance["from"]) == (2, "painter")
    assert model.provenance["options"]["width"] == 2


def test_weights_of_other_style_images_are_refused(config: TrainingConfig) -> None:
    with pytest.raises(InputError, match="style-blend has 2 weights for 1 pictures"):
        list(train_model(replace(config, options=replace(config.options, style_blend=(1.0, 2.0))), device="cpu"))
    with pytest.raises(InputError, match="remove init"):
        list(train_model(replace(config, options=MGAN, init="wave"), device="cpu"))


@pytest.mark.slow
def test_mgan_optimizes_its_targets_first(config: TrainingConfig) -> None:
    config = replace(config, options=MGAN)
    for number in range(2):
        write_image(picture(number, 72, 72), config.photos / f"{number}.png", overwrite=True)
    for number in range(2, 8):
        (config.photos / f"{number}.png").unlink()
    seen: list[object] = []
    with pytest.raises(StopSignalError):
        for event in train_model(config, device="cpu", should_stop=lambda: 15 * isinstance(seen[-1], Progress)):
            seen.append(event)
    assert [one.suffix for one in sorted(config.targets_folder.iterdir())] == [".png", ".checkpoint"]  # as it was left
    events = list(train_model(replace(config, resume=True), device="cpu"))
    told = [event.text for event in events if isinstance(event, Note)]
    assert [one.partition(":")[0] for one in told if one.startswith("target")] == ["target 1/2", "target 2/2"]
    assert isinstance(events[-1], Finished)
    assert len(list(config.targets_folder.glob("*.png"))) == 2
    assert load_model(config.output).provenance["family"] == "mgan"


def test_every_family_has_a_name() -> None:
    assert sorted(one.name for one in FAMILIES.values()) == ["johnson", "mgan", "super-resolution", "texture"]
