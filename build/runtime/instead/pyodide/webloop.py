"""In place of Pyodide's event loop for asyncio, of which there is none here either."""


def _initialize_event_loop() -> None:
    """Do nothing, where Pyodide would make its loop that of asyncio."""
