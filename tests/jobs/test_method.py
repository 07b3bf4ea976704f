from __future__ import annotations

import ast
from pathlib import Path

import brushwork

KINDS = ("Options", "Job", "Stylizer", "Encoder", "Optimization", "FeedForward")


def test_jobs_and_commands_call_methods_and_do_not_test_their_kind():
    source = Path(brushwork.__file__).parent
    for file in [*(source / "jobs").glob("*.py"), *(source / "cli").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("isinstance", "issubclass")
            ):
                names = [one.id for one in ast.walk(node.args[1]) if isinstance(one, ast.Name)]
                names += [one.attr for one in ast.walk(node.args[1]) if isinstance(one, ast.Attribute)]
                assert not any(name.endswith(KINDS) for name in names), f"{file.name}:{node.lineno}"
