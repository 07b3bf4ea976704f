"""Optical flow files: Middlebury's .flo and KITTI's 16-bit PNG."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from brushwork.choices import FlowCheck
from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.warp import Flow, resize_flow
from brushwork.images.write import write_image
from brushwork.storage.atomic import atomic_write
from brushwork.storage.folders import expand_user
from brushwork.types import Image
from brushwork.video.optical_flow import FlowPair, FlowSource, check_flow
from brushwork.video.optional_imports import import_video

_MAGIC = 202021.25
_HEADER = 12
_KITTI_ZERO, _KITTI_SCALE = 2**15, 64.0


def write_flo(path: Path, flow: Flow, *, overwrite: bool = False) -> None:
    """Write a flow as .flo: a magic number, width and height, and (x, y) row by row, as little-endian float32.

    Raises: InputError: it cannot be written.
    """
    size = Size.of(flow)
    with atomic_write(path, overwrite=overwrite) as temporary, temporary.open("wb") as file:
        file.write(np.float32(_MAGIC).astype("<f4").tobytes())
        file.write(np.array([size.width, size.height], "<i4").tobytes())
        file.write(flow[0].permute(1, 2, 0).contiguous().cpu().numpy().astype("<f4").tobytes())


def read_flow(path: Path) -> Flow:
    """Return the flow in a .flo file, or in a 16-bit PNG in KITTI's format (unknown pixels become 0).

    Raises: InputError: the file is missing, damaged, or in another format.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"the flow {path} cannot be read ({error.strerror}): check the name and the folder."
        ) from error
    values = _kitti(path, content) if path.suffix.lower() == ".png" else _flo(path, content)
    return torch.from_numpy(values.astype(np.float32)).permute(2, 0, 1)[None].contiguous()


def _flo(path: Path, content: bytes) -> NDArray[Any]:
    if len(content) < _HEADER or np.frombuffer(content, "<f4", 1)[0] != np.float32(_MAGIC):
        raise InputError(f"{path} is no .flo file: it must begin with the number {_MAGIC}.")
    width, height = (int(one) for one in np.frombuffer(content, "<i4", 2, 4))
    if width < 1 or height < 1 or len(content) != _HEADER + 8 * width * height:
        raise InputError(f"{path} is damaged: {width}×{height} vectors do not take {len(content)} bytes.")
    return np.frombuffer(content, "<f4", offset=_HEADER).reshape(height, width, 2)


def _kitti(path: Path, content: bytes) -> NDArray[Any]:
    cv2 = import_video("cv2")
    levels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if levels is None or levels.dtype != np.uint16 or levels.ndim != 3:
        raise InputError(
            f"{path} is not an optical flow file: give .flo, or a PNG of three channels with 16 bits, as in KITTI."
        )
    valid, y, x = (levels[..., channel].astype(np.float32) for channel in range(3))  # OpenCV reads blue first
    flow: NDArray[Any] = np.stack([x - _KITTI_ZERO, y - _KITTI_ZERO], -1) / _KITTI_SCALE * (valid > 0)[..., None]
    return flow


@dataclass(frozen=True)
class FolderFlow:
    """Flow from the files of a folder: `backward_I_J.flo` from frame I to an earlier J, `forward_J_I.flo` back.

    Frames are counted from 1, as in the program of Ruder et al.
    """

    folder: Path
    check: FlowCheck = "strict"
    """Check that determines the reliability from the flow in both directions."""

    def __call__(self, own: Image, other: Image, numbers: tuple[int, int]) -> FlowPair:
        """Return the flow from one frame to another; see `FlowSource`."""
        size = Size.of(own)
        flow, backward = (resize_flow(read_flow(self._file(pair)), size).to(own) for pair in (numbers, numbers[::-1]))
        return check_flow(flow, backward, own, other, self.check)

    def _file(self, pair: tuple[int, int]) -> Path:
        name = _flow_name(pair)
        found = next((one for one in (self.folder / f"{name}.flo", self.folder / f"{name}.png") if one.exists()), None)
        if found is None:
            raise InputError(f"the folder {self.folder} has no {name}.flo: --save-flow writes all that a film takes.")
        return found


@dataclass(frozen=True)
class SavedFlow:
    """The flow of a source, also written to an existing folder in the form that `FolderFlow` reads.

    Its reliability is written beside it as `reliable_I_J.png`, white where the flow is trusted.
    """

    source: FlowSource
    folder: Path

    def __call__(self, own: Image, other: Image, numbers: tuple[int, int]) -> FlowPair:
        """Return the flow from one frame to another; see `FlowSource`."""
        pair = self.source(own, other, numbers)
        for flow, between in ((pair.flow, numbers), (pair.backward, numbers[::-1])):
            write_flo(self.folder / f"{_flow_name(between)}.flo", flow, overwrite=True)
        name = f"reliable_{numbers[0] + 1}_{numbers[1] + 1}.png"
        write_image(pair.reliability.expand(-1, 3, -1, -1), self.folder / name, overwrite=True)
        return pair


def require_flow_folder(folder: Path, source: str, overwrite: bool) -> None:
    """Raise if flow cannot be saved in a folder, or the folder already holds flow; `source` is the flow's origin.

    Raises: InputError.
    """
    if source == "none":
        raise InputError("flow is none, so that there is none to save: remove --flow none or --save-flow.")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"flow cannot be saved in {folder}, which is a file: give a folder.")
    if folder.resolve() == expand_user(Path(source)).resolve():
        raise InputError(f"flow is read from the folder {folder}: save it in another one.")
    if any(folder.glob("*.flo")) and not overwrite:
        raise InputError(f"the folder {folder} holds flow already: give another one, or --force.")


def _flow_name(numbers: tuple[int, int]) -> str:
    source, target = numbers
    return f"{'backward' if source > target else 'forward'}_{source + 1}_{target + 1}"
