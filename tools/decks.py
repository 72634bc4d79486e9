"""Build what needs no Jupyter: ``python -m tools.decks [NOTEBOOK ...]`` writes into ``build/``.

For each lesson a deck (reveal.js), a page to read, and, where a browser is found, the deck as PDF; and one page
that lists them. Each file is complete in itself: it asks nothing of the network and nothing of its folder.
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

from tools import browser, notebooks

DECK = Path(__file__).parent / "deck"
BUILD = notebooks.ROOT / "build"
THEME = notebooks.NOTEBOOKS / "rise.css"
LANGUAGE = "en"
READY = "document.documentElement.dataset.ready === 'true'"  # the script of each page says so
MINUTES = re.compile(r"\d+ ?\w+$")  # a title slide ends with a number and its unit
NOTEBOOK_LINK = re.compile(r'href="([^":#]+)\.ipynb"')
FONT = re.compile(r'url\("(fonts/[^"]+)"\)')

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(DECK),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
TEMPLATES.globals["language"] = LANGUAGE


@dataclass
class Slide:
    """A slide: ``parts`` are lists of cells that appear one after another, ``notes`` what the speaker sees."""

    parts: list = field(default_factory=lambda: [[]])
    notes: list = field(default_factory=list)


@dataclass
class Lesson:
    """A lesson as its files need it; ``columns`` are slides that stand above one another."""

    name: str
    title: str
    lead: str
    minutes: str
    columns: list
    has_maths: bool


def read(path):
    """The lesson in the notebook ``path``.

    Raises:
        ValueError: it does not begin with a title slide.
    """
    cells = notebooks.read(path).cells
    title, _, rest = cells[0].source.partition("\n") if cells else ("", "", "")
    if not title.startswith("# "):
        raise ValueError(f"{path.name} does not begin with a slide whose first line is '# Title'")
    lead = rest.strip().split("\n")[0]
    minutes = MINUTES.search(rest.strip())
    return Lesson(
        name=path.stem,
        title=title[2:].strip(),
        lead=lead,
        minutes=minutes[0] if minutes else "",
        columns=_columns(cells),
        has_maths=any("$" in cell.source for cell in cells if cell.cell_type == "markdown"),
    )


def _columns(cells):
    """Sort cells into slides as RISE does."""
    columns = []
    for cell in cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if kind == "skip":
            continue
        if kind == "slide" or not columns:
            columns.append([Slide()])
        elif kind == "subslide":
            columns[-1].append(Slide())
        elif kind == "fragment":
            columns[-1][-1].parts.append([])
        if kind == "notes":
            columns[-1][-1].notes.append(_markdown(cell.source))
        else:
            columns[-1][-1].parts[-1].append({"type": cell.cell_type, "html": _cell(cell)})
    return columns


def _cell(cell):
    if cell.cell_type == "markdown":
        return {"source": _markdown(cell.source)}
    shown = [_output(output) for output in cell.get("outputs", ())]
    return {"source": _code(cell.source), "outputs": [output for output in shown if output]}


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


def write(name, target, names, **values):
    """Fill the template ``name`` into the file ``target``; links to the lessons ``names`` lead to pages, and
    links to other notebooks nowhere."""
    ending = ".slides.html" if target.name.endswith(".slides.html") else ".html"
    text = TEMPLATES.get_template(name).render(part=part, theme=theme, css_string=css_string, **values)
    text = NOTEBOOK_LINK.sub(lambda found: f'href="{found[1]}{ending}"' if found[1] in names else "", text)
    notebooks.replace(target, text.encode())


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
    """Write everything for the notebooks ``paths`` into the folder ``target``; PDF only with a browser."""
    target.mkdir(parents=True, exist_ok=True)
    lessons = [read(path) for path in paths]
    names = [lesson.name for lesson in lessons]
    for k, lesson in enumerate(tqdm(lessons, desc="decks", unit="lesson")):
        around = {"before": lessons[k - 1] if k else None, "after": lessons[k + 1] if k + 1 < len(lessons) else None}
        values = {"lesson": lesson, **around, "pdf": bool(chromium)}
        deck = target / f"{lesson.name}.slides.html"
        write("slides.html", deck, names, **values)
        write("page.html", target / f"{lesson.name}.html", names, **values)
        if chromium:
            notebooks.replace(target / f"{lesson.name}.pdf", print_pdf(chromium, deck))
    write("index.html", target / "index.html", names, lessons=lessons, pdf=bool(chromium))


def main():
    """Build from the notebooks named on the command line, or from all lessons."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="the notebooks; all lessons if none is named")
    paths = parser.parse_args().notebooks or notebooks.lessons()
    try:
        with browser.opened() as chromium:
            if chromium is None:
                print(f"No browser was found, so no PDF is made. {browser.HOW_TO_INSTALL}", file=sys.stderr)
            build(notebooks.find(paths), chromium=chromium)
    except (OSError, ValueError) as error:
        sys.exit(f"{error}")
    except BrowserError as error:
        sys.exit(f"The browser {browser.find()} could not print a deck: {error}")
    print(f"Open {BUILD / 'index.html'}")


if __name__ == "__main__":
    main()
