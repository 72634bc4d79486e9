"""What holds for every notebook of the series, beside what nbval compares. A rule yields a sentence a problem."""

import ast
import re

from helpers import texts
from tools import notebooks

# In each language: how a question begins whose answer is covered, and with which words the lecturer's part begins.
PREDICT = re.compile("|".join(re.escape(f"> **{said}**") for said in texts.everywhere("lesson.predict").values()))
IN_CLASS = re.compile(
    r"> \*\*(?:{}) · (\d+) ?\w+[.。]\*\* \S".format("|".join(texts.everywhere("lesson.in-class").values()))
)
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
MAX_LINES = 15
MAX_DRAWING_LINES = 6  # beside a figure that takes half of its slide
MAX_WIDTH = 84  # characters, of which a Chinese one counts as two: more is wider than a slide
MAX_BYTES = 500_000
MIN_ALT = 20
IGNORING = re.compile(r"NBVAL[_-](IGNORE[_-]OUTPUT|SKIP)|PYTEST_VALIDATE_IGNORE_OUTPUT", re.IGNORECASE)
IMAGE_TAG = re.compile(r"<img\b[^>]*>")
ALT = re.compile(r'\balt="([^"]*)"')
MARKDOWN_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)]*)\)")
ABSOLUTE_PATH = re.compile(
    r"(?:(?<![\w./:])|file://)/(?:bin|content|etc|home|mnt|opt|private|root|srv|tmp|usr|var|work|Users|Volumes)/"
    r"|\b[A-Za-z]:\\(?![nt]\b)\w"  # not the line break of "X:\n"
)
COLOUR = re.compile(r"\x1b\[[\d;]*m")  # as tracebacks have it
NETWORK_MODULES = {"aiohttp", "ftplib", "http", "httpx", "requests", "socket", "urllib", "urllib3"}
NETWORK_CALL = re.compile(
    r"^\s*[!%]+\s*(pip|conda|curl|wget|git)\b|hub\.load|from_pretrained|download|urlopen|[\"'](https?|ftp)://",
    re.MULTILINE,
)
REMOTE_SOURCE = re.compile(r"""(?:src|href)=["']?(?:https?:)?//(?!\S*["']?[^>]*>[^<]*</a>)""")


def slide_types(notebook):
    """Every cell says what it is in the slideshow."""
    for cell in notebook.cells:
        if cell.metadata.get("slideshow", {}).get("slide_type") not in SLIDE_TYPES:
            yield f"{_name(cell)} has no slide type: set one of {', '.join(sorted(SLIDE_TYPES))}"


def short_cells(notebook):
    """A code cell fits on a slide."""
    for cell in _code(notebook):
        lines = len(cell.source.splitlines())
        if lines > MAX_LINES:
            yield f"{_name(cell)} has {lines} lines of code, and a slide holds {MAX_LINES}: split it"
        for line in cell.source.splitlines():
            if (wide := notebooks.columns(line)) > MAX_WIDTH:
                yield f"{_name(cell)} has a line of {wide} characters, and a slide holds {MAX_WIDTH}: {line}"


def pictures_have_room(notebook):
    """On the slides of a talk, a cell that shows a figure is short: what is computed for it stands in another."""
    for cell in _code(notebook) if _has_two_voices(notebook) else ():
        lines = len(cell.source.splitlines())
        if lines > MAX_DRAWING_LINES and shows_figure(cell):
            yield f"{_name(cell)} shows a figure and has {lines} lines, of {MAX_DRAWING_LINES}: compute in another cell"


def has_run(notebook):
    """Every code cell was run, in order, from top to bottom."""
    for number, cell in enumerate(_code(notebook), start=1):
        if cell.execution_count != number:
            came = "never" if cell.execution_count is None else f"as number {cell.execution_count}"
            yield f"{_name(cell)} should have run as number {number}, but ran {came}: make execute"


def no_complaints(notebook):
    """No stored output is a warning, nor an error that nobody expects."""
    for cell in _code(notebook):
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
                yield f"{_name(cell)} ends with {output.ename}: {output.evalue}"
            if output.output_type == "stream" and output.name == "stderr":
                yield f"{_name(cell)} writes to stderr: {output.text[:80]}"


def figures_speak(notebook):
    """Every figure has alternative text, and is a picture that can be opened."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for alt, _ in MARKDOWN_IMAGE.findall(cell.source):
                yield from _short_alt(cell, alt)
            for tag in IMAGE_TAG.findall(cell.source):
                yield from _short_alt(cell, "".join(ALT.findall(tag)))
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if any(mime.startswith("image/") for mime in data) or "<Figure size" in data.get("text/plain", ""):
                yield f"{_name(cell)} shows a figure without alternative text: show it with helpers.plots"
            for tag in IMAGE_TAG.findall(data.get("text/html", "")):
                yield from _short_alt(cell, "".join(ALT.findall(tag)))
                if not notebooks.PICTURE.match(tag):
                    yield f"{_name(cell)} shows a picture that is not compared: show it with helpers.plots"
        try:
            for picture in notebooks.pictures(cell.get("outputs", ())):
                if picture.std() < 1:
                    yield f"{_name(cell)} shows a blank picture"
        except ValueError as error:
            yield f"{_name(cell)}: {error}"


def reasons(notebook):
    """Where an output is not compared, the cell's metadata says why, under ``not_compared_because``."""
    for cell in _code(notebook):
        ignoring = [*cell.metadata.get("tags", []), *re.findall(r"#.*", cell.source)]
        reason = cell.metadata.get("not_compared_because", "")
        if any(IGNORING.search(word) for word in ignoring) and len(reason) < 10:
            yield f"{_name(cell)} has an output that is not compared: say why in its metadata, not_compared_because"


def no_paths(notebook):
    """No path of one machine, in code, text or output."""
    for cell in notebook.cells:
        for text in _texts(cell):
            for found in ABSOLUTE_PATH.findall(text.replace("\\\\", "\\")):
                yield f"{_name(cell)} names a path of one machine: {found}"


def no_network(notebook):
    """Nothing is fetched, neither by code nor by a picture in the text."""
    for cell in _code(notebook):
        for found in NETWORK_CALL.finditer(cell.source):
            yield f"{_name(cell)} uses the network: {found.group().strip()}"
        for module in sorted(_imports(cell.source) & NETWORK_MODULES):
            yield f"{_name(cell)} uses the network: import {module}"
        for output in cell.outputs:
            if REMOTE_SOURCE.search(output.get("data", {}).get("text/html", "")):
                yield f"{_name(cell)} has an output that asks the network for something"
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            remote = any("//" in address for _, address in MARKDOWN_IMAGE.findall(cell.source))
            if remote or re.search(r"<(img|script|link|iframe)\b[^>]*//", cell.source):
                yield f"{_name(cell)} shows something that lies on the network"


def clean_metadata(notebook):
    """Nothing is stored that differs from run to run."""
    for key, expected in notebooks.KERNEL.items():
        if notebook.metadata.get(key) != expected:
            yield f"the notebook's {key} is not as make execute stores it"
    for cell in notebook.cells:
        if "execution" in cell.metadata:
            yield f"{_name(cell)} stores the time of its run"


def small(notebook, size):
    """The file stays small enough for a repository, and for a phone."""
    if size > MAX_BYTES:
        yield f"the notebook has {size:,} bytes, and {MAX_BYTES:,} are allowed: draw smaller or fewer figures"


def two_voices(notebook):
    """In a lesson, each slide ends with notes: text for the reader, then the lecturer's part, quoted."""
    for slide in _slides(notebook) if _has_two_voices(notebook) else ():
        if [cell for cell in slide if _is_notes(cell)] != slide[-1:]:
            yield f"{_name(slide[0])} begins a slide that does not end with one cell of notes"
            continue
        paragraphs = [part.strip() for part in re.split(r"\n(?:>? *\n)+", slide[-1].source.strip())]
        quoted = [paragraph.startswith(">") for paragraph in paragraphs]
        begins = [bool(IN_CLASS.match(paragraph)) for paragraph in paragraphs]
        if quoted[0]:
            yield f"{_name(slide[-1])} has no text for the reader before the lecturer's part"
        elif sum(begins) != 1 or quoted != sorted(quoted) or begins.index(True) != quoted.index(True):
            yield f"{_name(slide[-1])} must be text for the reader, then one quotation: > **In class · 2 min.** ..."


def predictions_are_answered(notebook):
    """After a question to predict comes its answer: more of the slide, or, where it ends its slide, the next slide."""
    slides = list(_slides(notebook))
    for slide, following in zip(slides, [*slides[1:], []], strict=True):
        shown = [cell for cell in slide if not _is_notes(cell)]
        for k, cell in enumerate(shown):
            answer = shown[k + 1 :] or [cell for cell in following if not _is_notes(cell)]
            if cell.cell_type == "markdown" and PREDICT.search(cell.source) and not _code_in(answer):
                yield f"{_name(cell)} asks for a prediction, and no code after it answers"


RULES = [
    *(slide_types, short_cells, pictures_have_room, has_run, no_complaints, figures_speak, reasons),
    *(no_paths, no_network, clean_metadata, two_voices, predictions_are_answered),
]


def problems(notebook, size=0):
    """Every problem of ``notebook``, whose file has ``size`` bytes."""
    return [problem for rule in RULES for problem in rule(notebook)] + list(small(notebook, size))


def shows_figure(cell):
    """Whether a picture is stored with this cell."""
    return any(
        notebooks.PICTURE.search(output.get("data", {}).get("text/html", "")) for output in cell.get("outputs", ())
    )


def _has_two_voices(notebook):
    return any(IN_CLASS.search(cell.source) for cell in notebook.cells)


def _slides(notebook):
    """The slides, each a list of its cells."""
    slide = []
    for cell in notebook.cells:
        if _kind(cell) in ("slide", "subslide") and slide:
            yield slide
            slide = []
        slide.append(cell)
    if slide:
        yield slide


def _kind(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type", "-")


def _is_notes(cell):
    return _kind(cell) == "notes"


def _code_in(cells):
    return any(cell.cell_type == "code" for cell in cells)


def _code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _texts(cell):
    """All that a cell says: its source, and its outputs without colours and pictures."""
    yield cell.source
    for output in cell.get("outputs", ()):
        yield output.get("text", "")
        yield COLOUR.sub("", "\n".join(output.get("traceback", ())))
        for content in output.get("data", {}).values():
            yield re.sub(r"base64,[^\"]*", "", str(content))


def _name(cell):
    first = cell.source.strip().split("\n")[0][:50]
    return f"cell {cell.get('id', '?')} ({first})"


def _short_alt(cell, alt):
    if notebooks.columns(alt) < MIN_ALT:
        yield f"{_name(cell)} has a figure whose alternative text is {alt!r}: {MIN_ALT} characters at the least"


def _imports(source):
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with a magic command
        return set(re.findall(r"^\s*(?:import|from)\s+(\w+)", source, re.MULTILINE))
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module.split(".")[0])
    return modules
