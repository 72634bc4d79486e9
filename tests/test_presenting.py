"""The lessons as RISE shows them, in a real browser: legible, complete, offline, and without a trace in the file."""

import base64
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from browsing import Watch, has_letters, patient, report, show, walk
from PIL import Image, ImageDraw
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from serving import serving

from helpers import texts
from tools import notebooks, present

pytestmark = patient
# The exercises are worked at a desk, in JupyterLab.
LESSONS = [f"notebooks/{present.START}", *(path.relative_to(notebooks.ROOT).as_posix() for path in notebooks.lessons())]
TRANSLATED = [
    pytest.param(
        path.relative_to(notebooks.ROOT).as_posix(),
        marks=pytest.mark.skipif(not has_letters(language), reason=f"There is no font for {language} here."),
    )
    for language in texts.languages()[1:]
    for path in [notebooks.home(language) / present.START, *notebooks.lessons(language)]
]
SETTINGS = "jupyter/labconfig/default_setting_overrides.json"
FIRST_SLIDE = "section.present > section.present .jp-Cell"
CALL = "controls.live("


def deck(*cells):
    """A notebook whose cells are pairs of a kind of slide and a source; a source in a list is code."""
    notebook = nbformat.v4.new_notebook()
    for kind, source in cells:
        new = nbformat.v4.new_code_cell if isinstance(source, list) else nbformat.v4.new_markdown_cell
        cell = new("\n".join(source) if isinstance(source, list) else source)
        cell.metadata["slideshow"] = {"slide_type": kind}
        notebook.cells.append(cell)
    notebook.metadata.update(rise={**present.RISE, "footer": "A deck of the tests"}, **notebooks.KERNEL)
    return notebook


@pytest.fixture(scope="module")
def server(tmp_path_factory, browser):
    """The server that ``make slides`` starts, on a copy of the project that lies in a folder named "exercises"."""
    root = tmp_path_factory.mktemp("talk") / "exercises" / "series"
    shutil.copytree(notebooks.NOTEBOOKS, root / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copytree(notebooks.ROOT / "jupyter", root / "jupyter")
    settings = json.loads((root / SETTINGS).read_text(encoding="utf-8"))
    settings["@jupyterlab/docmanager-extension:plugin"]["autosaveInterval"] = 1  # second: if it stores, then soon
    (root / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
    further = ["--LabApp.expose_app_in_browser=True"]  # as window.jupyterapp
    with serving(root, "--root", str(root), str(root / LESSONS[0]), *further) as server:
        server.root, server.walks = root, {}
        yield server


@pytest.fixture
def context(browser, server):
    opened = browser.new_context(viewport={"width": 1280, "height": 720})
    opened.watch = Watch(opened, server.address)
    yield opened
    opened.close()
    assert not opened.watch.outside, "something was asked of another machine"


def open_slides(context, server, path):
    page = context.new_page()
    page.goto(f"{server.address}rise/{path}?token={server.token}")
    page.wait_for_selector(FIRST_SLIDE, timeout=60_000)
    page.wait_for_function("document.querySelector('.slide-number')?.innerText")
    return page


def store(server, name, notebook):
    """Write a notebook into the folder that the server serves."""
    path = Path(server.root, "notebooks", name)
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)
    return path.relative_to(server.root).as_posix()


@pytest.fixture
def measured(request, context, server):
    """The walk through one notebook, done once for all the tests that ask what it found."""
    path = request.param
    if path not in server.walks:
        page = open_slides(context, server, path)
        server.walks[path] = walk(page)
        fonts = page.evaluate("[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)")
        assert any("Lesson Sans" in font for font in fonts), "the theme's fonts were not loaded"
        report(path, server.walks[path])
    return server.walks[path]


every_lesson = pytest.mark.parametrize("measured", [*LESSONS, *TRANSLATED], indirect=True)


@every_lesson
def test_every_slide_fits(measured):
    assert not measured.of("overflow"), "\n".join(measured.of("overflow"))


@every_lesson
def test_letters_can_be_read_at_the_back(measured):
    assert not measured.of("letters"), "\n".join(measured.of("letters"))
    assert not measured.of("contrast"), "\n".join(measured.of("contrast"))


@every_lesson
def test_figures_are_painted_and_speak(measured):
    assert not measured.of("figure"), "\n".join(measured.of("figure"))


@every_lesson
def test_figures_are_large(measured):
    assert not measured.of("small"), "\n".join(measured.of("small"))
    areas = [area for _, area in measured.figures]
    assert not areas or statistics.median(areas) >= 0.45, areas


@every_lesson
def test_formulas_are_typeset(measured):
    assert not measured.of("formula"), "\n".join(measured.of("formula"))


@pytest.mark.parametrize("path", [*LESSONS, *TRANSLATED])
def test_every_notebook_has_the_same_settings_and_its_own_name(path):
    notebook = notebooks.read(notebooks.ROOT / path)
    title = notebook.cells[0].source.split("\n")[0]
    assert title.startswith("# "), "a notebook begins with its title"
    assert notebook.metadata.get("rise") == {**present.RISE, "footer": title[2:]}


def image(size, colour, alt):
    """An image tag, 300 pixels wide, of a black line on a ground."""
    picture, file = Image.new("RGB", size, colour), io.BytesIO()
    ImageDraw.Draw(picture).line([(0, 0), size], fill="black", width=size[0] // 10)
    (picture if alt else Image.new("RGB", size, colour)).save(file, "png")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    alt = alt or "nothing but a white ground"
    return f'<img alt="{alt}" width="300" src="data:image/png;base64,{data}">'


LINE = image((1600, 640), "white", "a line across a white ground")
BROKEN = {
    "overflow": [
        "A line.\n\n" * 20,
        [f"x = '{'long ' * 30}'"],
        "x" * 200,
        f"<div style='height: 60px; overflow: hidden'>{LINE}</div>",
    ],
    "contrast": ["<p style='color: #aaaaaa'>Hardly to be seen.</p>"],
    "letters": ["<p style='font-size: 20px'>Small.</p>", LINE],
    "formula": [r"A formula without its dollars: \\frac{1}{2}", r"A formula that nobody can read: $\frac{1}$"],
    "small": [image((1600, 400), "white", "a low picture of a line across a white ground")],
    "figure": [
        image((600, 300), "white", ""),
        image((600, 300), "white", "a line"),
        '<img alt="" src="none.png">',
        f"{LINE}<div style='position: relative; margin-top: -100px; height: 100px; background: white'></div>",
    ],
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_bad_slide_is_caught(context, server, kind):
    bad = [(of, ("slide", source)) for of, sources in BROKEN.items() for source in sources]
    if "bad" not in server.walks:
        cells = [("slide", "# Title"), ("slide", "## Good\n\nWords."), *(cell for _, cell in bad)]
        page = open_slides(context, server, store(server, "bad.ipynb", deck(*cells)))
        server.walks["bad"] = walk(page, [(1280, 720)])
    found = server.walks["bad"]
    assert {f"slide-{k}-0" for k, (of, _) in enumerate(bad, start=2) if of == kind} <= slides_of(found.of(kind))
    assert not {"slide-0-0", "slide-1-0"} & slides_of(found.problems)


def test_what_comes_in_slowly_is_there_before_it_is_measured(context, server):
    cells = ("slide", "# Title"), ("slide", "## Slow"), ("fragment", LINE)
    page = open_slides(context, server, store(server, "slow.ipynb", deck(*cells)))
    show(page, "slide-1-0")
    style = page.eval_on_selector("#slide-1-0 .fragment", "part => ({...getComputedStyle(part)})")
    assert (style["opacity"], style["visibility"]) == ("1", "visible") and style["transition"] not in ("", "none")


def slides_of(problems):
    return {problem.split(", ")[1] for problem in problems}


def run_cell(page, slide):
    """Run the code on a slide as a speaker does: go there, click it, press Ctrl+Enter."""
    show(page, slide)
    page.wait_for_selector(f"#{slide} .jp-Cell.jp-mod-active")  # RISE selects the slide's first cell a little later
    press_run(page, page.locator(f"#{slide} .jp-CodeCell").first)


def press_run(page, cell):
    """Click into a cell and press Ctrl+Enter; again if the kernel was not there yet."""
    ran = "cell => cell.querySelector('.jp-InputPrompt').textContent.trim() !== '[ ]:'"
    for _ in range(10):
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        if happens(page, ran, cell.element_handle()):
            return
    raise TimeoutError("the cell does not run")


def happens(page, expression, given):
    """Whether the expression becomes true within two seconds."""
    try:
        page.wait_for_function(expression, arg=given, timeout=2000)
    except PlaywrightTimeout:
        return False
    return True


def test_a_cell_run_live_shows_its_output_and_leaves_the_file_alone(context, server):
    path = store(server, "live.ipynb", deck(("slide", "# Live"), ("slide", ["print('fresh', 6 * 7)"])))
    before = Path(server.root, path).read_bytes()
    page = open_slides(context, server, path)
    run_cell(page, "slide-1-0")
    page.wait_for_function(
        "document.querySelector('section.present .jp-OutputArea')?.innerText.includes('fresh 42')", timeout=60_000
    )
    exercise = store(server, "desk.ipynb", desk())
    page = open_lab(context, server, exercise)
    write(page, "later")
    wait_until_stored(page, server, exercise, "later")
    assert Path(server.root, path).read_bytes() == before


def with_control(path):
    """A deck of two slides: everything that a lesson computes before its control, and the control."""
    code = [cell.source for cell in notebooks.read(notebooks.ROOT / path).cells if cell.cell_type == "code"]
    number = next(k for k, source in enumerate(code) if CALL in source)
    return deck(("slide", "# Control"), ("slide", ["\n".join(code[:number])]), ("slide", [code[number]]))


@pytest.mark.parametrize("path", [path for path in LESSONS if "01" <= Path(path).name < "05"])
def test_the_control_of_a_core_lesson_moves_and_redraws(context, server, path):
    control = with_control(path)
    page = open_slides(context, server, store(server, "control.ipynb", control))
    run_cell(page, "slide-1-0")
    run_cell(page, "slide-2-0")
    page.wait_for_selector("#slide-2-0 .noUi-handle", timeout=120_000)
    assert len(page.get_attribute("#slide-2-0 .jp-OutputArea img", "alt")) >= 20
    picture = "document.querySelector('#slide-2-0 .jp-OutputArea img')?.src"
    handle, track = (page.locator(f"#slide-2-0 .noUi-{part}").first.bounding_box() for part in ("handle", "base"))
    height = handle["y"] + handle["height"] / 2
    seen = {page.evaluate(picture)}
    page.mouse.move(handle["x"] + handle["width"] / 2, height)
    page.mouse.down()
    for share in (0.15, 0.5, 0.85):  # the button held down all the time: a drag
        page.mouse.move(track["x"] + track["width"] * share, height)
        page.wait_for_function(
            f"seen => {{ const now = {picture}; return now && !seen.includes(now); }}", arg=list(seen)
        )
        seen.add(page.evaluate(picture))
    page.mouse.up()
    assert page.evaluate("document.querySelector('section.present > section.present').id") == "slide-2-0"


def test_a_control_moves_by_keyboard_and_turns_no_slide(context, server):
    cells = [("slide", "# Keys"), ("slide", CLOCK), ("slide", "## After")]
    page = open_slides(context, server, store(server, "keys.ipynb", deck(*cells)))
    run_cell(page, "slide-1-0")
    box = page.locator("#slide-1-0 input[type=number]")
    box.wait_for(timeout=120_000)
    before = page.get_attribute("#slide-1-0 img", "src")
    box.focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    page.wait_for_function("before => document.querySelector('#slide-1-0 img').src !== before", arg=before)
    assert box.input_value() == "6"
    page.wait_for_function("document.querySelector('#slide-1-0 img').naturalWidth >= 1600")  # drawn in full at rest
    assert page.evaluate("document.querySelector('section.present > section.present').id") == "slide-1-0"
    assert box.evaluate("box => box.labels[0].innerText") == "position", "the box has no name for a screen reader"


def test_a_control_moves_in_jupyterlab_too(context, server):
    page = open_lab(context, server, store(server, "lab.ipynb", deck(("slide", CLOCK))))
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=120_000)
    press_run(page, page.locator(".jp-CodeCell").first)
    box = page.locator(".jp-CodeCell input[type=number]")
    box.wait_for(timeout=120_000)
    before = page.get_attribute(".jp-CodeCell img", "src")
    for _ in range(15):
        box.press("ArrowUp")  # once more, should the box not have listened yet
        if happens(page, "before => document.querySelector('.jp-CodeCell img').src !== before", before):
            return
    raise TimeoutError("the picture stays as it is")


def test_a_click_on_the_start_page_opens_slides(context, server):
    page = open_slides(context, server, f"notebooks/{present.START}")
    show(page, "slide-1-0")
    with context.expect_page() as opened:
        page.locator("#slide-1-0 a", has_text="Binary representation").click()
    opened.value.wait_for_selector(f"{FIRST_SLIDE} h1", timeout=60_000)
    assert opened.value.inner_text(f"{FIRST_SLIDE} h1").startswith("Binary representation")


@pytest.mark.parametrize("language", texts.languages())
def test_the_start_page_lists_every_lesson(language):
    home = notebooks.home(language)
    start = "\n".join(cell.source for cell in notebooks.read(home / present.START).cells)
    listed = re.findall(r"^\| \d+ \| \[(.*?)\]\(/rise/(\S+)\) \| (\d+) \|.*\[\w+\]\((\S+)\) \|$", start, re.MULTILINE)
    lessons = [path.relative_to(notebooks.ROOT).as_posix() for path in notebooks.lessons(language)]
    assert [path for _, path, _, _ in listed] == lessons
    assert [path.name for path in notebooks.lessons(language)] == [link for *_, link in listed]
    for name, path, minutes, _ in listed:
        title = notebooks.read(notebooks.ROOT / path).cells[0].source
        assert title.startswith(f"# {name}\n") and re.search(rf"\b{minutes} minutes|约{minutes}分钟", title)


CLOCK = """
from helpers import controls, plots
def draw(position=5):
    return plots.clocks([[position / 10.0]], titles=["clock"], title="A clock")
controls.live(draw, position=(0, 60))
""".strip().split("\n")


def test_the_notes_open_with_t(context, server):
    cells = [("slide", "# Title"), ("notes", "**1 minute.** Say who you are."), ("slide", "## Next")]
    page = open_slides(context, server, store(server, "notes.ipynb", deck(*cells)))
    page.mouse.click(640, 600)
    with context.expect_page() as opened:
        page.keyboard.press("t")
    speaker = opened.value
    speaker.wait_for_function("document.querySelector('.speaker-controls-notes .value')?.innerText.length > 20")
    assert "Say who you are." in speaker.inner_text(".speaker-controls-notes .value")


def test_the_keys_of_the_start_page_work(context, server):
    here = "document.querySelector('section.present > section.present').id === 'slide-{}-0'"
    cells = [("slide", "# Title"), ("slide", ["40 + 2"]), ("slide", "## After")]
    page = open_slides(context, server, store(server, "turn.ipynb", deck(*cells)))
    page.mouse.click(640, 600)
    page.keyboard.press("Space")
    page.wait_for_function(here.format(1))
    page.keyboard.press("Shift+Space")
    page.wait_for_function(here.format(0))
    for shown in ("true", "false"):
        page.keyboard.press("w")
        page.wait_for_function(f"document.querySelector('.reveal').classList.contains('overview') === {shown}")
    run_cell(page, "slide-1-0")  # leaves the cursor in the cell
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    page.wait_for_function(here.format(2))
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement !== null")


def test_the_server_asks_for_a_token_and_is_not_seen_from_outside(server):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.address}api/contents/notebooks", timeout=10)
    assert refused.value.code == 403
    assert "http://localhost:" in (server.root / "log").read_text()


def test_the_users_own_settings_are_left_alone(tmp_path):
    code = (
        "from jupyterlab_server.config import ConfigManager\n"
        "print(__import__('json').dumps(ConfigManager(config_dir_name='labconfig').get('default_setting_overrides')))"
    )
    environment = {**os.environ, **present.environment(notebooks.ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert all(str(Path.home() / ".jupyter") not in value for value in present.environment(tmp_path).values())


# What is stored as one writes


SHOWN = ".jp-MainAreaWidget:not(.lm-mod-hidden)"
EDITOR = f"{SHOWN} .cm-content >> visible=true"  # rendered Markdown hides its own


def desk(*cells):
    """A notebook as exercises are, whose last cell is empty code: slides, and word that it is to be stored."""
    notebook = deck(*cells, ("slide", [""]))
    notebook.metadata["autosave"] = True
    return notebook


def open_lab(context, server, path):
    """A page with JupyterLab, and the document ``path`` alone in it."""
    page = context.new_page()
    page.goto(f"{server.address}lab/tree/{path}?token={server.token}&reset")
    page.wait_for_selector(EDITOR, timeout=60_000)
    return page


def open_beside(page, path):
    """Open one more document in JupyterLab."""
    page.evaluate("async path => { await jupyterapp.commands.execute('docmanager:open', {path}); }", path)
    page.wait_for_function("path => jupyterapp.shell.currentWidget?.context?.path === path", arg=path)
    page.wait_for_selector(EDITOR)


def write(page, words):
    """Write into the last code of the document that is shown, as a comment."""
    page.locator(f"{SHOWN} .jp-CodeCell .cm-content, {SHOWN} .jp-FileEditor .cm-content").last.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(f"  # {words}")


def wait_until_stored(page, server, path, words):
    """Wait until the file holds ``words``."""
    deadline = time.monotonic() + 30
    while words not in Path(server.root, path).read_text(encoding="utf-8"):
        assert time.monotonic() < deadline, f"{path} is not stored"
        page.wait_for_timeout(50)  # while the page goes on


def is_dirty(page):
    return page.evaluate("jupyterapp.status.isDirty")


def test_an_exercise_is_stored_as_one_writes_and_a_lesson_is_not(context, server):
    lesson = "notebooks/03-binary-representation.ipynb"
    exercise = lesson.replace("/", "/exercises/")
    before = Path(server.root, lesson).read_bytes()
    page = open_lab(context, server, lesson)
    write(page, "a remark")
    page.locator(f"{SHOWN} .jp-RenderedMarkdown a", has_text="exercises").last.click()
    page.wait_for_selector(f"{SHOWN} .jp-RenderedMarkdown h1 >> text=Exercises", timeout=60_000)
    for words in ("my first try", "my second try"):
        write(page, words)
        wait_until_stored(page, server, exercise, words)
    assert Path(server.root, lesson).read_bytes() == before
    assert not page.locator(".jp-Dialog").count()
    page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab").first.click()
    assert is_dirty(page)  # so that whoever closes it is asked
    page.locator(f"{SHOWN} .jp-CodeCell .cm-content").last.click()
    page.keyboard.press("Control+s")
    wait_until_stored(page, server, lesson, "a remark")


def test_what_a_learner_copies_or_adds_is_stored_too_and_a_solution_is_not(context, server):
    solution = "notebooks/solutions/03-binary-representation.ipynb"
    before = Path(server.root, solution).read_bytes()
    page = open_lab(context, server, solution)
    write(page, "a remark")
    new = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("")], metadata=notebooks.KERNEL)
    mine = [store(server, "my work/mine.ipynb", desk()), store(server, "Untitled.ipynb", new), "notebooks/functions.py"]
    Path(server.root, mine[2]).write_text("", encoding="utf-8")
    for path in mine:
        open_beside(page, path)
        write(page, "mine")
        wait_until_stored(page, server, path, "# mine")
    assert Path(server.root, solution).read_bytes() == before


HOLD = """() => {
    const contents = jupyterapp.serviceManager.contents, save = contents.save.bind(contents);
    const held = new Promise((release) => { window.release = release; });
    contents.save = async (...given) => { window.storing = true; await held; return save(...given); };
}"""


def test_what_is_written_while_it_is_stored_is_stored_too(context, server):
    path = store(server, "slow.ipynb", desk())
    page = open_lab(context, server, path)
    page.evaluate(HOLD)
    write(page, "early")
    page.wait_for_function("window.storing")
    write(page, "late")
    page.evaluate("window.release()")
    wait_until_stored(page, server, path, "late")


def test_a_file_that_others_have_changed_is_not_overwritten_and_nobody_is_asked_twice(context, server):
    path = store(server, "theirs.ipynb", desk())
    page = open_lab(context, server, path)
    theirs = Path(server.root, store(server, "theirs.ipynb", desk(("slide", "Theirs")))).read_bytes()
    write(page, "mine")
    page.locator(".jp-Dialog button", has_text="Cancel").click()
    other = store(server, "other.ipynb", desk())
    write(page, "mine still")
    open_beside(page, other)
    write(page, "other")
    wait_until_stored(page, server, other, "other")
    assert not page.locator(".jp-Dialog").count()
    assert Path(server.root, path).read_bytes() == theirs
    assert is_dirty(page)
