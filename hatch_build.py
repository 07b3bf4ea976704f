"""Builds the native kernels when the package is built or installed, where a C++ compiler is found.

Without one, or when the build fails, the package is complete without them: it then computes by torch alone.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("src/brushwork/encoders/native")


class KernelsHook(BuildHookInterface):
    """Build hook of hatchling."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and put the library into the wheel; an editable installation finds it among the sources."""
        # Run from its file: the package itself cannot be imported while it is built.
        kernels = runpy.run_path(str(Path(self.root) / FOLDER / "build.py"))
        trouble = kernels["build_library"]()
        if trouble:
            self.app.display_info(f"brushwork: built without native kernels: {trouble}")
            return
        build_data["pure_python"] = False
        tags = runpy.run_path(str(Path(self.root) / FOLDER / "wheel_tag.py"))
        build_data["tag"] = f"py3-none-{tags['platform_tag'](Path(self.root) / FOLDER / kernels['LIBRARY'])}"
        build_data["artifacts"].append(f"/{FOLDER.as_posix()}/{kernels['LIBRARY']}")
