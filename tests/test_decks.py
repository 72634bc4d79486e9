"""What ``make decks`` builds: complete in itself, legible, accessible, and to be driven by keyboard alone."""

import hashlib
import html
import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Watch, browsing, patient, report, walk

from tools import decks, exercises, notebooks, rules

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
    """How many slides a lesson has, and the words of its notes."""
    cells = notebooks.read(notebooks.NOTEBOOKS / f"{name}.ipynb").cells
    kinds = [cell.metadata.slideshow.slide_type for cell in cells]
    notes = [cell.source for cell, kind in zip(cells, kinds, strict=True) if kind == "notes"]
    return sum(kind in ("slide", "subslide") for kind in kinds), notes


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


def plain(text):
    """The letters of Markdown, or of what is shown of it, so that the two can be compared."""
    return re.sub(r"[^\w]+", "", text)


def opening(source):
    """The letters with which a Markdown text begins, up to its first formula or link."""
    return plain(re.split(r"[$\[]", source.strip())[0])[:40]


@every_lesson
def test_a_page_to_read_holds_the_lesson_in_two_voices(open_file, name):
    page = open_file(f"{name}.html", width=375)
    shown = plain(page.inner_text("main"))
    page.eval_on_selector_all(".answer", "all => all.forEach(cover => { cover.open = true; })")
    uncovered = plain(page.inner_text("main"))
    page.eval_on_selector_all(".lecturer", "all => all.forEach(cover => { cover.open = true; })")
    whole = plain(page.inner_text("main"))
    for words in slides(name)[1]:
        reader, lecturer = map(opening, re.split(r"> \*\*In class · \d+ min\.\*\*", words))
        assert reader in uncovered and lecturer in whole
        assert lecturer not in uncovered or len(lecturer) < 20
    assert len(shown) < len(uncovered) < len(whole)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than a phone"
    images = page.eval_on_selector_all("img", "all => all.map(i => [i.alt.length, i.naturalWidth, i.complete])")
    assert all(alt >= 20 and width and complete for alt, width, complete in images)
    assert not re.search(r"\\(frac|sqrt|begin|text)\b|\$[^$\n]+\$", page.inner_text("main")), "raw TeX"


# For each cover: the question before it, what is to be seen of it, code or figures between, and code within.
QUESTIONS = """answers => answers.map((answer) => {
    const comes_before = (one) => one.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING;
    const asks = (one) => one.innerText.startsWith("Predict.") && comes_before(one);
    const question = [...document.querySelectorAll("blockquote")].filter(asks).at(-1);
    const between = document.createRange();
    between.setStartAfter(question);
    between.setEndBefore(answer);
    const count = (part) => part.querySelectorAll("pre, img").length;
    return [question.innerText, answer.innerText.trim(), count(between.cloneContents()), count(answer)];
})"""


@every_lesson
def test_the_answer_to_each_prediction_is_covered(built, open_file, name):
    page = open_file(f"{name}.html")
    cells = notebooks.read(notebooks.NOTEBOOKS / f"{name}.ipynb").cells
    asked = [opening(rules.PREDICT.split(cell.source)[1]) for cell in cells if rules.PREDICT.search(cell.source)]
    answers = page.eval_on_selector_all(".answer", QUESTIONS)
    assert len(answers) >= len({*asked}) - 1 and len(answers) >= 2
    for question, shown, code_before, code_within in answers:
        assert any(plain(question).startswith(f"Predict{words}") for words in asked), question
        assert (shown, code_before) == ("Show the answer", 0) and code_within, question


def test_a_cover_opens_by_keyboard_without_a_script_and_on_paper(browser, built):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((built / f"{LESSONS[0]}.html").as_uri())
    for kind in ("answer", "lecturer"):
        within = page.locator(f".{kind} > :not(summary)").first
        assert not within.is_visible()
        page.emulate_media(media="print")
        assert within.is_visible()
        page.emulate_media(media="screen")
        page.locator(f".{kind} summary").first.focus()
        page.keyboard.press("Enter")
        assert within.is_visible()
    context.close()


@every_lesson
def test_every_slide_has_an_address_and_stands_in_the_contents(open_file, name):
    page = open_file(f"{name}.html")
    cells = notebooks.read(notebooks.NOTEBOOKS / f"{name}.ipynb").cells
    begins = [cell for cell in cells if cell.metadata.slideshow.slide_type in ("slide", "subslide")]
    assert page.eval_on_selector_all("section", "all => all.map(section => section.id)") == [cell.id for cell in begins]
    listed = page.eval_on_selector_all(".contents a", "all => all.map(a => [a.hash.slice(1), a.textContent])")
    assert [(address, plain(title)) for address, title in listed] == [
        (cell.id, plain(cell.source.split("\n")[0])) for cell in begins[1:]
    ]
    headings = page.eval_on_selector_all("section h2 a.here", "all => all.map(a => a.hash.slice(1))")
    assert headings == [cell.id for cell in begins[1:]]


@every_lesson
def test_the_exercises_show_the_task_and_cover_the_solution(built, open_file, name):
    page = open_file(f"{name}.exercises.html", width=375)
    stated = notebooks.read(notebooks.NOTEBOOKS / "exercises" / f"{name}.ipynb").cells
    tasks = [cell.id for cell in stated if cell.metadata.slideshow.slide_type == "slide"]
    assert page.eval_on_selector_all("section", "all => all.map(section => section.id)") == tasks
    text = html.unescape(page.inner_text("main"))
    secrets = exercises.secrets(notebooks.NOTEBOOKS / "solutions" / f"{name}.ipynb")
    assert [line for line in secrets if line in text] == []
    page.eval_on_selector_all("details", "all => all.forEach(cover => { cover.open = true; })")
    text = page.inner_text("main")
    assert "# BEGIN SOLUTION" not in text and "# END SOLUTION" not in text
    named = page.eval_on_selector_all(".verdict a", "all => all.map(a => [a.textContent, a.getAttribute('href')])")
    assert len(named) >= 3
    for words, link in named:
        file, _, slide = link.partition("#")
        assert f'<section id="{slide}">' in (built / file).read_text(encoding="utf-8")
        assert re.search(r"slide “.+”", words)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than a phone"


@every_lesson
@pytest.mark.parametrize("kind", ["slides.html", "html", "exercises.html"])
def test_axe_finds_nothing_serious(open_file, name, kind):
    page = open_file(f"{name}.{kind}", width=1280 if kind == "slides.html" else 375)
    page.eval_on_selector_all("details", "all => all.forEach(cover => { cover.open = true; })")
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
    assert len(links) == 4 * len(LESSONS)
    assert all((built / link).is_file() for link in links)
    assert not violations(page)
    for path in built.glob("*.html"):
        text = re.sub(r"<script>.*?</script>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for link in re.findall(r'<a [^>]*href="([^"#:]+)"', text):
            assert (built / link).is_file(), f"{path.name} leads to {link}, which is not there"


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
