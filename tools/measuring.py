"""What the benchmarks share: a race of calls, a fresh process, a kernel, and the table."""

import json
import math
import os
import platform
import random
import re
import subprocess
import sys
import time
import timeit
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
import torch
from jupyter_client import KernelManager

from tools import notebooks

CORES = 2  # what the goals are stated for


@dataclass
class Row:
    """A line of the table: ``ratio`` is that of ``what`` to ``against``, and ``goal`` is "at most 1.1", say, or ""."""

    what: str
    against: str
    ratio: float
    goal: str = ""

    @property
    def met(self):
        """Whether the goal is met; None without a goal."""
        if not self.goal:
            return None
        kind, bound = self.goal.rsplit(" ", 1)
        return {"at most": self.ratio <= float(bound), "at least": self.ratio >= float(bound)}[kind]


def table(rows):
    """The rows as a Markdown table."""
    lines = ["| what | against | ratio | goal | met |", "|---|---|---:|---|---|"]
    words = {None: "", True: "yes", False: "**no**"}
    for row in rows:
        value = f"{row.ratio:,.2f}" if row.ratio < 100 else f"{row.ratio:,.0f}"
        lines.append(f"| {row.what} | {row.against} | {value} | {row.goal} | {words[row.met]} |")
    return "\n".join(lines)


def race(calls, seconds, least=3, threads=1):
    """The seconds that each of ``calls`` takes, {name: [one for each round]}, for about so many ``seconds`` in all.

    In each round all of them run, in an order of its own, so that what else the machine does meets all alike.
    One thread is timed by the CPU's clock, which stands still while other processes run.
    """
    numbers, order, clock = {}, random.Random(0), time.process_time if threads == 1 else time.perf_counter
    for name, call in calls.items():
        call()
        numbers[name] = math.ceil(0.02 / timeit.timeit(call, number=1)) if least > 3 else 1
    samples = {name: [] for name in calls}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(samples[name]) < least:
        for name in order.sample(list(calls), len(calls)):
            samples[name].append(timeit.timeit(calls[name], timer=clock, number=numbers[name]) / numbers[name])
    return samples


def ratio(samples, one, other):
    """How many times the ``other`` fits into ``one``: the median over the rounds."""
    return median(a / b for a, b in zip(samples[one], samples[other], strict=True))


def medians(samples):
    """What a race has found, in brief."""
    return {"rounds": min(map(len, samples.values())), **{name: median(taken) for name, taken in samples.items()}}


CALLING = "import json; from tools import bench; print(json.dumps(bench.{call}))"


def fresh(code):
    """What Python ``code`` prints last, as JSON, in a process of its own with one thread."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=notebooks.ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


class Kernel:
    """A running kernel that knows how many seconds it took to start and to run the code that it was given."""

    def __init__(self, sources, folder):
        start = time.perf_counter()
        self.manager = KernelManager()
        self.manager.start_kernel(cwd=str(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        for source in sources:
            self.client.execute(source, reply=True, timeout=600)
        self.seconds = time.perf_counter() - start

    def pss(self):
        """Its memory in bytes; what several processes share counts for each by its part."""
        return psutil.Process(self.manager.provisioner.pid).memory_full_info().pss

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def machine():
    """What the numbers were taken on; nothing that names the machine or its user."""
    information = Path("/proc/cpuinfo")  # on Linux
    models = re.findall(r"model name\s*: (.*)", information.read_text()) if information.exists() else []
    return {
        "processor": [*models, platform.processor() or platform.machine()][0],
        "cores": os.cpu_count(),
        "memory in GiB": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "torch": str(torch.__version__),
    }
