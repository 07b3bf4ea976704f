"""Folders of a user who may have none, as in many containers."""

from __future__ import annotations

import os
import pwd
import tempfile
from pathlib import Path

import platformdirs
import pytest
import torch

from brushwork.cli.main import main
from brushwork.cli.temporary import temporary_beside
from brushwork.encoders.weights.cache import EncoderWeights, cached_names, write_weights
from brushwork.errors import InputError, WeightsError
from brushwork.feedforward.model_lookup import list_models
from brushwork.optim.curvature_pairs import VectorStore as Vectors
from brushwork.storage.folders import expand_user, temporary_place, user_cache, user_data
from brushwork.storage.mapped import empty_mapped

NOWHERE = Path(os.devnull)


@pytest.fixture
def no_home(monkeypatch, tmp_path):
    """HOME is not set, and the user has no entry; in an empty folder."""

    def unknown(_):
        raise KeyError("getpwuid(): uid not found")

    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "BRUSHWORK_CACHE", "BRUSHWORK_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_home_folder_is_put_in(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    assert expand_user("~/a.png") == Path("/somewhere/a.png")
    assert expand_user("b/~/a.png") == Path("b/~/a.png")


def test_a_name_that_begins_so_is_a_name():
    assert expand_user("~nobody-is-called-so.png") == Path("~nobody-is-called-so.png")


def test_without_a_home_the_name_stays_and_nothing_is_kept(no_home):
    assert expand_user("~/a.png") == Path("~/a.png")
    assert user_cache() == NOWHERE / ".cache/brushwork"
    assert user_data() == NOWHERE / ".local/share/brushwork"
    assert cached_names() == []
    assert list_models()  # those of the package


def test_platformdirs_that_leave_the_sign_as_it_is(no_home, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: Path("~/.cache/brushwork"))
    assert user_cache() == NOWHERE / ".cache/brushwork"


def test_weights_that_have_no_place_are_refused_with_a_way_out(no_home):
    with pytest.raises(WeightsError, match="BRUSHWORK_CACHE"):
        write_weights(EncoderWeights("mine", "vgg19", "caffe", "", "", "", {}))
    assert not list(no_home.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("command", [("weights", "list"), ("models",), ("presets",), ("doctor",)])
def test_commands_that_look_into_these_folders(no_home, capsys, command):
    code, printed = main(command), capsys.readouterr()
    assert code == 0, printed.err
    assert printed.err == ""


@pytest.fixture
def no_temporary_folder(monkeypatch, tmp_path):
    """No folder takes temporary files."""

    def none(*_):
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)
    usable = tempfile._get_default_tempdir
    monkeypatch.setattr(tempfile, "_get_default_tempdir", lambda: usable() if os.environ.get("TMPDIR") else none())
    return tmp_path


def test_what_needs_a_temporary_file_says_so_in_one_line(no_temporary_folder):
    for need in (
        temporary_place,
        lambda: empty_mapped((4,), torch.float32),
        lambda: Vectors("disk").copy(torch.zeros(4)),
    ):
        with pytest.raises(InputError, match="set TMPDIR to one"):
            need()


def test_temporary_files_lie_beside_the_result_where_there_is_no_other_place(no_temporary_folder):
    with temporary_beside(no_temporary_folder / "not" / "there"):
        assert Path(temporary_place()).parent == no_temporary_folder
        empty_mapped((4,), torch.float32).fill_(1)
    assert list(no_temporary_folder.iterdir()) == []
    with pytest.raises(InputError):
        temporary_place()


def test_other_places_are_taken_where_there_are_some(tmp_path):
    before = temporary_place()
    with temporary_beside(tmp_path):
        assert temporary_place() == before
    with pytest.raises(KeyboardInterrupt), temporary_beside(tmp_path):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_temporary_files_are_not_what_is_said(no_temporary_folder):
    with temporary_beside(Path(os.devnull) / "out"):
        pass


@pytest.mark.slow
def test_doctor_says_when_there_is_no_place(no_temporary_folder, capsys):
    assert main(["doctor"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: temporary files: ")]
    assert "TMPDIR" in line


def test_pipes_need_a_place(no_temporary_folder, capsys):
    assert main(["paint", "photo.jpg", "waves.png", "-o", "-"]) == 2
    printed = capsys.readouterr().err
    assert "TMPDIR" in printed and printed.count("\n") == 1
