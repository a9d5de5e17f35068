import ast
from pathlib import Path

import ledger.core

CORE = Path(ledger.core.__file__).parent


def test_the_docstring_of_the_core_draws_its_layers_as_they_are() -> None:
    """Each module stands on one line of the map and imports only from lines above; each is described below it."""
    doc = ast.get_docstring(ast.parse((CORE / "__init__.py").read_text("utf-8")))
    assert doc is not None
    drawing, described = doc.split("above its own:\n\n")[1].split("\n\n", 1)
    line_of = {name: i for i, line in enumerate(drawing.splitlines()) for name in line.strip().split(" · ")}
    modules = {path.stem: path for path in CORE.glob("*.py") if path.stem != "__init__"}
    assert line_of.keys() == modules.keys(), "draw the module into the map in ledger/core/__init__.py"
    for name, path in modules.items():
        assert name in described
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ledger.core."):
                imported = (node.module or "").rsplit(".", 1)[1]
                assert line_of[imported] < line_of[name], f"{name} imports {imported}, which is not above it in the map"
