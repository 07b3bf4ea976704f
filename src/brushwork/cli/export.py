"""`brushwork models export`: painters for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from brushwork.cli.options import home_path
from brushwork.cli.output import log, print_result
from brushwork.cli.panels import OUTPUT
from brushwork.cli.temporary import temporary_beside
from brushwork.cli.weights import format_megabytes
from brushwork.fast.export import export_onnx
from brushwork.fast.painter import load_model


def export_model(
    model: str,
    /,
    *,
    output: Annotated[Path | None, Parameter(alias="-o", group=OUTPUT, converter=home_path, metavar="OUT.onnx")] = None,
    force: Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)] = False,
    quiet: Annotated[bool, Parameter(alias="-q", group=OUTPUT, negative=(), show_default=False)] = False,
) -> int:
    """Write a painter as ONNX, which paints the same pictures of any size in onnxruntime, in browsers and on phones.

    It takes `photograph`, batch × 3 × height × width, sRGB from 0 to 1, and gives `picture` in the same form. Needs the
    extra brushwork[onnx].

    Parameters
    ----------
    model
        The painter: its file, or a name that `brushwork models` lists.
    output
        Where it goes; without it, a file in the current folder, named after the painter.
    force
        Overwrite what is there.
    quiet
        Say nothing but errors and the result.
    """
    found = load_model(model)
    target = output or Path(f"{found.name}.onnx")
    with temporary_beside(target.parent):
        written = export_onnx(found, target, overwrite=force)
    if not quiet:
        log(f"{found.name}, {format_megabytes(written.stat().st_size)}")
    print_result(str(written))
    return 0
