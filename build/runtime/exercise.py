"""Loads everything the page will load, in the very interpreter that the page will have, and tells what that was.

Runs before pack.py and imports only what the core needs anyway: whatever else is loaded would be kept for the page.
"""

import importlib
import json
import marshal
import sys
from types import CodeType


def exercise(work: str) -> None:
    """Write exercised.json, and the methods that dataclasses makes, into the work folder.

    exercised.json: {"needed": {archive: modules that it is the first to need}, "loaded": {module: its file}}. Methods:
    text -> code, of the classes of the first archive.
    """
    with open(f"{work}/job.json") as file:
        job = json.load(file)
    methods: dict[str, CodeType] = {}

    def compile_once(text: str, names: dict, made: dict) -> None:
        methods[text] = code = compile(text, "<string>", "exec")
        exec(code, names, made)  # noqa: S102  (as dataclasses itself does)

    sys.path.insert(0, f"{work}/core")
    dataclasses = importlib.import_module("dataclasses")
    dataclasses.exec = compile_once
    needed = {}
    for archive, roots in job["archives"].items():
        known = set(sys.modules)
        for name in roots:
            importlib.import_module(name)
        needed[archive] = sorted(set(sys.modules) - known)
        if hasattr(dataclasses, "exec"):
            del dataclasses.exec
    for name in job["exercise"]:
        importlib.import_module(name)
    try:
        raise ValueError("a traceback is formatted once, so that its modules are kept")
    except ValueError:
        importlib.import_module("traceback").format_exc()
    loaded = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
    with open(f"{work}/exercised.json", "w") as file:
        json.dump({"needed": needed, "loaded": loaded}, file)
    with open(f"{work}/{job['methods']}", "wb") as file:
        marshal.dump(methods, file)
