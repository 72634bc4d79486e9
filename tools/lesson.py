"""A lesson as the site needs it: slides, the reader's text and the lecturer's, covered answers, exercises."""

import base64
import html
import io
import re
from dataclasses import dataclass, field

from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from PIL import Image

from tools import notebooks
from tools.moving import webp
from tools.rules import IN_CLASS, PREDICT

MINUTES = re.compile(r"\d+ ?\w+$")  # a title slide ends with a number and its unit
HEADING = re.compile(r"<h2[^>]*>(.*?)</h2>")
IMAGE = re.compile(r'<img alt="([^"]*)" width="(\d+)" src="data:image/png;base64,([^"]*)">')


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

    @property
    def words(self):
        """All that can be searched for: words and code, without what they print and without the lecturer's part."""
        cells = [cell["source"] for part in self.parts for cell in part]
        return " ".join(re.sub(r"<math.*?</math>|<[^>]*>", " ", html.unescape(" ".join([*cells, self.text]))).split())


@dataclass
class Lesson:
    """A lesson as its files need it; ``columns`` are slides that stand above one another, ``exercises`` are Slides."""

    name: str
    title: str
    lead: str
    minutes: str
    columns: list
    exercises: list = field(default_factory=list)

    @property
    def slides(self):
        """All slides in order."""
        return [slide for column in self.columns for slide in column]

    @property
    def pictured(self):
        """The first picture of the lesson, as HTML; "" if it has none."""
        cells = (cell for slide in self.slides for cell in _in_order([slide]))
        outputs = (output for cell in cells for output in cell.get("outputs", ()))
        return next((output for output in outputs if output.startswith("<img")), "")


class Reader:
    """Reads lessons. ``typeset`` makes HTML of a formula: (TeX, whether it stands in a line of its own)."""

    def __init__(self, typeset):
        self._renderer = _Renderer(typeset)

    def read(self, path):
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
        columns = self._columns(cells)
        _cover([slide for column in columns for slide in column])
        lesson = Lesson(path.stem, title[2:].strip(), lead, minutes[0] if minutes else "", columns)
        exercise, solution = (path.parent / folder / path.name for folder in ("exercises", "solutions"))
        if exercise.is_file() and solution.is_file():
            given, solved = (self._columns(notebooks.read(one).cells) for one in (exercise, solution))
            lesson.exercises = _exercises(given, solved)
        return lesson

    def _columns(self, cells):
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
                slide.text, slide.lecturer, slide.in_class = self._two_voices(cell.source)
            else:
                slide.parts[-1].append(self._cell(cell, slide.id))
        return columns

    def _two_voices(self, source):
        """The notes of a slide as HTML: the text for the reader, the lecturer's part's heading, and this part."""
        begin = IN_CLASS.search(source)
        if not begin:
            return self._markdown(source), "", ""
        quoted = re.sub("^> ?", "", source[begin.start() :], flags=re.MULTILINE)
        heading, _, staged = quoted.partition(".** ")
        return self._markdown(source[: begin.start()]), heading.lstrip("* "), self._markdown(staged)

    def _cell(self, cell, slide):
        """A cell for the templates; its heading, if it has one, leads to the address of its ``slide``."""
        told = {"id": cell.id, "type": cell.cell_type, "asks": bool(PREDICT.search(cell.source))}
        if cell.cell_type == "markdown":
            source = self._markdown(cell.source)
            return {**told, "source": source, "linked": HEADING.sub(_linked(slide), source)}
        source = re.sub(r" *# (BEGIN|END) SOLUTION.*\n?", "", cell.source)
        shown = [self._output(output) for output in cell.get("outputs", ())]
        return {**told, "source": _code(source), "outputs": [output for output in shown if output]}

    def _output(self, output):
        """An output as HTML; a control, which needs a kernel, shows nothing: the picture before it makes its point."""
        if output.output_type == "stream":
            return f"<pre>{ansi2html(output.text)}</pre>"
        if output.output_type == "error":
            return f"<pre>{ansi2html(chr(10).join(output.traceback))}</pre>"
        if output.metadata.get("control"):
            return ""
        data = output.data
        if "text/html" in data:
            return IMAGE.sub(_light, data["text/html"])
        if "text/markdown" in data:
            return self._markdown(data["text/markdown"])
        if "text/latex" in data:
            return html.escape(data["text/latex"])
        return f"<pre>{html.escape(data['text/plain'])}</pre>"

    def _markdown(self, source):
        said = MarkdownWithMath(renderer=self._renderer).render(source)
        return said.replace("<th></th>", "<td></td>")  # nothing to read aloud as the heading of a column


class _Renderer(IPythonRenderer):
    def __init__(self, typeset):
        super().__init__(escape=False, exclude_anchor_links=True)
        self._typeset = typeset

    def inline_math(self, body):
        return self._typeset(body, False)

    def block_math(self, body):
        return self._typeset(body, True)

    def latex_environment(self, name, body):
        return self._typeset(rf"\begin{{{name}}}{body}\end{{{name}}}", True)


def _slide(cell):
    return Slide(cell.id, cell.source.strip().split("\n")[0].lstrip("# "))


def _linked(slide):
    return rf'<h2><a class="here" href="#{slide}">\1</a></h2>'


def _code(source):
    return Highlight2HTML(pygments_lexer="ipython3")(source)


def _light(found):
    """A picture in fewer bytes, the same dots, and with its height, so that nothing jumps when it comes."""
    alt, width, data = found[1], int(found[2]), base64.b64decode(found[3])
    image = Image.open(io.BytesIO(data))
    small = webp(image.convert("RGB"))
    kind, data = ("webp", small) if len(small) < len(data) else ("png", data)
    height = round(width * image.height / image.width)
    said = base64.b64encode(data).decode("ascii")
    return f'<img alt="{alt}" width="{width}" height="{height}" src="data:image/{kind};base64,{said}">'


def _cover(slides):
    """Divide the cells of each slide: what follows a prediction, on its slide or else on the next, is covered."""
    waiting = False
    for slide in slides:
        cells = _in_order([slide])
        asked = [k for k, cell in enumerate(cells, start=1) if cell["asks"]]
        end = 1 if waiting else asked[0] if asked else len(cells)
        slide.shown, slide.covered = cells[:end], cells[end:]
        waiting = bool(asked) and not slide.covered


def _exercises(given, solved):
    """The exercises as Slides: what the learner is given is shown, and its solution covered."""
    solutions = {column[0].id: _in_order(column) for column in solved}
    found = []
    for column in given:
        slide, slide.shown = column[0], _in_order(column)
        sources = {cell["id"]: cell["source"] for cell in slide.shown}
        answer = solutions[slide.id]
        begin = next((k for k, cell in enumerate(answer) if sources.get(cell["id"]) != cell["source"]), len(answer))
        # A text that stands above need not stand here again; a check does, with what it says to the right answer.
        slide.covered = [cell for cell in answer[begin:] if cell["type"] == "code" or cell["id"] not in sources]
        found.append(slide)
    return found


def _in_order(slides):
    """The cells of the slides, one after another."""
    return [cell for slide in slides for part in slide.parts for cell in part]
