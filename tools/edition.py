"""The series in another language: ``python -m tools.edition [LANGUAGE ...]`` makes ``notebooks/LANGUAGE``, all if none.

The code has one source, the English notebooks. ``translations/LANGUAGE`` holds a gettext catalogue for each lesson
with its exercises, for each catalogue of ``helpers/texts`` and for each document: a message for each Markdown cell,
keyed by the cell's id, for each paragraph of a document, and for each string and comment of code that has words in
it. What of these is code rather than words stands in ``translations/code.toml``.

A message whose English has changed is marked "fuzzy" and counts as missing; a lesson that misses something is not
made, and the catalogue says what there is to do.
"""

import argparse
import ast
import io
import re
import sys
import tokenize
import tomllib
from dataclasses import dataclass

import polib

from helpers import texts
from tools import notebooks
from tools.rules import MAX_WIDTH

TRANSLATIONS = texts.TRANSLATIONS
DOCUMENTS = {"README": notebooks.ROOT / "README.md", "teaching": notebooks.ROOT / "docs" / "teaching.md"}
CODE = "code"  # the context of strings and comments: one of them is translated alike wherever it stands in a lesson
WORDS = re.compile(r"[A-Za-z]{2}")
FIELD = re.compile(r"\{(?:[^{}]|\{[^{}]*\})*\}")  # of an f-string, with another one in its format at the most
SHAPE = re.compile(r"\({0}(?:, {0})*,?\)".format(r"[^\s(),]+(?: [*+/-] [^\s(),]+)*"))  # such as (batch, n, num_hiddens)
STRING = re.compile(r'f?"(?:[^"\\]|\\.)*"|#.*')  # or a comment, in a line of code
BLOCK = re.compile(r"^```.*?^```|\S.*?(?=\n\n|\n?\Z)", re.DOTALL | re.MULTILINE)  # a paragraph, or a piece of code
MARKER = re.compile(r"# (BEGIN|END) SOLUTION[^#]*")  # what a learner is given in its place is code, up to a comment


class Missing(Exception):
    """Messages that have no translation yet; each of ``args`` is (catalogue, context, text)."""


@dataclass(frozen=True)
class Piece:
    """A string or a comment in code, from one place in it to another; ``fields`` if it is an f-string."""

    text: str
    begin: int
    end: int
    fields: bool = False
    comment: bool = False


def sources():
    """What is translated: {name of a catalogue: its messages, each (context, text), in order}."""
    found = {}
    for path in notebooks.numbered():
        solution = path.parent / "solutions" / path.name
        cells = [message for file in (path, solution) if file.is_file() for message in _of_notebook(file)]
        found[path.stem] = list(dict.fromkeys(cells))
    for path in sorted(texts.FOLDER.glob("*.toml")):
        found[path.stem] = list(texts.sentences(tomllib.loads(path.read_text("utf-8"))))
    for name, path in DOCUMENTS.items():
        found[name] = [
            (name, block) for block in dict.fromkeys(BLOCK.findall(path.read_text("utf-8"))) if WORDS.search(block)
        ]
    return found


def update(language):
    """Bring the catalogues of ``language`` up to date: {name: the messages that miss a translation}."""
    return {name: _update(TRANSLATIONS / language / f"{name}.po", told) for name, told in sources().items()}


def pieces(source):
    """The strings and comments with words in the Python code ``source``, in order."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    lines = source.splitlines()

    def place(line, column):  # the syntax tree counts bytes
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    found = []
    for node in _outermost_strings(ast.parse(source)):
        span = place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset)
        found.append(Piece(_text(node), *span, fields=isinstance(node, ast.JoinedStr)))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            said = MARKER.sub("", token.string)
            end = starts[token.end[0] - 1] + token.end[1]
            found.append(Piece(said.lstrip("# "), end - len(said), end, comment=True))
    return sorted((piece for piece in found if _has_words(piece)), key=lambda piece: piece.begin)


def translated_code(source, translate):
    """The code with the words of its strings and comments as ``translate(text)`` has them; None leaves one as it is.

    Raises:
        ValueError: a translation has other fields than the f-string that it is for.
    """
    for piece in reversed(pieces(source)):
        said = translate(piece.text)
        if said is None or said == piece.text:
            continue
        if piece.fields and FIELD.findall(said) != FIELD.findall(piece.text):
            raise ValueError(f"{said!r} must have the fields {FIELD.findall(piece.text)}, in this order.")
        if piece.comment:
            said = f"# {said}"
        elif source.startswith('"""', piece.begin):
            said = f'"""{said}"""'
        else:
            said = _literal(said, piece.fields)
        source = source[: piece.begin] + said + source[piece.end :]
    return _wrapped(source)


def skeleton(source):
    """The syntax tree of the code without its strings: what no translation may change."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            node.values = [part for part in node.values if isinstance(part, ast.FormattedValue)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def translated(notebook, name, translations):
    """The notebook of the lesson ``name``, not run, in the words of ``translations``, {(context, text): words}.

    Raises:
        KeyError: something has no translation.
        ValueError: a translation changes what a cell computes.
    """
    kept = kept_as_code(name)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = translations[cell.id, cell.source]
        else:
            told = translated_code(cell.source, lambda text: None if text in kept else translations[CODE, text])
            if skeleton(told) != skeleton(cell.source):
                raise ValueError(f"cell {cell.id} computes something else when its words are translated")
            cell.source, cell.outputs, cell.execution_count = told, [], None
    if "rise" in notebook.metadata and "footer" in notebook.metadata.rise:
        notebook.metadata.rise.footer = translations["footer", notebook.metadata.rise.footer]
    return notebook


def kept_as_code(name):
    """The strings in the code of the lesson ``name`` that are code rather than words."""
    said = tomllib.loads((TRANSLATIONS / "code.toml").read_text("utf-8"))
    return {*said["everywhere"], *said.get(name, [])}


def _of_notebook(path):
    notebook, kept = notebooks.read(path), kept_as_code(path.stem)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield cell.id, cell.source
        else:
            yield from ((CODE, piece.text) for piece in pieces(cell.source) if piece.text not in kept)
    if footer := notebook.metadata.get("rise", {}).get("footer"):
        yield "footer", footer


def _update(path, messages):
    old = polib.pofile(str(path)) if path.is_file() else []
    known = {(entry.msgctxt, entry.msgid): entry for entry in old}
    was = {
        entry.msgctxt: entry for entry in old if entry.msgctxt != CODE and (entry.msgctxt, entry.msgid) not in messages
    }
    new, missing = polib.POFile(wrapwidth=100), []
    new.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit"}
    for context, text in messages:
        entry = known.get((context, text)) or polib.POEntry(msgctxt=context, msgid=text)
        if not entry.msgstr and context in was:  # the English has changed
            before = was[context]
            entry.msgstr, entry.previous_msgid, entry.flags = before.msgstr, before.msgid, ["fuzzy"]
        if not entry.translated():
            missing.append((context, text))
        new.append(entry)
    if not path.is_file() or str(new) != str(old):
        path.parent.mkdir(parents=True, exist_ok=True)
        notebooks.replace(path, f"{new}\n".encode())
    return missing


def _has_words(piece):
    """Whether there are words beside the fields of an f-string, or beside the shapes in a comment."""
    beside = FIELD if piece.fields else SHAPE if piece.comment else None
    return WORDS.search(beside.sub("", piece.text) if beside else piece.text)


def _outermost_strings(node):
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _outermost_strings(child)


def _text(node):
    """The words of a string; of an f-string with its fields, and with braces that stand for themselves doubled."""
    if isinstance(node, ast.Constant):
        return node.value
    return "".join(
        part.value.replace("{", "{{").replace("}", "}}") if isinstance(part, ast.Constant) else _field(part)
        for part in node.values
    )


def _field(part):
    conversion = f"!{chr(part.conversion)}" if part.conversion >= 0 else ""
    spec = f":{_text(part.format_spec)}" if part.format_spec else ""
    return f"{{{ast.unparse(part.value)}{conversion}{spec}}}"


def _wrapped(source):
    """The code with lines that are too wide broken between arguments, or else within a string."""
    lines, brackets = [], []  # the columns behind the brackets that are open
    todo = source.split("\n")[::-1]
    while todo:
        line = _fit_comment(todo.pop())
        wide, cut, inside = notebooks.columns(line) > MAX_WIDTH, None, list(brackets)
        masked = STRING.sub(lambda found: "\0" * len(found[0]), line)
        for k, letter in enumerate(masked):
            if letter in "([{":
                inside.append(k + 1)
            elif letter in ")]}" and inside:
                inside.pop()
            elif masked.startswith(", ", k) and inside and notebooks.columns(line[: k + 1]) <= MAX_WIDTH:
                cut = line[: k + 1], list(inside), line[k + 2 :]
            elif cut is None and wide and inside and letter == "\0" != masked[k - 1] and line[k] != "#":
                cut = _divided(line, k, k + len(re.match("\0+", masked[k:])[0]), inside)
        if not wide or cut is None:
            lines.append(line)
            brackets = inside
        else:
            begun, brackets, rest = cut
            lines.append(begun)
            todo.append(" " * brackets[-1] + rest)
    return "\n".join(lines)


def _divided(line, begin, end, inside):
    """A line with too wide a string, from ``begin`` to ``end``: up to a place in it, and the rest, both as strings."""
    mark = line[begin : line.index('"', begin) + 1]
    for place in range(end - 1, begin + len(mark), -1) if notebooks.columns(line[:end]) > MAX_WIDTH else ():
        part = line[begin:place]
        if notebooks.columns(line[:place]) < MAX_WIDTH and part.count("{") == part.count("}") and part[-1] != "\\":
            return line[:place] + '"', [*inside[:-1], begin], mark + line[place:]
    return None


def _literal(text, fields):
    """The text as a string in code; what the fields of an f-string compute is code already."""
    parts = re.split(f"({FIELD.pattern})", text) if fields else [text]
    for k in range(0, len(parts), 2):
        parts[k] = parts[k].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{"f" if fields else ""}"{"".join(parts)}"'


def _fit_comment(line):
    """The line with fewer spaces before its comment, if it would be too wide."""
    code, gap, comment = re.fullmatch(r"(.*?\S)?(  +)?(# .*)?", line).groups("") if "# " in line else (line, "", "")
    if not (code and gap and comment):
        return line
    spare = MAX_WIDTH - notebooks.columns(code) - notebooks.columns(comment)
    return code + " " * max(2, min(len(gap), spare)) + comment


def make(language):
    """Make the edition in ``language`` from its catalogues: the files that were written, and must be run.

    Raises:
        Missing: something has no translation, in ``args`` as (catalogue, context, text).
        ValueError: a translation changes what a cell computes.
    """
    needed = sources()
    told = {name: texts.translations(TRANSLATIONS / language / f"{name}.po") for name in needed}
    missing = [(name, *message) for name, said in needed.items() for message in said if message not in told[name]]
    if missing:
        raise Missing(*missing)
    home, written = notebooks.home(language), []
    for path in notebooks.numbered():
        for source in (path, path.parent / "solutions" / path.name):
            if source.is_file():
                target = home / source.relative_to(notebooks.NOTEBOOKS)
                made = translated(notebooks.read(source), path.stem, told[path.stem])
                if not target.is_file() or not same_source(notebooks.read(target), made):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    notebooks.write(made, target)
                    written.append(target)
    for sheet in ("rise.css", "solutions/rise.css", "exercises/rise.css"):
        up = "../" * (1 + sheet.count("/"))
        (home / sheet).parent.mkdir(exist_ok=True)
        notebooks.replace(home / sheet, f'@import url("{up}{sheet}");\n'.encode())
    for name, path in DOCUMENTS.items():
        words = {block: said for (_, block), said in told[name].items()}
        document = BLOCK.sub(lambda found: words.get(found[0], found[0]), path.read_text("utf-8"))  # noqa: B023
        notebooks.replace(path.with_name(f"{path.stem}.{language}.md"), document.encode())
    return written


def same_source(one, other):
    """Whether two notebooks have the same cells, whatever their outputs."""
    pick = lambda notebook: [(cell.id, cell.cell_type, cell.source, cell.metadata) for cell in notebook.cells]  # noqa: E731
    return pick(one) == pick(other) and one.metadata == other.metadata


def main():
    """Bring the catalogues up to date, say what there is to translate, and make the edition where that is nothing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("languages", nargs="*", help="such as zh; all if none is named")
    arguments = parser.parse_args()
    for language in arguments.languages or texts.languages()[1:]:
        update(language)
        try:
            for path in make(language):
                print(f"{path}: made anew")
        except Missing as missing:
            for name, context, text in missing.args:
                print(f"translations/{language}/{name}.po: [{context}] {text.splitlines()[0][:90]}")
            print(f"{language}: {len(missing.args)} messages are to be translated; nothing was made.")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
