"""What ``make decks`` builds: complete in itself, legible, accessible, and to be driven by keyboard alone."""

import hashlib
import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Watch, browsing, patient, report, walk

from tools import decks, notebooks

pytestmark = patient
LESSONS = [path.stem for path in notebooks.lessons()]
every_lesson = pytest.mark.parametrize("name", LESSONS)


@pytest.fixture(scope="module")
def browser():
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="module")
def built(tmp_path_factory, browser):
    """The folder with everything that is built for all lessons."""
    folder = tmp_path_factory.mktemp("build")
    decks.build(notebooks.lessons(), folder, browser)
    return folder


@pytest.fixture
def open_file(browser, built):
    """Open a built file from disk, see to it that it asks for nothing else, and that nothing goes wrong in it."""
    watches, contexts = [], []

    def open_(name, width=1280, height=720):
        address = (built / name).as_uri()
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        watches.append((address, Watch(context, address)))
        page = context.new_page()
        page.goto(address)
        page.wait_for_function(decks.READY, timeout=60_000)
        return page

    yield open_
    for context in contexts:
        context.close()
    for address, watch in watches:
        assert not watch.outside and not watch.errors
        assert {request.split("#")[0].split("?")[0] for request in watch.requests} <= {address}


def slides(name):
    """How many slides a lesson has, and the words of its notes and of its skipped cells."""
    cells = notebooks.read(notebooks.NOTEBOOKS / f"{name}.ipynb").cells
    kinds = [cell.metadata.slideshow.slide_type for cell in cells]
    aside = [cell.source for cell, kind in zip(cells, kinds, strict=True) if kind in ("notes", "skip")]
    return sum(kind in ("slide", "subslide") for kind in kinds), aside


def violations(page):
    """What axe-core finds that keeps people out."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {rule['help']}, at {rule['nodes'][0]['html'][:150]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


@every_lesson
def test_a_deck_fits_and_can_be_read(built, open_file, name):
    found = walk(open_file(f"{name}.slides.html"))
    report(f"{name}.slides.html", found)
    assert found.slides == slides(name)[0]
    assert not found.problems, "\n".join(found.problems)


@every_lesson
def test_a_deck_is_driven_by_keyboard_alone(open_file, name):
    page = open_file(f"{name}.slides.html")
    pressed = 0
    while not page.evaluate("Reveal.isLastSlide() && !Reveal.availableFragments().next"):
        page.keyboard.press("Space")
        pressed += 1
        assert pressed < 200
    assert page.evaluate("Reveal.getPastSlides?.().length ?? Reveal.getSlidePastCount()") == slides(name)[0] - 1
    page.keyboard.press("Home")
    assert page.evaluate("Reveal.isFirstSlide()")
    page.keyboard.press("o")
    assert page.evaluate("Reveal.isOverview()")


@every_lesson
def test_a_page_to_read_holds_the_lesson_and_not_what_stands_beside_it(open_file, name):
    page = open_file(f"{name}.html", width=375)
    text = page.inner_text("main")
    for words in slides(name)[1]:
        words = re.sub(r"[*`$\\[\]_]", "", words.split("\n")[0])[:60]
        assert words not in re.sub(r"[*`$\\[\]_]", "", text)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than a phone"
    images = page.eval_on_selector_all("img", "all => all.map(i => [i.alt.length, i.naturalWidth, i.complete])")
    assert all(alt >= 20 and width and complete for alt, width, complete in images)
    assert not re.search(r"\\(frac|sqrt|begin|text)\b|\$[^$\n]+\$", text), "raw TeX"


@every_lesson
@pytest.mark.parametrize("kind", ["slides.html", "html"])
def test_axe_finds_nothing_serious(open_file, name, kind):
    page = open_file(f"{name}.{kind}", width=1280 if kind == "slides.html" else 375)
    assert not (found := violations(page)), "\n".join(found)


@every_lesson
def test_the_pdf_has_one_page_a_slide(built, name):
    data = (built / f"{name}.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", data)) == slides(name)[0]
    assert b"IBMPlexSans" in data, "no words on the pages"


@pytest.mark.parametrize("key", ["t", "s"])
def test_the_speakers_view_opens_from_disk(open_file, key):
    page = open_file(f"{LESSONS[0]}.slides.html")
    first = notebooks.read(notebooks.NOTEBOOKS / f"{LESSONS[0]}.ipynb").cells[1].source
    with page.context.expect_page() as opened:
        page.keyboard.press(key)
    speaker = opened.value
    speaker.wait_for_function("document.querySelector('.speaker-controls-notes .value')?.innerText.length > 20")
    assert first.split()[-1] in speaker.inner_text(".speaker-controls-notes .value")


def test_the_index_leads_to_everything(built, open_file):
    page = open_file("index.html", width=375)
    links = page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
    assert len(links) == 3 * len(LESSONS)
    assert all((built / link).is_file() for link in links)
    assert not violations(page)
    for name in LESSONS:
        source = (built / f"{name}.html").read_text(encoding="utf-8")
        for link in re.findall(r'<a [^>]*href="([^"#:]+)"', source):
            assert (built / link).is_file(), f"{name}.html leads to {link}, which is not there"


def test_an_image_without_words_and_pale_letters_are_caught(browser, built):
    page = browser.new_page()
    page.set_content("<html lang='en'><title>x</title><main><h1>x</h1><img src='x.png'><p style='color:#aaa'>pale</p>")
    assert {found.split(":")[0] for found in violations(page)} == {"image-alt", "color-contrast"}
    page.close()


def test_what_is_shipped_is_what_its_makers_published():
    vendor = decks.DECK / "vendor"
    listed = re.findall(r"^([0-9a-f]{64})  (\S+)$", (vendor / "SHA256SUMS").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for _, name in listed} == {path.name for path in vendor.iterdir()} - {"SHA256SUMS", "README.md"}
    for digest, name in listed:
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest, f"{name} has been changed"


def test_a_notebook_without_a_title_is_named(tmp_path):
    notebook = notebooks.read(notebooks.NOTEBOOKS / f"{LESSONS[0]}.ipynb")
    del notebook.cells[0]
    notebooks.write(notebook, tmp_path / "untitled.ipynb")
    with pytest.raises(ValueError, match="untitled.ipynb does not begin"):
        decks.build([tmp_path / "untitled.ipynb"], tmp_path)


def test_a_title_in_any_letters_comes_through_the_style_sheet(browser, tmp_path):
    """The foot of each page of a PDF takes the title from there."""
    title = '自注意力: it\'s "5 %" \\ </style> é'
    notebook = notebooks.read(notebooks.NOTEBOOKS / f"{LESSONS[0]}.ipynb")
    notebook.cells[0].source = f"# {title}\n\nA lead.\n\nLesson 1 of the series · about 30 minutes"
    del notebook.cells[2:]
    notebooks.write(notebook, tmp_path / "titled.ipynb")
    decks.build([tmp_path / "titled.ipynb"], tmp_path)
    page = browser.new_page()
    page.goto((tmp_path / "titled.slides.html").as_uri())
    page.add_style_tag(content="body::before { content: var(--lesson) }")
    content = page.evaluate("getComputedStyle(document.body, '::before').content")
    page.close()
    assert json.loads(content) == title
