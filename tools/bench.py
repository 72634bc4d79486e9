"""Measure the series against its goals: ``python -m tools.bench``, some minutes on two quiet cores, on Linux.

Each ratio is taken side by side: the two things turn by turn in one process, or in fresh processes turn by turn, and
the median over the turns. What uses one thread is timed by the CPU's clock, which stands still while others run.

The table is printed, and stored in ``benchmarks/`` with the seconds and bytes behind it.
``python -m tools.bench attention`` measures one of the ``PARTS`` again and keeps the others.
"""

import argparse
import ast
import contextlib
import functools
import io
import json
import math
import os
import subprocess
import sys
import time
import timeit
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import date
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from tqdm import tqdm

from helpers import MultiHeadAttention, PositionalEncoding, controls, merge_heads, plots, split_heads
from tools import notebooks
from tools.measuring import CALLING, CORES, Kernel, Row, fresh, machine, medians, race, ratio, table

RESULTS = notebooks.ROOT / "benchmarks"
HEADS, WIDTH = 8, 512
LAYERS = ["ours", "by hand", "nn.MultiheadAttention", "d2l"]


# Attention


class ByHand(nn.Module):
    """Multi-head attention as one writes it around ``F.scaled_dot_product_attention``, with no check of anything."""

    def __init__(self):
        super().__init__()
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, queries, keys, values, valid_lens=None):
        queries = split_heads(self.W_q(queries), HEADS)
        keys = split_heads(self.W_k(keys), HEADS)
        values = split_heads(self.W_v(values), HEADS)
        mask = None if valid_lens is None else (torch.arange(keys.shape[-2]) < valid_lens[:, None])[:, None, None]
        return self.W_o(merge_heads(F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)))


class Builtin(nn.MultiheadAttention):
    """``nn.MultiheadAttention`` with the arguments of the others."""

    def forward(self, queries, keys, values, valid_lens=None):
        mask = None if valid_lens is None else torch.arange(keys.shape[1]) >= valid_lens[:, None]
        return super().forward(queries, keys, values, key_padding_mask=mask, need_weights=False)[0]


def layer(name):
    """One of the four layers, 512 wide, with 8 heads, and with biases, as ``nn.MultiheadAttention`` has them."""
    if name == "d2l":
        from helpers import d2l

        return d2l.MultiHeadAttention(*[WIDTH] * 4, HEADS, 0, bias=True)
    if name == "nn.MultiheadAttention":
        return Builtin(WIDTH, HEADS, batch_first=True)
    return ByHand() if name == "by hand" else MultiHeadAttention(WIDTH, HEADS, 0, bias=True)


def attention_calls(n, backward):
    """Each layer on texts of n words, without padding and with, as calls for ``race``."""
    calls = {}
    X = torch.randn(2 if n < 4096 else 1, n, WIDTH)
    for name in LAYERS:
        module = layer(name).train(backward)
        for padding, lens in (("", None), (", padded", torch.full((len(X),), n * 3 // 4))):

            def call(module=module, lens=lens):
                with torch.set_grad_enabled(backward):
                    out = module(X, X, X, lens)
                    if backward:
                        torch.autograd.grad(out.sum(), list(module.parameters()))

            calls[name + padding] = call
    return calls


def attention_rows(samples, n, backward, threads):
    """The rows for one ``race`` of ``attention_calls``."""
    kind = "forward and backward" if backward else "forward"
    what = f"attention, n = {n:,}, {kind}, {'one thread' if threads == 1 else 'two threads'}"
    goals = {"nn.MultiheadAttention": 1.05, "d2l": 1.8} if backward else {"nn.MultiheadAttention": 1.5, "d2l": 2.2}
    rows = []
    for padding in ("", ", padded"):
        ours = "ours" + padding
        rows.append(Row(what + padding, "by hand: time", ratio(samples, ours, "by hand" + padding), "at most 1.03"))
        for peer, goal in goals.items():
            faster = ratio(samples, peer + padding, ours)
            goal = f"at least {goal}" if n >= 1024 else ""
            rows.append(Row(what + padding, f"{peer}: times as fast", faster, goal))
    return [*rows, Row(what + ", padded", "not padded: time", ratio(samples, "ours, padded", "ours"), "at most 1.2")]


def attention(raw):
    """Time of ``helpers.MultiHeadAttention`` against its peers."""
    sizes = [(1, 64), (1, 256), (1, 1024), (2, 1024), (2, 4096)]
    for (threads, n), backward in tqdm(list(product(sizes, (False, True))), desc="attention", leave=False):
        torch.set_num_threads(threads)
        samples = race(attention_calls(n, backward), seconds=4, least=3 if n > 1000 else 9, threads=threads)
        raw[f"n={n}, backward={backward}, threads={threads}"] = medians(samples)
        yield from attention_rows(samples, n, backward, threads)
    torch.set_num_threads(1)


def extra_memory(name, n):
    """The bytes that a layer needs beyond its input and its weights, at most, for a text of n words."""
    torch.set_num_threads(1)
    module, X = layer(name).eval(), torch.randn(2, n, WIDTH)
    with torch.no_grad():
        module(*[X[:, :64]] * 3, None)  # what the first call loads stays
        Path("/proc/self/clear_refs").write_text("5")  # the most so far is what is used now
        before = resident("VmHWM")
        module(X, X, X, None)
    return resident("VmHWM") - before


def resident(kind):
    """The resident memory of this process as Linux counts it, in bytes: VmRSS now, VmHWM at most."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(kind))
    return int(line.split()[1]) * 1024


def memory(raw):
    """Extra memory of ``helpers.MultiHeadAttention`` against its peers."""
    used = raw["bytes"] = {}
    asked = [("ours", 1024), ("ours", 2048), *((name, 4096) for name in LAYERS)]
    codes = [CALLING.format(call=f"extra_memory({name!r}, {n})") for name, n in asked]
    with ThreadPoolExecutor(CORES) as pool:
        found = tqdm(pool.map(fresh, codes), "memory", len(codes), leave=False)
        used.update(zip([f"{name}, n={n}" for name, n in asked], found, strict=True))
    ours, by_hand, builtin, book = (used[f"{name}, n=4096"] for name in LAYERS)
    what = "attention, n = 4,096, forward: extra memory"
    yield Row(what, "by hand", ours / by_hand, "at most 1.1")
    yield Row(what, "nn.MultiheadAttention: times less", builtin / ours)
    yield Row(what, "d2l: times less", book / ours, "at least 15")
    lengths = [1024, 2048, 4096]
    exponent = np.polyfit(np.log(lengths), np.log([used[f"ours, n={n}"] for n in lengths]), 1)[0]
    yield Row("attention: extra memory", "n: exponent of its growth", float(exponent), "at most 1.1")


# Positional encoding


def exp_log(width, max_len):
    """The table as it is commonly written, with exp(-log), in float32."""
    P, positions = torch.zeros(1, max_len, width), torch.arange(max_len, dtype=torch.float32)[:, None]
    turns = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
    P[:, :, 0::2], P[:, :, 1::2] = torch.sin(positions * turns), torch.cos(positions * turns)
    return P


def worst_error(P):
    """The largest distance of a table (1, max_len, width) from one in float64."""
    worst, positions = 0, np.arange(P.shape[1], dtype=np.float64)
    for column in range(P.shape[2]):
        angles = positions / 10000 ** ((column - column % 2) / P.shape[2])
        expected = np.cos(angles) if column % 2 else np.sin(angles)
        worst = max(worst, np.abs(P[0, :, column].numpy() - expected).max())
    return float(worst)


def encoding(raw):
    """Error and time of ``helpers.PositionalEncoding`` against its peers."""
    from helpers import d2l

    tables = {
        "ours": lambda max_len: PositionalEncoding(WIDTH, 0, max_len).P,
        "d2l": lambda max_len: d2l.PositionalEncoding(WIDTH, 0, max_len).P,
        "exp(-log)": lambda max_len: exp_log(WIDTH, max_len),
    }
    peers = ["d2l", "exp(-log)"]
    errors = raw["errors"] = {}
    for name in tqdm(tables, desc="encoding", leave=False):
        errors[name] = worst_error(tables[name](100_001))
    for peer in peers:
        what = "positional encoding up to position 100,000"
        yield Row(what, f"{peer}: closer to float64", errors[peer] / errors["ours"], "at least 1000")
    for max_len in (1000, 100_001):
        calls = {name: lambda make=make, max_len=max_len: make(max_len) for name, make in tables.items()}
        samples = race(calls, seconds=4, least=9 if max_len == 1000 else 3)
        raw[f"max_len={max_len}"] = medians(samples)
        for peer in peers:
            what = f"positional encoding, {max_len:,} rows"
            yield Row(what, f"{peer}: time", ratio(samples, "ours", peer), "at most 4")


# The lessons


def code_cells(path):
    """The sources of a notebook's code cells."""
    return [cell.source for cell in notebooks.read(path).cells if cell.cell_type == "code"]


IMPORTING = """
import ipykernel.ipkernel, json, psutil, time  # what a kernel has loaded before the lesson begins
start = time.process_time()
{}
print(json.dumps([time.process_time() - start, psutil.Process().memory_info().rss]))
"""


def imported(path):
    """All the import statements of a lesson, as code."""
    nodes = [node for source in code_cells(path) for node in ast.walk(ast.parse(source))]
    return "\n".join(ast.unparse(node) for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)))


def imports(raw):
    """Time and memory of the imports against torch and pyplot alone; with d2l where a lesson compares with it."""
    plain, book = "import torch, matplotlib.pyplot", "from helpers import d2l"
    codes = {f"imports of {path.stem}": imported(path) for path in notebooks.lessons()}
    codes = {"import helpers": "import helpers"} | codes
    measured = {code: [] for code in [plain, f"{plain}\n{book}", *codes.values()]}
    with ThreadPoolExecutor(CORES) as pool:
        for _ in tqdm(range(3), desc="imports", leave=False):
            for code, found in zip(measured, pool.map(fresh, map(IMPORTING.format, measured)), strict=True):
                measured[code].append(found)
    for name, code in codes.items():
        against = f"{plain}\n{book}" if book in code else plain
        raw[name], raw[against] = measured[code], measured[against]
        for k, kind in enumerate(["time", "memory"]):
            pairs = zip(measured[code], measured[against], strict=True)
            words = f"torch, pyplot{' and d2l' * (book in code)}: {kind}"
            yield Row(name, words, median(one[k] / other[k] for one, other in pairs), "at most 1.05")


def redraw(path):
    """For each live control of a lesson, CPU seconds of a redraw: {its name: the most over some of its values}."""
    torch.set_num_threads(1)
    took, drawing = {}, plots._png

    def live(draw, **ranges):
        plots._png = drawing
        with plots.sketching(like=draw()):
            for name, values in ranges.items():
                for value in (values[0], values[-1] if isinstance(values, list) else values[1]):
                    call = functools.partial(lambda **chosen: draw(**chosen)._repr_html_(), **{name: value})
                    seconds = median(timeit.repeat(call, number=1, repeat=3, timer=time.process_time))
                    took[name] = max(took.get(name, 0), seconds)

    controls.live, defined, cells = live, {}, code_cells(path)
    plots._png = lambda figure: (b"", (0, 0))  # the other figures are not what is measured
    os.chdir(path.parent)
    last = max((k for k, source in enumerate(cells) if "controls.live(" in source), default=-1)
    with contextlib.redirect_stdout(io.StringIO()):
        for source in cells[: last + 1]:
            exec(source, defined)
    return took


def redraws(raw):
    """Time to redraw each live control."""
    for path in tqdm(notebooks.lessons(), desc="controls", leave=False):
        raw[path.stem] = fresh(CALLING.format(call=f"redraw(bench.Path({str(path)!r}))"))
        for name, seconds in raw[path.stem].items():
            yield Row(f"redraw of {path.stem} as {name} moves", "100 ms of CPU", seconds / 0.1, "at most 1")


FIGURE = "import torch\nimport matplotlib.pyplot as plt\nplt.plot([0, 1])"


def series(raw):
    """Memory of the lessons' kernels, all at once, and the time of a strict re-run of all notebooks."""
    paths, kept = notebooks.find(), set(notebooks.lessons())

    def alone(path):
        """A notebook's kernel with nothing else around it, stopped unless it is a lesson's."""
        kernel = Kernel(code_cells(path), path.parent)
        if path not in kept:
            kernel.stop()
        return kernel

    with ThreadPoolExecutor(CORES) as pool:
        runs = dict(zip(paths, tqdm(pool.map(alone, paths), "notebooks", len(paths), leave=False), strict=True))
    kernels = {path: kernel for path, kernel in runs.items() if path in kept}
    used = raw["bytes of kernels"] = {path.stem: kernel.pss() for path, kernel in kernels.items()}
    for kernel in kernels.values():
        kernel.stop()
    with ThreadPoolExecutor(CORES) as pool:
        plain = list(pool.map(lambda _: Kernel([FIGURE], notebooks.NOTEBOOKS), kernels))
    raw["bytes of plain kernels"] = [kernel.pss() for kernel in plain]
    for kernel in plain:
        kernel.stop()
    for name, size in used.items():
        against = median(raw["bytes of plain kernels"])
        yield Row(f"kernel of {name}", "torch with one figure: memory", size / against, "at most 1.1")
    start = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", notebooks.NOTEBOOKS]
    done = subprocess.run(command, cwd=notebooks.ROOT, stdout=subprocess.PIPE, text=True)
    raw["seconds of the re-run"] = time.perf_counter() - start
    raw["seconds of the kernels"] = {str(path.relative_to(notebooks.ROOT)): run.seconds for path, run in runs.items()}
    share = sum(raw["seconds of the kernels"].values()) / CORES
    if done.returncode:
        tqdm.write(done.stdout[-2000:], file=sys.stderr)
    took = raw["seconds of the re-run"] if done.returncode == 0 else math.nan
    yield Row("strict re-run of the series, 2 at a time", "half of its kernels' time", took / share, "at most 1.3")


PARTS = {part.__name__: part for part in (imports, attention, memory, encoding, redraws, series)}


def stored(folder):
    """The parts that were measured before on a machine like this one: {name: what ``measure`` has returned}."""
    try:
        found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        sys.exit(f"{folder / 'results.json'} is no JSON ({error}). Get it back from git, or delete it.")
    return found["parts"] if found["machine"] == machine() else {}


def measure(name):
    """One part: its rows, and what they rest on."""
    start, raw = time.perf_counter(), {}
    rows = [asdict(row) | {"met": row.met} for row in PARTS[name](raw)]
    minutes = round((time.perf_counter() - start) / 60, 1)
    return {"date": date.today().isoformat(), "minutes": minutes, "rows": rows, "measured": raw}


def store(parts, folder):
    """Write the parts, as JSON, and their table, as Markdown."""
    folder.mkdir(exist_ok=True)
    found = {"machine": machine(), "parts": {name: parts[name] for name in PARTS if name in parts}}
    (folder / "results.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    days = sorted({part["date"] for part in parts.values()})
    told = [f"{name} {value}" for name, value in found["machine"].items()]
    text = f"# Measured\n\nBy `make bench` on {' and '.join(days)}: {', '.join(told)}.\n\n{report(found['parts'])}\n"
    (folder / "results.md").write_text(text, encoding="utf-8")


def report(parts):
    """The table of all the parts."""
    return table(
        [Row(*(row[field] for field in Row.__match_args__)) for part in parts.values() for row in part["rows"]]
    )


def main():
    """Measure the parts named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="the parts to measure; all if none is named")
    names = parser.parse_args().parts or list(PARTS)
    if sys.platform != "linux":
        sys.exit("Memory is measured as Linux counts it: measure on Linux.")
    torch.set_num_threads(1)
    parts = stored(RESULTS)
    for name in tqdm(names, desc="bench", unit="part"):
        try:
            parts[name] = measure(name)
        except subprocess.CalledProcessError as error:
            sys.exit(f"{name} could not be measured; what failed says why above: {error}")
        store(parts, RESULTS)  # at once: whoever stops here keeps it
    print(report(parts))


if __name__ == "__main__":
    main()
