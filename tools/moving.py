"""The pictures of a lesson's controls, drawn in advance, so that they move where no kernel runs.

``python -m tools.moving NOTEBOOK FOLDER`` runs a lesson up to its last control, lets each control's own ``draw`` draw
all its pictures, and writes them into FOLDER: for each control a script, which a page loads when the control is first
touched, and ``controls.json``, which says what the page shows of them before.

The pictures of a control differ little. They are cut into squares, and each square is stored once, in one picture of
all of them (lossless WebP); a state of the control is a list of squares.
"""

import argparse
import base64
import contextlib
import hashlib
import io
import itertools
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from helpers import controls, plots, texts
from tools import notebooks

MOST = 400  # pictures of one control
SQUARE = 32  # dots
COLOURS = 128
CONTROLS = "controls.json"


def script(notebook, cell):
    """The name of the script with the pictures of a control."""
    return f"{notebook}.{cell}.js"


def drawn(counts, start, most):
    """Which pictures are drawn: (states, thinned).

    A control's values are counted from 0, and a state is a tuple of such numbers. All states, if they are not more than
    ``most``. Else the control with the most values moves in larger steps wherever another one has left its start:
    ``thinned`` is (which control, how large a step), else None. Where it started, it may always stand.

    Args:
        counts: how many values each control has. start: the state at the start.

    Raises:
        ValueError: there are too many states even so.
    """
    if math.prod(counts) <= most:
        return list(itertools.product(*map(range, counts))), None
    longest = counts.index(max(counts))
    others = math.prod(counts) // counts[longest]
    alone, stops = counts[longest], (1 - -counts[longest] // k for k in range(2, counts[longest] + 1))
    step = next((k for k, beside in enumerate(stops, start=2) if alone + beside * (others - 1) <= most), None)
    if step is None:
        raise ValueError(f"Controls with {counts} values have more than {most} pictures. Give them larger steps.")
    states = [
        state
        for state in itertools.product(*map(range, counts))
        if state[longest] % step == 0
        or state[longest] == start[longest]
        or all(state[k] == start[k] for k in range(len(counts)) if k != longest)
    ]
    return states, (longest, step)


def pack(pictures):
    """Pictures of one size as squares: (width, height, WebP of all squares, columns in it, for each picture its runs).

    A run is (first place, how many, first square): places are counted along the rows of the picture, squares along the
    rows of the WebP. The first picture has all its places, each further one those that differ from the first.

    Raises:
        ValueError: the pictures are not of one size.
    """
    arrays = _few_colours(pictures)
    height, width = arrays[0].shape[:2]
    squares, first, places = {}, None, []
    for array in arrays:
        numbers = [squares.setdefault(square, len(squares)) for square in _squares(array)]
        first = first or numbers
        changed = range(len(numbers)) if not places else [k for k, at in enumerate(numbers) if at != first[k]]
        places.append(_runs(changed, numbers))
    columns = math.ceil(math.sqrt(len(squares)))
    sheet = np.full((math.ceil(len(squares) / columns) * SQUARE, columns * SQUARE, 3), 255, np.uint8)
    for square, number in squares.items():
        top, left = (SQUARE * side for side in divmod(number, columns))
        sheet[top : top + SQUARE, left : left + SQUARE] = np.frombuffer(square, np.uint8).reshape(SQUARE, SQUARE, 3)
    return width, height, webp(Image.fromarray(sheet)), columns, places


def webp(image):
    """A picture as lossless WebP."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", lossless=True, quality=60, method=4)
    return buffer.getvalue()


def _few_colours(pictures):
    """The pictures as arrays (height, width, 3), in few colours, the same for all: equal squares stay equal."""
    images = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures]
    if len({image.size for image in images}) > 1:
        raise ValueError(f"The pictures of a control must be of one size: {sorted({image.size for image in images})}")
    some = np.concatenate([np.asarray(image) for image in images[:: max(1, len(images) // 12)]])
    palette = Image.fromarray(some).quantize(COLOURS - 1, dither=Image.Dither.NONE).getpalette()
    colours = np.append(np.asarray(palette).reshape(-1, 3), [[255, 255, 255]], axis=0)  # white stays white
    codes = [np.asarray(image).astype(int) @ [1 << 16, 1 << 8, 1] for image in images]
    found = np.unique(np.concatenate([np.unique(code) for code in codes]))
    apart = [(((found[:, None] >> shift & 255) - colours[:, k]) ** 2) for k, shift in enumerate((16, 8, 0))]
    nearest = np.zeros(1 << 24, np.uint8)
    nearest[found] = sum(apart).argmin(axis=1)
    return [colours.astype(np.uint8)[nearest[code]] for code in codes]


def _squares(array):
    """The squares of a picture, row by row, as bytes; what sticks out is white."""
    height, width = (-side % SQUARE for side in array.shape[:2])
    array = np.pad(array, ((0, height), (0, width), (0, 0)), constant_values=255)
    rows, columns = (side // SQUARE for side in array.shape[:2])
    cut = array.reshape(rows, SQUARE, columns, SQUARE, 3).swapaxes(1, 2).reshape(-1, SQUARE, SQUARE, 3)
    return [square.tobytes() for square in cut]


def _runs(places, numbers):
    """Places one after another whose squares are one after another, too, as one run."""
    runs = []
    for place in places:
        if runs and place == runs[-1][0] + runs[-1][1] and numbers[place] == runs[-1][2] + runs[-1][1]:
            runs[-1][1] += 1
        else:
            runs.append([place, 1, numbers[place]])
    return runs


def record(draw, ranges, few=False):
    """What a page needs of a control: (what it shows at once, what it loads when the control is touched).

    Args:
        few: whether the first of each control's values, its start and the last will do, for a test.

    Raises:
        as ``helpers.controls.live`` does.
    """
    values, first = controls.steps(draw, **ranges), draw()
    if few:
        values = {name: _few(choices, controls.start(draw, name)) for name, choices in values.items()}
    start = [choices.index(controls.start(draw, name)) for name, choices in values.items()]
    states, thinned = drawn([len(choices) for choices in values.values()], start, MOST)
    pictures = []
    for state in states:
        arguments = {name: choices[k] for (name, choices), k in zip(values.items(), state, strict=True)}
        with plots.sketching(like=first):
            pictures.append(draw(**arguments))
    width, height, sheet, columns, places = pack([picture.png for picture in pictures])
    said = [
        {"name": name, "values": [_said(one) for one in choices], "words": isinstance(choices[0], str)}
        for name, choices in values.items()
    ]
    shown = {"controls": said, "start": start, "thinned": thinned}
    loaded = {
        "width": width,
        "height": height,
        "square": SQUARE,
        "columns": columns,
        "sheet": "data:image/webp;base64," + base64.b64encode(sheet).decode("ascii"),
        "states": [",".join(map(str, state)) for state in states],
        "places": places,
        "alts": [picture.alt for picture in pictures],
    }
    return shown, loaded


def _few(choices, start):
    return [one for one in choices if one in (choices[0], start, choices[-1])]


def _said(value):
    return f"{value:g}" if isinstance(value, float) else str(value)


def run(path, folder, few=False):
    """Run the lesson ``path`` up to its last control, and write the pictures of its controls into ``folder``."""
    from IPython.core.interactiveshell import InteractiveShell

    cells = [cell for cell in notebooks.read(path).cells if cell.cell_type == "code"]
    last = max((k for k, cell in enumerate(cells) if _moves(cell)), default=-1)
    shell, found, at = InteractiveShell.instance(), {}, None

    def live(draw, **ranges):
        found[at], loaded = record(draw, ranges, few)
        store(folder / script(path.stem, at), loaded)

    controls.live = live
    for cell in cells[: last + 1]:
        at = cell.id
        with contextlib.redirect_stdout(io.StringIO()):
            shell.run_cell(cell.source).raise_error()
    (folder / CONTROLS).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8", newline="\n")


def store(path, loaded):
    """Write what a page loads of a control into the script ``path``."""
    said = json.dumps(loaded, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f"(window.moving ??= {{}})[{json.dumps(path.name)}] = {said};\n", encoding="utf-8", newline="\n")


def _moves(cell):
    return any(output.get("metadata", {}).get("control") for output in cell.get("outputs", ()))


def of(path, store, few=False):
    """The folder within ``store`` with the pictures of the lesson ``path``, drawn anew if what they depend on changed.

    Raises:
        RuntimeError: the lesson stopped with an error.
    """
    folder = store / f"{path.parent.name}-{path.stem}-{_depends(path, few)}"
    if not (folder / CONTROLS).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        root = str(notebooks.ROOT)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
        command = [sys.executable, "-m", "tools.moving", str(path.resolve()), str(folder.resolve())]
        command += ["--few"] * few
        # In the folder of the notebook, as its kernel would be: that decides the language, too.
        done = subprocess.run(command, cwd=path.parent, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(
                f"The pictures of {path.name} could not be drawn:\n{(done.stderr or done.stdout)[-2000:]}"
            )
    return folder


def _depends(path, few):
    """A name for all that the pictures of a lesson depend on."""
    root, language = notebooks.ROOT, texts.of_folder(path.parent)
    files = [Path(__file__), root / "requirements.txt", *(root / "translations" / language).glob("*.*")]
    files += [path for path in (root / "helpers").rglob("*") if path.suffix in (".py", ".toml")]
    code = [cell.source for cell in notebooks.read(path).cells if cell.cell_type == "code"]
    digest = hashlib.sha256(json.dumps([code, few]).encode())
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def main():
    """Draw the pictures of the lesson named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebook", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--few", action="store_true", help="draw a few of the pictures, for a test")
    given = parser.parse_args()
    run(given.notebook, given.folder, given.few)


if __name__ == "__main__":
    main()
