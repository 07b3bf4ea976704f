"""Folders of a user who may have none, as in many containers."""

from __future__ import annotations

import pwd
from pathlib import Path

import platformdirs
import pytest

from brushwork.cli.main import main
from brushwork.errors import WeightsError
from brushwork.fast.shelf import shelved
from brushwork.folders import expanded, user_cache, user_data
from brushwork.perception.cache import Weights, cached_names, store


@pytest.fixture
def homeless(monkeypatch, tmp_path):
    """HOME is not set, and the user has no entry; in an empty folder."""

    def unknown(_):
        raise KeyError("getpwuid(): uid not found")

    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "BRUSHWORK_CACHE", "BRUSHWORK_PAINTERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_home_folder_is_put_in(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    assert expanded("~/a.png") == Path("/somewhere/a.png")
    assert expanded("b/~/a.png") == Path("b/~/a.png")


def test_a_name_that_begins_so_is_a_name():
    assert expanded("~nobody-is-called-so.png") == Path("~nobody-is-called-so.png")


def test_without_a_home_the_name_stays_and_nothing_is_kept(homeless):
    assert expanded("~/a.png") == Path("~/a.png")
    assert user_cache() == Path("/nonexistent/.cache/brushwork")
    assert user_data() == Path("/nonexistent/.local/share/brushwork")
    assert cached_names() == []
    assert shelved()  # those of the package


def test_platformdirs_that_leave_the_sign_as_it_is(homeless, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: Path("~/.cache/brushwork"))
    assert user_cache() == Path("/nonexistent/.cache/brushwork")


def test_weights_that_have_no_place_are_refused_with_a_way_out(homeless, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refused)  # as for any user who has no home
    with pytest.raises(WeightsError, match="BRUSHWORK_CACHE"):
        store(Weights("mine", "vgg19", "caffe", "", "", "", {}))
    assert not list(homeless.iterdir())


@pytest.mark.parametrize("command", [("weights", "list"), ("painters",), ("presets",), ("doctor",)])
def test_commands_that_look_into_these_folders(homeless, capsys, command):
    code, said = main(command), capsys.readouterr()
    assert code == 0, said.err
    assert said.err == ""
