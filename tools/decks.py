"""Build what needs no Jupyter: ``python -m tools.decks [NOTEBOOK ...]`` writes into ``build/``.

For each lesson a deck (reveal.js), a page to read, and, where a browser is found, the deck as PDF; and one page
that lists them. Each file is complete in itself: it asks nothing of the network and nothing of its folder.
"""

import argparse
import base64
import html
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from tqdm import tqdm

from tools import browser, notebooks

DECK = Path(__file__).parent / "deck"
BUILD = notebooks.ROOT / "build"
THEME = notebooks.NOTEBOOKS / "rise.css"
MINUTES = re.compile(r"(\d+) minutes")
NOTEBOOK_LINK = re.compile(r'href="([^":#]+)\.ipynb"')
FONT = re.compile(r'url\("(fonts/[^"]+)"\)')

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(DECK),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


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
    minutes = MINUTES.search(rest)
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
        if kind == "notes":
            columns[-1][-1].notes.append(_markdown(cell.source))
            continue
        if kind == "slide" or not columns:
            columns.append([Slide()])
        elif kind == "subslide":
            columns[-1].append(Slide())
        elif kind == "fragment":
            columns[-1][-1].parts.append([])
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


def part(name):
    """A style sheet or a script of ``tools/deck``, to stand inside a page."""
    text = (DECK / name).read_text(encoding="utf-8")
    text = re.sub(r"//# sourceMappingURL=\S+", "", text)
    return text.replace("</script", r"<\/script")


def write(name, target, names, **values):
    """Fill the template ``name`` into the file ``target``; links to the lessons ``names`` lead to pages, and
    links to other notebooks nowhere."""
    ending = ".slides.html" if target.name.endswith(".slides.html") else ".html"
    text = TEMPLATES.get_template(name).render(part=part, theme=theme, **values)
    text = NOTEBOOK_LINK.sub(lambda found: f'href="{found[1]}{ending}"' if found[1] in names else "", text)
    notebooks.replace(target, text.encode())


def print_pdf(program, deck, target):
    """Print the file ``deck`` with the browser ``program``.

    Raises:
        subprocess.SubprocessError: the browser failed, or took longer than two minutes.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, *browser.options(), "--headless", "--disable-gpu", f"--user-data-dir={profile}"]
        command += ["--virtual-time-budget=20000", "--no-pdf-header-footer", "--generate-pdf-document-outline"]
        subprocess.run(
            [*command, f"--print-to-pdf={target}", deck.as_uri()], check=True, capture_output=True, timeout=120
        )


def build(paths, target=BUILD, program=None):
    """Write everything for the notebooks ``paths`` into the folder ``target``; PDF only with a browser ``program``."""
    target.mkdir(parents=True, exist_ok=True)
    lessons = [read(path) for path in paths]
    names = [lesson.name for lesson in lessons]
    for k, lesson in enumerate(tqdm(lessons, desc="decks", unit="lesson")):
        around = {"before": lessons[k - 1] if k else None, "after": lessons[k + 1] if k + 1 < len(lessons) else None}
        values = {"lesson": lesson, **around, "pdf": bool(program)}
        deck = target / f"{lesson.name}.slides.html"
        write("slides.html", deck, names, **values)
        write("page.html", target / f"{lesson.name}.html", names, **values)
        if program:
            print_pdf(program, deck.resolve(), (target / f"{lesson.name}.pdf").resolve())
    write("index.html", target / "index.html", names, lessons=lessons, pdf=bool(program))


def find(paths=()):
    """The given notebooks, or all lessons."""
    found = notebooks.find(paths or sorted(notebooks.NOTEBOOKS.glob("*.ipynb")))
    return [path for path in found if path.name != "00-start-here.ipynb"]  # it is about Jupyter


def main():
    """Build from the notebooks named on the command line, or from all lessons."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="the notebooks; all lessons if none is named")
    program = browser.find()
    if program is None:
        print(f"No browser was found, so no PDF is made. {browser.HOW_TO_INSTALL}", file=sys.stderr)
    try:
        build(find(parser.parse_args().notebooks), program=program)
    except (OSError, ValueError) as error:
        sys.exit(f"{error}")
    except subprocess.SubprocessError as error:
        sys.exit(f"The browser {program} could not print a deck: {error}")
    print(f"Open {BUILD / 'index.html'}")


if __name__ == "__main__":
    main()
