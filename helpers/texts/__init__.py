"""Everything that ``helpers`` says to a learner, in catalogues: whole sentences, and nowhere else.

``helpers.toml`` holds what the layers, the plots and every check say, ``lesson1.toml`` and so on what belongs to the
exercises of one lesson. In code, a sentence is its key and what is filled in: ``say("input.not-a-tensor", name="X",
got="list")``. Words in `backticks` are shown as code, words in *asterisks* stand out.
"""

import functools
import json
import tomllib
from pathlib import Path

FOLDER = Path(__file__).parent
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def say(key, /, **values):
    """The sentence ``key`` of helpers.toml, "section.name", with the values filled in.

    Raises:
        KeyError: there is no such sentence, or it asks for a value that is not given.
    """
    section, _, name = key.partition(".")
    return catalogue("helpers")[section][name].format(**values)


def together(*sentences):
    """Sentences one after another; what is empty is left out."""
    return catalogue("helpers")["between"]["sentences"].join(sentence for sentence in sentences if sentence)


def listed(items, between="items"):
    """Items in one line; ``between`` "words" for smaller ones."""
    return catalogue("helpers")["between"][between].join(items)


@functools.cache
def catalogue(name):
    """The catalogue ``name`` as dictionaries: {section: {key: sentence or section}}."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@functools.cache
def of_exercise(name):
    """What is said of the exercise ``name``: "praise", "otherwise", "cases", "mistakes", "picture".

    Raises:
        KeyError: no lesson has such an exercise.
    """
    for path in FOLDER.glob("lesson*.toml"):
        if name in (said := catalogue(path.stem)):
            return said[name]
    raise KeyError(name)


def of_mistake(exercise, name):
    """What is said of the mistake ``name``: the message, and the sentence that names the slide where to look."""
    said = of_exercise(exercise)
    while name not in said["mistakes"]:
        said = of_exercise(said["like"])
    entry = said["mistakes"][name]
    number, _, cell = entry["look"].partition("/")
    slide = slide_title(int(number), cell)
    look = say("check.look-slide", lesson=number, slide=slide) if slide else say("check.look-lesson", lesson=number)
    return entry["says"], look


@functools.cache
def slide_title(number, cell_id):
    """The title of the slide of lesson ``number`` that begins with this cell; "" if the notebook is not at hand."""
    path = next(NOTEBOOKS.glob(f"{number:02}-*.ipynb"), None)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"] if path and cell_id else []
    titles = ("".join(cell["source"]).split("\n")[0] for cell in cells if cell["id"] == cell_id)
    return next(titles, "").lstrip("# ")


def short(value, digits=3):
    """A number in at most so many significant digits; what rounding leaves of a 0 is 0."""
    value = float(value)
    if abs(value) < 1e-9:
        return "0"
    if value.is_integer() and abs(value) < 1e15:
        return f"{value:.0f}"
    value *= 1 + 10.0 ** -(digits + 2)  # 3/16 = 0.1875 lies in the middle, where noise would decide
    return f"{value:.0f}" if 10**digits - 0.5 <= abs(value) < 1e15 else f"{value:.{digits}g}"
