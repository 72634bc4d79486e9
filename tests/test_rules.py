"""Each rule for notebooks is broken once, in a copy of a real lesson, and says exactly what is wrong.

``BROKEN`` is the mutation table: what is done to the copy, and the words of the one problem that it must give.
"""

import base64
import copy
import io
import re

import nbformat
import pytest
from PIL import Image

from tools import notebooks, rules

LESSON = notebooks.NOTEBOOKS / "01-self-attention.ipynb"


@pytest.fixture(scope="module")
def lesson():
    """The lesson's beginning, up to the slide of its first figure: with all of them, each test would open every picture
    again."""
    beginning = notebooks.read(LESSON)
    last = next(k for k, cell in enumerate(beginning.cells) if "<img" in str(cell.get("outputs")))
    while not is_notes(beginning.cells[last]):
        last += 1
    del beginning.cells[last + 1 :]
    return beginning


@pytest.fixture
def notebook(lesson):
    return copy.deepcopy(lesson)


# Where a notebook is broken: its first cell of a kind.


def first(notebook, wanted):
    return next(cell for cell in notebook.cells if wanted(cell))


def text(notebook):
    return first(notebook, lambda cell: cell.cell_type == "markdown")


def code(notebook):
    return first(notebook, lambda cell: cell.cell_type == "code")


def is_notes(cell):
    return cell.metadata["slideshow"]["slide_type"] == "notes"


def notes(notebook):
    return first(notebook, is_notes)


def printing(notebook):
    """The first cell that prints, and what it prints."""
    cell = first(notebook, lambda cell: any(output.output_type == "stream" for output in cell.get("outputs", ())))
    return next(output for output in cell.outputs if output.output_type == "stream")


def figure(notebook):
    """The data of the first figure."""
    shown = (output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", ()))
    return next(data for data in shown if "<img" in data.get("text/html", ""))


def png(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (64, 32), colour).save(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()


# How it is broken.


def source(line, where=code):
    """Put a line at the end of a cell."""

    def change(notebook):
        where(notebook).source += f"\n{line}"

    return change


def prints(text):
    def change(notebook):
        printing(notebook).text += text

    return change


def shows(mime, content):
    """Give the first code cell one more output."""

    def change(notebook):
        code(notebook).outputs.append(nbformat.v4.new_output("display_data", {mime: content}))

    return change


def picture(pattern, replacement):
    """Change the HTML of the first figure."""

    def change(notebook):
        data = figure(notebook)
        data["text/html"], count = re.subn(pattern, replacement, data["text/html"], count=1)
        assert count == 1

    return change


def metadata(**entries):
    def change(notebook):
        code(notebook).metadata.update(entries)

    return change


def count(number):
    """Give a number to the third code cell."""

    def change(notebook):
        [cell for cell in notebook.cells if cell.cell_type == "code"][2].execution_count = number

    return change


def error(name, traceback=()):
    def change(notebook):
        code(notebook).outputs.append(
            nbformat.v4.new_output("error", ename=name, evalue="no", traceback=list(traceback))
        )

    return change


def voices(*paragraphs):
    """Let these be the notes of the first slide."""

    def change(notebook):
        notes(notebook).source = "\n\n".join(paragraphs)

    return change


READER, LECTURER = "Attention is a mean, and here is why.", "> **In class · 2 min.** Who knows it?\n>\n> Wait."


def without_notes(notebook):
    notebook.cells.remove(notes(notebook))


def a_question_at_the_end(notebook):
    asking = nbformat.v4.new_markdown_cell(
        "> **Predict.** And then?", metadata={"slideshow": {"slide_type": "fragment"}}
    )
    notebook.cells.insert(len(notebook.cells) - 1, asking)


def a_figure_below_much_code(notebook):
    cell = first(notebook, lambda cell: "<img" in str(cell.get("outputs")))
    cell.source = "\n".join(["# as before"] * (7 - len(cell.source.splitlines()))) + "\n" + cell.source


def no_slide_type(notebook):
    del text(notebook).metadata["slideshow"]


def odd_slide_type(notebook):
    code(notebook).metadata["slideshow"]["slide_type"] = "sub-slide"


def sixteen_lines(notebook):
    code(notebook).source = "\n".join(["x = 1"] * 16)


def cleared(notebook):
    code(notebook).outputs, code(notebook).execution_count = [], None


def warned(notebook):
    code(notebook).outputs.append(nbformat.v4.new_output("stream", name="stderr", text="UserWarning: careful"))


def raised_a_path(notebook):
    code(notebook).metadata["tags"] = ["raises-exception"]
    error("ValueError", ["ValueError  Traceback", "File \x1b[0;32m/usr/lib/python3/x.py\x1b[0m, in f"])(notebook)


def swapped(notebook):
    second, third = [cell for cell in notebook.cells if cell.cell_type == "code"][1:3]
    second.execution_count, third.execution_count = third.execution_count, second.execution_count


def timed(notebook):
    code(notebook).metadata["execution"] = {"iopub.execute_input": "2026-11-22T10:00:00.000000Z"}


def another_kernel(notebook):
    notebook.metadata["language_info"]["version"] = "3.11.7"


SHORT = "whose alternative text is"
BROKEN = {
    "no slide type": (no_slide_type, "has no slide type"),
    "a slide type that RISE does not know": (odd_slide_type, "has no slide type"),
    "16 lines of code": (sixteen_lines, "has 16 lines of code, and a slide holds 15"),
    "a line that is too wide": (source("x = " + "1" * 81), "has a line of 85 characters, and a slide holds 84"),
    "a cell that was never run": (count(None), "should have run as number 3, but ran never"),
    "a cell that was run again": (count(30), "should have run as number 3, but ran as number 30"),
    "cleared outputs": (cleared, "should have run as number 1, but ran never"),
    "stderr": (warned, "writes to stderr: UserWarning: careful"),
    "an error": (error("ValueError"), "ends with ValueError: no"),
    # figures
    "a bare PNG": (shows("image/png", png("red")), "a figure without alternative text"),
    "a bare SVG": (shows("image/svg+xml", "<svg></svg>"), "a figure without alternative text"),
    "a figure as words": (
        shows("text/plain", "<Figure size 640x480 with 1 Axes>"),
        "a figure without alternative text",
    ),
    "no alternative text": (picture(r'alt="[^"]*"', ""), f"{SHORT} ''"),
    "short alternative text": (picture(r'alt="[^"]*"', 'alt="A heatmap of words"'), f"{SHORT} 'A heatmap of words'"),
    "short alternative text in markdown": (source("![a dog](dog.png)", text), f"{SHORT} 'a dog'"),
    "an image tag in markdown": (source('<img src="dog.png">', text), f"{SHORT} ''"),
    "a blank picture": (picture(r"base64,[^\"]*", f"base64,{png('white')}"), "shows a blank picture"),
    "a garbled picture": (picture(r"base64,.{9}", "base64,!!!!!!!!!"), "a stored picture cannot be read"),
    "a picture with odd characters": (picture("base64,", "base64,!!!!"), "a stored picture cannot be read"),
    "half a picture": (picture(r"base64,([^\"]{4000})[^\"]*", r"base64,\1"), "a stored picture cannot be read"),
    "no picture": (picture(r"base64,[^\"]*", "base64,"), "a stored picture cannot be read"),
    "not a picture": (picture(r"base64,[^\"]*", "base64,aGVsbG8="), "a stored picture cannot be read"),
    "another kind of picture": (picture("image/png", "image/jpeg"), "shows a picture that is not compared"),
    # outputs that are not compared
    "ignored by a tag": (metadata(tags=["nbval-ignore-output"]), "not compared: say why"),
    "skipped by a tag": (metadata(tags=["nbval-skip"]), "not compared: say why"),
    "ignored by a comment": (source("# NBVAL_IGNORE_OUTPUT"), "not compared: say why"),
    "skipped by a comment": (source("# NBVAL_SKIP"), "not compared: say why"),
    "ignored by an old comment": (source("# PYTEST_VALIDATE_IGNORE_OUTPUT"), "not compared: say why"),
    "a short reason": (metadata(tags=["nbval-skip"], not_compared_because="time"), "not compared: say why"),
    # paths
    "Linux path in code": (source('open("/home/ada/x.csv")'), "names a path of one machine: /home/"),
    "Mac path in code": (source('open("/Users/ada/x.csv")'), "names a path of one machine: /Users/"),
    "Windows path in code": (source(r'open(r"C:\Users\ada\x.csv")'), r"names a path of one machine: C:\U"),
    "escaped Windows path in code": (source(r'open("C:\\data\\x.csv")'), r"names a path of one machine: C:\d"),
    "Linux path in text": (source("It lies in `/tmp/x`.", text), "names a path of one machine: /tmp/"),
    "Mac path in text": (source("It lies in /Volumes/disk/x.", text), "names a path of one machine: /Volumes/"),
    "Windows path in text": (source(r"It lies in D:\lessons.", text), r"names a path of one machine: D:\l"),
    "file address in text": (source("[here](file:///opt/x)", text), "names a path of one machine: file:///opt/"),
    "Linux path in output": (prints("read /root/x"), "names a path of one machine: /root/"),
    "Linux path at the start of a line": (prints("\n/var/x"), "names a path of one machine: /var/"),
    "Windows path in output": (prints("read C:\\Users\\ada"), r"names a path of one machine: C:\U"),
    "path in HTML": (shows("text/html", "<p>/etc/x</p>"), "names a path of one machine: /etc/"),
    "path in a traceback": (raised_a_path, "names a path of one machine: /usr/"),
    # network
    "import urllib": (source("import urllib.request"), "uses the network: import urllib"),
    "from urllib": (source("from urllib.parse import quote"), "uses the network: import urllib"),
    "requests": (source("import requests"), "uses the network: import requests"),
    "requests beside a magic command": (
        source("%matplotlib inline\nimport requests"),
        "uses the network: import requests",
    ),
    "!pip": (source("!pip install torch"), "uses the network: !pip"),
    "%pip": (source("%pip install torch"), "uses the network: %pip"),
    "!curl": (source("! curl -O x"), "uses the network: ! curl"),
    "an address in code": (source('x = "https://example.org"'), "uses the network"),
    "torch.hub": (source('torch.hub.load("a", "b")'), "uses the network: hub.load"),
    "a download": (source("data(download=True)"), "uses the network: download"),
    "http picture in markdown": (
        source("![A long enough text for it](http://a.org/b.png)", text),
        "lies on the network",
    ),
    "script in markdown": (source('<script src="https://a.org/b.js"></script>', text), "lies on the network"),
    "script in an output": (shows("text/html", '<script src="https://a.org/b.js"></script>'), "asks the network"),
    # two voices, and room for pictures
    "a slide without notes": (without_notes, "does not end with one cell of notes"),
    "a lecturer's part alone": (voices(LECTURER), "has no text for the reader"),
    "no lecturer's part": (voices(READER), "must be text for the reader, then one quotation"),
    "text after the lecturer's part": (voices(READER, LECTURER, READER), "then one quotation"),
    "two lecturer's parts": (voices(READER, LECTURER, LECTURER), "then one quotation"),
    "a quotation before it": (voices(READER, "> A remark.", LECTURER), "then one quotation"),
    "no minutes": (voices(READER, LECTURER.replace("2 min", "soon")), "then one quotation"),
    "nothing to do in class": (voices(READER, "> **In class · 2 min.**"), "then one quotation"),
    "a question without an answer": (a_question_at_the_end, "asks for a prediction, and no code after it answers"),
    "a figure below much code": (a_figure_below_much_code, "shows a figure and has 7 lines, of 6"),
    # what differs from run to run
    "a stored time": (timed, "stores the time of its run"),
    "a stored Python version": (another_kernel, "language_info is not as make execute stores it"),
}


def test_the_lesson_is_sound(notebook):
    assert rules.problems(notebook) == []
    assert rules.problems(notebooks.read(LESSON), LESSON.stat().st_size) == []


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_copy_is_caught(notebook, what):
    change, words = BROKEN[what]
    change(notebook)
    problems = rules.problems(notebook, LESSON.stat().st_size)
    assert len(problems) == 1
    assert words in problems[0]


def test_cells_run_in_another_order_are_both_named(notebook):
    swapped(notebook)
    problems = rules.problems(notebook)
    assert len(problems) == 2
    assert "should have run as number 2, but ran as number 3" in problems[0]
    assert "should have run as number 3, but ran as number 2" in problems[1]


def test_a_remote_picture_in_an_output_has_two_problems(notebook):
    shows("text/html", '<img alt="A long enough text for it" src="//a.org/b.png">')(notebook)
    problems = rules.problems(notebook)
    assert len(problems) == 2
    assert "not compared" in problems[0]
    assert "asks the network" in problems[1]


def test_a_large_file_is_refused(notebook):
    assert rules.problems(notebook, 500_000) == []
    (problem,) = rules.problems(notebook, 500_001)
    assert "has 500,001 bytes, and 500,000 are allowed" in problem


def test_a_problem_names_its_cell(notebook):
    cell = code(notebook)
    sixteen_lines(notebook)
    (problem,) = rules.problems(notebook)
    assert problem.startswith(f"cell {cell.id} (x = 1) has 16 lines")


@pytest.mark.parametrize(
    "change",
    [
        source("[a book](https://d2l.ai/chapter)", text),
        source("<https://arxiv.org/abs/1706.03762>", text),
        source("Positions are in `P[0, t]`, and/or the ratio 1/home/2.", text),
        source('print("X:\\n", 1)'),
        source("# the title's # sign"),
        prints("d:\nnew"),
        prints("either/or 3/4"),
        shows("text/html", '<p>see <a href="https://d2l.ai">the book</a></p>'),
        metadata(tags=["nbval-ignore-output"], not_compared_because="It prints how long it took."),
        metadata(tags=["raises-exception", "important"]),
        source("![A picture with a text that is long enough](dog.png)", text),
    ],
    ids=range(11),
)
def test_what_is_allowed_has_no_problem(notebook, change):
    change(notebook)
    assert rules.problems(notebook) == []


def test_an_expected_error_is_no_problem(notebook):
    code(notebook).metadata["tags"] = ["raises-exception"]
    error("ValueError")(notebook)
    assert rules.problems(notebook) == []


def test_every_rule_is_broken_above(lesson):
    """A rule without a mutation would be a rule that nobody has seen fail."""
    unseen = list(rules.RULES)
    for change, _ in BROKEN.values():
        notebook = copy.deepcopy(lesson)
        change(notebook)
        unseen = [rule for rule in unseen if not list(rule(notebook))]
    assert unseen == []
