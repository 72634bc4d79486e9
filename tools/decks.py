"""Build what needs no Jupyter: ``python -m tools.decks [NOTEBOOK ...]`` writes into ``build/``.

For each lesson a deck (reveal.js), a page to read, a page of its exercises, and, where a browser is found, the deck as
PDF; and one page that lists them. Each file is complete in itself: it asks nothing of the network and nothing of its
folder.

On a page to read, the answer to a prediction is covered until the reader asks, and so are the solutions of the
exercises; what is meant for the lecturer is folded away.
"""

import argparse
import base64
import html
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from playwright.sync_api import Error as BrowserError
from tqdm import tqdm

from helpers import texts
from helpers.check.verdict import marked
from helpers.texts import say
from tools import browser, notebooks
from tools.rules import IN_CLASS, PREDICT

DECK = Path(__file__).parent / "deck"
BUILD = notebooks.ROOT / "build"
THEME = notebooks.NOTEBOOKS / "rise.css"
READY = "document.documentElement.dataset.ready === 'true'"  # the script of each page says so
MINUTES = re.compile(r"\d+ ?\w+$")  # a title slide ends with a number and its unit
NOTEBOOK_LINK = re.compile(r'href="(?:\.\./)?((?:exercises/|solutions/)?)([^":#/]+)\.ipynb"')
HEADING = re.compile(r"<h2[^>]*>(.*?)</h2>")
FOLDERS = ["exercises", "solutions"]  # on one page, where the solutions are covered
FONT = re.compile(r'url\("(fonts/[^"]+)"\)')

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(DECK),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
TEMPLATES.globals["say"] = lambda key, **values: say(f"pages.{key}", **values)
TEMPLATES.filters["plain"] = lambda title: re.sub("[`*]", "", title)


@dataclass
class Slide:
    """A slide: ``parts`` are lists of cells that appear one after another; ``text`` is for the reader, ``in_class`` for
    the lecturer. On a page, ``covered`` are the cells that answer a prediction, and ``shown`` the others."""

    id: str
    title: str
    parts: list = field(default_factory=lambda: [[]])
    text: str = ""
    lecturer: str = ""
    in_class: str = ""
    shown: list = field(default_factory=list)
    covered: list = field(default_factory=list)


@dataclass
class Lesson:
    """A lesson as its files need it; ``columns`` are slides that stand above one another, ``exercises`` are Slides."""

    name: str
    title: str
    lead: str
    minutes: str
    columns: list
    has_maths: bool
    exercises: list = field(default_factory=list)

    @property
    def slides(self):
        """All slides in order."""
        return [slide for column in self.columns for slide in column]


def read(path):
    """The lesson in the notebook ``path``, with the exercises that lie beside it.

    Raises:
        ValueError: it does not begin with a title slide.
    """
    cells = notebooks.read(path).cells
    title, _, rest = cells[0].source.partition("\n") if cells else ("", "", "")
    if not title.startswith("# "):
        raise ValueError(f"{path.name} does not begin with a slide whose first line is '# Title'")
    lead = rest.strip().split("\n")[0]
    minutes = MINUTES.search(rest.strip())
    lesson = Lesson(
        name=path.stem,
        title=title[2:].strip(),
        lead=lead,
        minutes=minutes[0] if minutes else "",
        columns=_columns(cells),
        has_maths=_have_maths(cells),
    )
    exercise, solution = (path.parent / folder / path.name for folder in ("exercises", "solutions"))
    if exercise.is_file() and solution.is_file():
        solved = notebooks.read(solution).cells
        lesson.exercises = _exercises(notebooks.read(exercise).cells, solved)
        lesson.has_maths = lesson.has_maths or _have_maths(solved)
    return lesson


def _have_maths(cells):
    return any("$" in cell.source for cell in cells if cell.cell_type == "markdown")


def _columns(cells):
    """Sort cells into slides as RISE does."""
    columns = []
    for cell in cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if kind == "skip":
            continue
        if kind == "slide" or not columns:
            columns.append([_slide(cell)])
        elif kind == "subslide":
            columns[-1].append(_slide(cell))
        elif kind == "fragment":
            columns[-1][-1].parts.append([])
        slide = columns[-1][-1]
        if kind == "notes":
            slide.text, slide.lecturer, slide.in_class = _two_voices(cell.source)
        else:
            slide.parts[-1].append(_cell(cell, slide.id))
    _cover([slide for column in columns for slide in column])
    return columns


def _slide(cell):
    return Slide(cell.id, cell.source.strip().split("\n")[0].lstrip("# "))


def _two_voices(source):
    """The notes of a slide as HTML: the text for the reader, the heading of the lecturer's part, and this part."""
    begin = IN_CLASS.search(source)
    if not begin:
        return _markdown(source), "", ""
    quoted = re.sub("^> ?", "", source[begin.start() :], flags=re.MULTILINE)
    heading, _, staged = quoted.partition(".** ")
    return _markdown(source[: begin.start()]), heading.lstrip("* "), _markdown(staged)


def _cover(slides):
    """Divide the cells of each slide: what follows a prediction, on its slide or else on the next, is covered."""
    waiting = False
    for slide in slides:
        cells = _in_order([slide])
        asked = [k for k, cell in enumerate(cells, start=1) if cell["asks"]]
        end = 1 if waiting else asked[0] if asked else len(cells)
        slide.shown, slide.covered = cells[:end], cells[end:]
        waiting = bool(asked) and not slide.covered


def _exercises(cells, solved):
    """The exercises as Slides: what the learner is given is shown, and its solution covered."""
    solutions = {column[0].id: _in_order(column) for column in _columns(solved)}
    found = []
    for column in _columns(cells):
        slide, slide.shown = column[0], _in_order(column)
        given = {cell["id"]: cell["source"] for cell in slide.shown}
        answer = solutions[slide.id]
        begin = next((k for k, cell in enumerate(answer) if given.get(cell["id"]) != cell["source"]), len(answer))
        # A text that stands above need not stand here again; a check does, with what it says to the right answer.
        slide.covered = [cell for cell in answer[begin:] if cell["type"] == "code" or cell["id"] not in given]
        found.append(slide)
    return found


def _in_order(slides):
    """The cells of the slides, one after another."""
    return [cell for slide in slides for part in slide.parts for cell in part]


def _cell(cell, slide):
    """A cell for the templates; its heading, if it has one, leads to the address of its ``slide``."""
    told = {"id": cell.id, "type": cell.cell_type, "asks": bool(PREDICT.search(cell.source))}
    if cell.cell_type == "markdown":
        linked = HEADING.sub(rf'<h2><a class="here" href="#{slide}">\1</a></h2>', _markdown(cell.source))
        return {**told, "source": _markdown(cell.source), "linked": linked}
    source = re.sub(r" *# (BEGIN|END) SOLUTION.*\n?", "", cell.source)
    shown = [_output(output) for output in cell.get("outputs", ())]
    return {**told, "source": _code(source), "outputs": [output for output in shown if output]}


def _markdown(source):
    return MarkdownWithMath(renderer=IPythonRenderer(escape=False, exclude_anchor_links=True)).render(source)


def _code(source):
    return Highlight2HTML(pygments_lexer="ipython3")(source)


def _output(output):
    """An output as HTML; a control, which needs a kernel, shows nothing: the picture before it makes its point."""
    if output.output_type == "stream":
        return f"<pre>{ansi2html(output.text)}</pre>"
    if output.output_type == "error":
        return f"<pre>{ansi2html(chr(10).join(output.traceback))}</pre>"
    if output.metadata.get("control"):
        return ""
    data = output.data
    if "text/html" in data:
        return data["text/html"]
    if "text/markdown" in data:
        return _markdown(data["text/markdown"])
    if "text/latex" in data:
        return html.escape(data["text/latex"])
    return f"<pre>{html.escape(data['text/plain'])}</pre>"


def theme():
    """The theme of the slides, with its fonts inside."""

    def inside(found):
        font = base64.b64encode((THEME.parent / found[1]).read_bytes()).decode("ascii")
        return f"url(data:font/woff2;base64,{font})"

    return FONT.sub(inside, THEME.read_text(encoding="utf-8"))


def css_string(text):
    """The text as a string of CSS, every letter of which but the plainest is escaped."""
    return '"{}"'.format(re.sub(r"[^A-Za-z0-9 ]", lambda found: f"\\{ord(found[0]):x} ", text))


def part(name):
    """A style sheet or a script of ``tools/deck``, to stand inside a page."""
    text = (DECK / name).read_text(encoding="utf-8")
    text = re.sub(r"//# sourceMappingURL=\S+", "", text)
    return text.replace("</script", r"<\/script")


def write(name, target, links, **values):
    """Fill the template ``name`` into the file ``target``, and let its links lead to the other files."""
    text = TEMPLATES.get_template(name).render(part=part, theme=theme, css_string=css_string, **values)
    text = NOTEBOOK_LINK.sub(lambda found: links.get(found[1] + found[2], ""), text)
    notebooks.replace(target, text.encode())


def linked_verdicts(lessons):
    """A function that makes links, in HTML, of the sentences with which verdicts name slides of the lessons."""
    links = {}
    for lesson in lessons:
        for slide in lesson.slides if lesson.exercises else ():
            sentence = say("check.look-slide", lesson=int(lesson.name[:2]), slide=slide.title)
            links[marked(html.escape(sentence, quote=False))] = f"{lesson.name}.html#{slide.id}"
    longest_first = sorted(map(re.escape, links), key=len, reverse=True)
    pattern = re.compile("|".join(longest_first) or "(?!)")
    return lambda text: pattern.sub(lambda found: f'<a href="{links[found[0]]}">{found[0]}</a>', text)


def print_pdf(chromium, deck):
    """The file ``deck``, printed by the browser ``chromium``: the bytes of a PDF."""
    page = chromium.new_page()
    try:
        page.goto(deck.resolve().as_uri())
        page.wait_for_function(READY, timeout=120_000)
        return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    finally:
        page.close()


def build(paths, target=BUILD, chromium=None):
    """Write everything for the notebooks ``paths``, in the language that is spoken, into the folder ``target``.

    PDF only with a browser.
    """
    target.mkdir(parents=True, exist_ok=True)
    lessons = [read(path) for path in paths]
    with_exercises = [lesson.name for lesson in lessons if lesson.exercises]
    exercises_of = {f"{folder}/{name}": f"{name}.exercises" for name in with_exercises for folder in FOLDERS}
    to_pages, to_slides = (
        {name: f'href="{file}.html"' for name, file in exercises_of.items()}
        | {lesson.name: f'href="{lesson.name}{ending}"' for lesson in lessons}
        for ending in (".html", ".slides.html")
    )
    with_links = linked_verdicts(lessons)
    for k, lesson in enumerate(tqdm(lessons, desc="decks", unit="lesson")):
        around = {"before": lessons[k - 1] if k else None, "after": lessons[k + 1] if k + 1 < len(lessons) else None}
        values = {"lesson": lesson, **around, "pdf": bool(chromium), "with_links": with_links}
        deck = target / f"{lesson.name}.slides.html"
        write("slides.html", deck, to_slides, **values)
        write("page.html", target / f"{lesson.name}.html", to_pages, **values)
        if lesson.exercises:
            write("exercises.html", target / f"{lesson.name}.exercises.html", to_pages, **values)
        if chromium:
            notebooks.replace(target / f"{lesson.name}.pdf", print_pdf(chromium, deck))
    write("index.html", target / "index.html", to_pages, lessons=lessons, pdf=bool(chromium))


def main():
    """Build from the notebooks named on the command line, or from all lessons."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="the notebooks; all lessons if none is named")
    given = parser.parse_args().notebooks
    try:
        paths = notebooks.find(given or [path for name in texts.languages() for path in notebooks.lessons(name)])
        with browser.opened() as chromium:
            if chromium is None:
                print(f"No browser was found, so no PDF is made. {browser.HOW_TO_INSTALL}", file=sys.stderr)
            for language in texts.languages():
                if own := [path for path in paths if texts.of_folder(path.parent) == language]:
                    texts.speak(language)
                    build(own, BUILD if language == texts.ENGLISH else BUILD / language, chromium)
    except (OSError, ValueError) as error:
        sys.exit(f"{error}")
    except BrowserError as error:
        sys.exit(f"The browser {browser.find()} could not print a deck: {error}")
    print(f"Open {BUILD / 'index.html'}")


if __name__ == "__main__":
    main()
