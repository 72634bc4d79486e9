"""Notebooks as files: where they are, how they are stored, and how their pictures are compared."""

import base64
import binascii
import io
import os
import re
import shutil
import unicodedata
from pathlib import Path

import nbformat
import numpy as np
from PIL import Image, UnidentifiedImageError

from helpers import texts

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
PICTURE = re.compile(r'<img [^>]*src="data:image/png;base64,([^"]*)"')
# What a notebook's metadata may hold: nothing that differs between two machines.
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
WIDGET = "application/vnd.jupyter.widget-view+json"
BLOCK = 8  # pixels: the side of the squares whose mean colours are compared
TOLERANCE = 6  # of 255: another processor moves the edge of a line, not the mean of a square


def home(language=texts.ENGLISH):
    """The folder of the notebooks in a language."""
    return texts.notebooks_in(language, NOTEBOOKS)


def numbered(language=texts.ENGLISH):
    """The files of the start page, 00, and of the lessons, in order."""
    return sorted(home(language).glob("[0-9][0-9]-*.ipynb"))


def lessons(language=texts.ENGLISH):
    """The files of the lessons, in order: the numbered notebooks without 00, which is the start page."""
    return [path for path in numbered(language) if not path.name.startswith("00-")]


def columns(text):
    """How many columns a text is wide: a Chinese letter takes two."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def find(paths=()):
    """The given notebooks, or all of the series, in order; raises FileNotFoundError for one that is not there."""
    found = [Path(path) for path in paths] or sorted(NOTEBOOKS.rglob("*.ipynb"))
    for path in found:
        if not path.is_file():
            raise FileNotFoundError(f"There is no notebook {path}{': it is a folder' if path.is_dir() else ''}.")
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def read(path):
    """The notebook in the file ``path``; raises ValueError where what is in it is none."""
    content = Path(path).read_bytes()
    try:
        notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat has a kind of error for each way in which a file can be no notebook
        reason = str(error).strip().split("\n")[0][:100] if content else "it is empty"
        raise ValueError(f"{path} is no notebook ({reason}). Get it back from git, or from a copy.") from None
    return notebook


def strip(notebook):
    """Remove from ``notebook`` what differs from run to run."""
    notebook.metadata = nbformat.from_dict({**notebook.metadata, **KERNEL})
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET, None)  # a control lives in the kernel that made it, and nowhere else


def write(notebook, path):
    """Store ``notebook`` without what differs from run to run."""
    strip(notebook)
    replace(path, (nbformat.writes(notebook).rstrip("\n") + "\n").encode())


def replace(path, content):
    """Store the bytes ``content`` in the file ``path`` as a whole: what stops half way leaves what was there."""
    path = Path(path).resolve()  # of a link, the file that it leads to
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        if path.exists():
            path.open("r+b").close()  # a file that must not be written in is not replaced either
            shutil.copymode(path, part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def pictures(outputs):
    """The PNG pictures in a cell's outputs as arrays (height, width, 3), in order.

    Raises ValueError for one that cannot be read.
    """
    return [decode(data) for output in outputs for data in PICTURE.findall(_html(output))]


def difference(stored, fresh):
    """How two lists of pictures differ, in words, or None where an eye would see no difference."""
    if len(stored) != len(fresh):
        return f"{len(stored)} pictures are stored, but the cell draws {len(fresh)}"
    for number, (old, new) in enumerate(zip(stored, fresh, strict=True), start=1):
        if old.shape != new.shape:
            return f"picture {number}: {_size(old)} pixels are stored, but the cell draws {_size(new)}"
        apart = np.abs(_blocks(old) - _blocks(new)).max()
        if apart > TOLERANCE:
            return f"picture {number}: the stored one differs from the one that the cell draws by {apart:.0f} of 255"
    return None


def without_pictures(outputs):
    """The outputs as a comparable list in which a picture's data counts for nothing."""
    return [PICTURE.sub("<img", repr(sorted(output.items()))) for output in outputs]


def _html(output):
    return output.get("data", {}).get("text/html", "")


def decode(data):
    """The picture in ``data``, PNG in base64, as an array (height, width, 3); raises ValueError if there is none."""
    try:
        image = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
        return np.asarray(image.convert("RGB"), dtype=float)
    except (binascii.Error, UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(f"a stored picture cannot be read: {error}") from None


def _blocks(picture):
    height, width = (side - side % BLOCK for side in picture.shape[:2])
    squares = picture[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    return squares.mean(axis=(1, 3))


def _size(picture):
    return f"{picture.shape[1]} by {picture.shape[0]}"
