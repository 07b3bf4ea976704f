"""Flow in files: Middlebury .flo and KITTI's 16-bit PNG."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.occlusion import dis_reliability
from brushwork.images.warp import Flow, resize_flow
from brushwork.storage.atomic import atomic_write
from brushwork.types import Image
from brushwork.video.extra import import_video
from brushwork.video.optical_flow import FlowPair

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
    """Return the flow of a .flo file, or of a 16-bit PNG in the manner of KITTI (unknown pixels become 0).

    Raises: InputError: missing, damaged, or another format.
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
    """Flow from files of a folder: `backward_I_J.flo` from frame I to an earlier J, `forward_J_I.flo` back.

    Frames are counted from 1, as in the program of Ruder et al.
    """

    folder: Path

    def __call__(self, own: Image, other: Image, numbers: tuple[int, int]) -> FlowPair:
        """Return the flow from one frame to another; see `FlowSource`."""
        size = Size.of(own)
        flow, backward = (resize_flow(read_flow(self._file(pair)), size).to(own) for pair in (numbers, numbers[::-1]))
        return FlowPair(flow, backward, dis_reliability(flow, backward, own, other))

    def _file(self, pair: tuple[int, int]) -> Path:
        source, target = pair
        name = f"{'backward' if source > target else 'forward'}_{source + 1}_{target + 1}"
        found = next((one for one in (self.folder / f"{name}.flo", self.folder / f"{name}.png") if one.exists()), None)
        if found is None:
            raise InputError(f"the folder {self.folder} has no {name}.flo: write all with brushwork video-flow.")
        return found
