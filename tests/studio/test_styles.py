"""A trained network of several styles: each is a painting to choose, and its card is painted by it."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward import ModelOptions
from brushwork.feedforward.model import StyleModel, save_model
from brushwork.feedforward.networks.configs import MultiStyleConfig, TextureNetConfig
from brushwork.feedforward.networks.registry import build_network
from brushwork.images import read_image
from brushwork.recipes import load_preset
from brushwork.studio import painting
from brushwork.studio.claims import claim_job
from brushwork.studio.known_paintings import register_models
from brushwork.studio.painting import LoadedNetworks
from brushwork.studio.turns import Turns
from brushwork.studio.work import WorkOnJob
from brushwork.training.tasks.style_images import make_thumbnail
from studio_pictures import png, put

API = "/api/v1"
COLORS = {"dusk": (0.8, 0.2, 0.2), "noon": (0.2, 0.8, 0.2), "night": (0.1, 0.1, 0.6)}


@pytest.fixture
def models_folder(tmp_path, monkeypatch):
    """A folder of models with one of three styles, which nothing else knows by name."""
    config = MultiStyleConfig(styles=tuple(COLORS), width=4, blocks=1)
    network = build_network(config, seed=1)
    with torch.no_grad():
        for parameter in network.parameters():  # each style has its own scales and shifts
            if parameter.ndim == 2:
                parameter.copy_(torch.rand(parameter.shape, generator=torch.Generator().manual_seed(2)))
    thumbnail = make_thumbnail([torch.tensor(one).view(1, 3, 1, 1).expand(1, 3, 64, 96) for one in COLORS.values()])
    folder = tmp_path / "models"
    folder.mkdir()
    save_model(StyleModel("sky", "multi-style", config, network, thumbnail), folder / "sky.safetensors")
    monkeypatch.setenv("BRUSHWORK_MODELS", str(folder))
    return folder


def sky(client):
    listed = client.get(f"{API}/paintings").json()["paintings"]
    return {one["style"]: one for one in listed if one["model"] == "sky"}


def test_each_style_is_a_painting_with_its_image_until_its_model_is_gone(models_folder, client, database, folder):
    register_models(database, folder)
    found = sky(client)
    assert {style: one["id"] for style, one in found.items()} == {style: f"model:sky:{style}" for style in COLORS}
    for style, one in found.items():
        image = read_image(folder.stored(one["sha256"])).image
        assert image.shape == (1, 3, 160, 160)
        expected = torch.tensor(COLORS[style])
        torch.testing.assert_close(image.mean((0, 2, 3)), expected, rtol=0, atol=4 / 255)  # twice a JPEG, of one color
    (models_folder / "sky.safetensors").unlink()
    register_models(database, folder)
    assert sky(client) == {}


def test_a_damaged_model_is_left_out_and_a_texture_is_known_by_its_architecture(
    models_folder, client, database, folder
):
    config = TextureNetConfig(scales=2)
    image = make_thumbnail([torch.rand(1, 3, 64, 64)])
    save_model(
        StyleModel("pebbles", "texture", config, build_network(config), image), models_folder / "pebbles.safetensors"
    )
    (models_folder / "damaged.safetensors").write_bytes((models_folder / "sky.safetensors").read_bytes()[:100])
    register_models(database, folder)
    listed = {one["model"] for one in client.get(f"{API}/paintings").json()["paintings"]}
    assert "sky" in listed and not listed & {"pebbles", "damaged"}


def test_a_model_is_a_known_name_and_no_file_of_the_current_folder(models_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sky = (models_folder / "sky.safetensors").read_bytes()
    for name in ("private.safetensors", "private"):
        (tmp_path / name).write_bytes(sky)
        with pytest.raises(InputError, match=f"no model '{name}'"):
            LoadedNetworks().network(ModelOptions(model=name))
    (tmp_path / "sky").mkdir()
    (models_folder / "sky.v2.safetensors").write_bytes(sky)
    for name in ("sky", "sky.v2"):
        assert LoadedNetworks().network(ModelOptions(model=name, style=("dusk",))).options.model == name
    (models_folder / "damaged.safetensors").write_bytes(sky[:100])
    with pytest.raises(InputError, match=r"^damaged is damaged"):  # clients learn no path
        LoadedNetworks().network(ModelOptions(model="damaged"))


@pytest.mark.parametrize("changed", [{"preprocessing": "signed"}, {"engine": "plain"}, {"encoder_scale": 256.0}])
def test_networks_that_differ_in_any_option_are_loaded_apart(monkeypatch, changed):
    monkeypatch.setattr(painting, "load_encoder_for", lambda options, *_, **__: object())
    networks, usual = LoadedNetworks(torch.device("cpu")), load_preset("default")
    assert networks.encoder(usual) is networks.encoder(usual)
    assert networks.encoder(replace(usual, **changed)) is not networks.encoder(usual)


def test_the_card_of_a_style_is_painted_by_it(models_folder, client, database, folder, store):
    register_models(database, folder)
    content = put(folder, database, png(1))
    ask = {"content": content, "paintings": [f"model:sky:{style}" for style in COLORS]}
    jobs = [one["job"]["id"] for one in client.post(f"{API}/cards", ask).json()["cards"]]
    assert [store.get(job)["request"]["options"] for job in jobs] == [{"style": [style]} for style in COLORS]
    networks, pictures = LoadedNetworks(), []
    for job in jobs[:2]:
        claim = claim_job(database, job, 1, "w", has_newer_checkpoint=False)
        WorkOnJob(claim, folder, networks, Turns(), Event()).run()
        done = store.get(job)
        assert (done["state"], done["problem"]) == ("completed", None)
        pictures.append(done["result"]["sha256"])
    assert pictures[0] != pictures[1]


def test_a_blend_of_two_styles_is_requested_as_the_command_does(models_folder, client, database, folder):
    content = put(folder, database, png(1))
    body = {
        "kind": "model",
        "model": "sky",
        "content": content,
        "options": {"size": 64, "style": ["dusk:0.4", "noon:0.6"]},
    }
    assert client.post(f"{API}/jobs", body).status == 201
