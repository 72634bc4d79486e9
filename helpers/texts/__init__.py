"""Everything that ``helpers`` says to a learner, in catalogues: whole sentences, and nowhere else.

``helpers.toml`` holds what the layers, the plots and every check say, ``lesson1.toml`` and so on what belongs to the
exercises of one lesson. In code, a sentence is its key and what is filled in: ``say("input.not-a-tensor", name="X",
got="list")``. Words in `backticks` are shown as code, words in *asterisks* stand out.

``translations/LANGUAGE`` has them in another language, with the notebooks' (see ``tools/edition.py``). A session that
begins in the folder of the notebooks in that language speaks it; ``speak`` chooses another.
"""

import functools
import json
import tomllib
from pathlib import Path

FOLDER = Path(__file__).parent
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
TRANSLATIONS = NOTEBOOKS.parent / "translations"
ENGLISH = "en"


def languages():
    """The languages of the series: English, and those that have a folder in ``translations``."""
    return [ENGLISH, *sorted(path.name for path in TRANSLATIONS.glob("*") if path.is_dir())]


def notebooks_in(language, home):
    """The folder of the notebooks in a language, within ``home``."""
    return home if language == ENGLISH else home / language


def of_folder(folder):
    """The language of the notebooks in ``folder``, the name of their folder within ``notebooks``; else "en"."""
    above = Path(folder).resolve().parts
    spoken = [part for before, part in zip(above, above[1:], strict=False) if before == "notebooks"]
    return spoken[-1] if spoken and spoken[-1] in languages() else ENGLISH


def speak(language):
    """Say everything in this language from now on: "en", or the name of a folder in ``translations``.

    Raises:
        ValueError: there is no such folder.
    """
    global spoken
    if language not in languages():
        raise ValueError(f"language must be one of {', '.join(languages())}, but it is {language!r}.")
    spoken = language
    for cached in (of_exercise, slide_title):
        cached.cache_clear()


def folder():
    """The folder of the translation that is spoken; for English one that is not there."""
    return TRANSLATIONS / spoken


def say(key, /, **values):
    """The sentence ``key`` of helpers.toml, "section.name", with the values filled in.

    Raises:
        KeyError: there is no such sentence, or it asks for a value that is not given.
    """
    section, _, name = key.partition(".")
    return catalogue("helpers")[section][name].format(**values)


def together(*sentences):
    """Sentences one after another; what is empty is left out."""
    between = say("between.sentences", before="", after="")
    return between.join(sentence for sentence in sentences if sentence)


def listed(items, between="items"):
    """Items in one line; ``between`` "words" for smaller ones."""
    return catalogue("helpers")["between"][between].join(items)


def catalogue(name, language=None):
    """The catalogue ``name`` in a language, else in that which is spoken: {section: {key: sentence or section}}.

    What is not translated, or whose English has changed since, stays English.
    """
    return _catalogue(name, language or spoken)


def everywhere(key):
    """The sentence ``key`` of helpers.toml, as it stands, in every language: {language: sentence}, English first."""
    section, _, name = key.partition(".")
    return {language: _catalogue("helpers", language)[section][name] for language in languages()}


@functools.cache
def _catalogue(name, language):
    said = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    if language != ENGLISH:
        _translate(said, translations(TRANSLATIONS / language / f"{name}.po"))
    return said


def translations(path):
    """What the gettext catalogue ``path`` says, {(context, English): words}, without what is missing or out of date."""
    import polib  # by those alone who need it

    entries = polib.pofile(str(path)).translated_entries() if path.is_file() else []
    return {(entry.msgctxt, entry.msgid): entry.msgstr for entry in entries}


def _translate(said, known, above=()):
    for key, value in said.items():
        if isinstance(value, dict):
            _translate(value, known, (*above, key))
        else:
            said[key] = known.get((".".join([*above, key]), value), value)


def sentences(said, above=()):
    """What of a catalogue is translated: (its key, the sentence), in order; a slide to look at has no words."""
    for key, value in said.items():
        if isinstance(value, dict):
            yield from sentences(value, (*above, key))
        elif key not in ("look", "like"):
            yield ".".join([*above, key]), value


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
    path = next(notebooks_in(spoken, NOTEBOOKS).glob(f"{number:02}-*.ipynb"), None)
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


spoken = of_folder(Path.cwd())
