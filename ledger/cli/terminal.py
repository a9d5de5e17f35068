"""The terminal: the one place of the command line that prints.

Results go to standard output. Everything else goes to standard error: lines with the prefix `ledger:`, lower case and
without a full stop in English, followed by `hint:` (提示：) lines that say what to do; and progress, a bar on a
terminal, now and then a plain line elsewhere.
"""

import sys
import time
from typing import IO, Any, Final

from ledger.locales import Texts

__all__ = ["Terminal"]

_BAR: Final = 24  # characters
_REDRAW: Final = 0.1  # seconds between two drawings of the bar
_LINE: Final = 5.0  # seconds between two plain lines of one phase


class Terminal:
    """Prints to two streams in one language."""

    def __init__(self, texts: Texts, out: IO[str] | None = None, err: IO[str] | None = None) -> None:
        self.texts = texts
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self._phase = ""
        self._drawn = 0.0
        self._bar = False
        for stream in (self.out, self.err):
            reconfigure: Any = getattr(stream, "reconfigure", None)
            if reconfigure is not None:  # a rare character must not stop a command on a terminal that lacks it
                reconfigure(errors="backslashreplace")

    def result(self, text: str = "") -> None:
        """Print a line, or several, of the result."""
        self._end_bar()
        self.out.write(text + "\n")

    def result_bytes(self, data: bytes) -> None:
        """Print a result that is bytes, exactly, and a newline."""
        self._end_bar()
        self.out.flush()
        binary: Any = getattr(self.out, "buffer", None)  # a stream in memory has none
        if binary is None:
            self.out.write(data.decode() + "\n")
        else:
            binary.write(data + b"\n")
        self.out.flush()

    def say(self, text_id: str, /, **values: object) -> None:
        """Print a message from the catalogue."""
        self.line(self.texts(text_id, **values))

    def line(self, text: str) -> None:
        """Print a message."""
        self._end_bar()
        self.err.write(f"ledger: {text}\n")
        self.err.flush()

    def error(self, text: str) -> None:
        """Print why the command did not do what was asked."""
        self.line(f"{self.texts('cli.error')}{text}")

    def warning(self, text_id: str, /, **values: object) -> None:
        """Print what the user should know although the command goes on."""
        self.line(f"{self.texts('cli.warning')}{self.texts(text_id, **values)}")

    def hint(self, text_id: str, /, **values: object) -> None:
        """Print what can be done, from the catalogue."""
        self.hint_text(self.texts(text_id, **values))

    def hint_text(self, text: str) -> None:
        """Print what can be done."""
        self._end_bar()
        self.err.write(f"{self.texts('cli.hint')}{text}\n")
        self.err.flush()

    def progress(self, phase: str, done: int, total: int) -> None:
        """Show how far a long piece of work is; the callback that the use cases take."""
        now = time.monotonic()
        title = self.texts.get(f"cli.phase.{phase}", phase)
        if self.err.isatty():
            if phase != self._phase or done >= total or now - self._drawn >= _REDRAW:
                filled = _BAR * min(done, total) // max(total, 1)
                share = 100 * min(done, total) // max(total, 1)
                self.err.write(f"\r\x1b[Kledger: {title} [{'#' * filled}{'.' * (_BAR - filled)}] {share:3d} %")
                self.err.flush()
                self._bar, self._drawn = True, now
        elif phase != self._phase:
            self.err.write(f"ledger: {title}\n")
            self._drawn = now
        elif now - self._drawn >= _LINE:
            self.err.write(f"ledger: {title} {done}/{total}\n")
            self._drawn = now
        self._phase = phase

    def _end_bar(self) -> None:
        self._phase = ""
        if self._bar:
            self.err.write("\r\x1b[K")
            self._bar = False
        self.err.flush()
