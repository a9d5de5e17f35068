"""Photos of holders: a folder of pictures, each named by certificate number or by document number.

    S000050000001263000001.jpg      110101199003070003.png      .jpg, .jpeg or .png

A document number is the name while there is no certificate number yet.
"""

from pathlib import Path

__all__ = ["find_photo"]

_ENDINGS = (".jpg", ".jpeg", ".png")


def find_photo(folder: Path, *names: str) -> Path | None:
    """Return the picture that has one of these names, the first that is there; None if there is none."""
    plain = [name for name in names if name and Path(name).name == name]
    files = (folder / f"{name}{ending}" for name in plain for ending in _ENDINGS)
    return next((file for file in files if file.is_file()), None)
