"""Models by their names."""

from __future__ import annotations

from os import scandir
from pathlib import Path

import pytest

from brushwork.errors import InputError
from brushwork.feedforward import model_lookup
from brushwork.feedforward.model import StyleModel, save_model
from brushwork.feedforward.networks.configs import MultiStyleConfig
from brushwork.feedforward.networks.registry import build_network


@pytest.fixture
def models_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The package's folder and the user's, with a few files."""
    package, own = tmp_path / "package", tmp_path / "own"
    for folder, names in ((package, ("wave", "night")), (own, ("mine", "night"))):
        folder.mkdir()
        for name in names:
            (folder / f"{name}.safetensors").touch()
    (own / ".hidden.safetensors").touch()
    monkeypatch.setattr(model_lookup, "BUNDLED_MODELS", package)
    monkeypatch.setenv("BRUSHWORK_MODELS", str(own))
    monkeypatch.chdir(tmp_path)
    return package, own


def test_the_users_models_go_first(models_folders: tuple[Path, Path]) -> None:
    package, own = models_folders
    found = model_lookup.list_models()
    assert list(found) == ["mine", "night", "wave"]
    assert found["night"].parent == own
    assert found["wave"].parent == package


def test_a_name_is_a_file(models_folders: tuple[Path, Path]) -> None:
    package, _ = models_folders
    assert model_lookup.find_model_file("wave") == package / "wave.safetensors"
    assert model_lookup.find_model_file("wave.safetensors") == Path("wave.safetensors")
    assert model_lookup.find_model_file("some/wave") == Path("some/wave")


def test_a_file_by_any_kind_of_path_is_taken_without_listing_the_models(
    models_folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, *_ = scandir(models_folders[0])
    monkeypatch.setattr(model_lookup, "list_models", None)
    assert model_lookup.find_model_file(entry) == Path(entry)
    assert model_lookup.find_model_file("some/wave") == Path("some/wave")


def test_a_file_goes_before_a_name(models_folders: tuple[Path, Path]) -> None:
    Path("wave").touch()
    assert model_lookup.find_model_file("wave") == Path("wave")


def test_a_folder_of_its_name_hides_no_model(models_folders: tuple[Path, Path]) -> None:
    Path("wave").mkdir()
    assert model_lookup.find_model_file("wave") == models_folders[0] / "wave.safetensors"


def test_a_name_may_have_a_dot(models_folders: tuple[Path, Path]) -> None:
    (models_folders[1] / "wave-1.5.safetensors").touch()
    assert model_lookup.find_model_file("wave-1.5") == models_folders[1] / "wave-1.5.safetensors"


def test_unknown_names_get_suggestions(models_folders: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match=r"no model 'wav'.*Did you mean 'wave'"):
        model_lookup.find_model_file("wav")
    with pytest.raises(InputError, match=r"Known: mine, night, wave"):
        model_lookup.find_model_file("impression")


def test_the_name_of_a_style_names_its_model(models_folders: tuple[Path, Path]) -> None:
    config = MultiStyleConfig(styles=("dawn", "dusk"), width=2, blocks=1)
    several = StyleModel("sky", "multi-style", config, build_network(config))
    save_model(several, models_folders[1] / "sky.safetensors")
    with pytest.raises(InputError, match="It is a style of sky: --model sky --style dusk"):
        model_lookup.find_model_file("dusk")


def test_where_there_are_none_it_says_so(models_folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_lookup, "list_models", dict)
    with pytest.raises(InputError, match="No models come with this installation"):
        model_lookup.find_model_file("wave")


def test_the_users_folder_lies_with_the_users_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BRUSHWORK_MODELS", raising=False)
    monkeypatch.setattr(model_lookup, "user_data", lambda: tmp_path)
    assert model_lookup.user_models_folder() == tmp_path / "models"
    monkeypatch.setenv("BRUSHWORK_MODELS", "mine")
    assert model_lookup.user_models_folder() == Path("mine")
