"""Every block of Python in the documents runs, those of a page one after the other."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from brushwork.recipes import PRESETS, TransferOptions
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions
from doc_snippets import Snippet, python_blocks

WRITTEN = re.compile(r'(?:write_image\(.*|output=)"([^"]+)"\)')


@pytest.mark.slow
@pytest.mark.parametrize(("page", "blocks"), python_blocks().items(), ids=list(python_blocks()))
def test_it_runs_and_writes_what_it_names(
    page: str, blocks: list[Snippet], workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Python no environment makes a painting short: the defaults of `iterations` do."""
    light = {"content_layers": ("relu2_1",), "style_layers": ("relu1_1",), "init": "content"}  # where a size is given
    for name, value in {"iterations": 2, "size": 64, **light}.items():
        monkeypatch.setitem(TransferOptions.__init__.__kwdefaults__, name, value)
    monkeypatch.setitem(PRESETS, "default", replace(PRESETS["default"], iterations=2, size=64, min_size=0))
    small = {"iterations": 2, "crop": 32, "batch": 1, "width": 8, "style_size": 48, "val_images": 0}
    for name, value in small.items():
        monkeypatch.setitem(JohnsonTrainingOptions.__init__.__kwdefaults__, name, value)
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks:
        code = compile(ast.parse(block.text), f"{page}:{block.line}", "exec")
        if not block.parsed_only:
            exec(code, names)
            assert "write_image(" not in block.text or WRITTEN.findall(block.text)
            assert all(Path(name).stat().st_size > 0 for name in WRITTEN.findall(block.text))
    if isinstance(names.get("image"), torch.Tensor) and names["image"].requires_grad:
        assert names["image"].grad.abs().max() > 0
