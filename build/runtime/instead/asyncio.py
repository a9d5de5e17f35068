"""In place of asyncio, a third of what Pyodide's start took to import: here JavaScript waits, and Python only answers.

Pyodide's own code asks for this one function, to wait for promises in Python, which nothing of ours does.
"""


def get_event_loop() -> None:
    """Refuse: nothing waits in Python."""
    raise RuntimeError("this runtime has no event loop: JavaScript waits, and calls Python")
