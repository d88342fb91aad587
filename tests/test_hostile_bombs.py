"""Bombs and floods: what is too much is refused at once in a few words, and nothing is slow to draw."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT, Result
from hostile import (
    ISSUE,
    RECORD,
    SOAK,
    Case,
    Digest,
    unspoilt,
)

BRACKETS = "id: 2401.00001\ntitle: " + "[" * 50_000 + "]" * 50_000 + "\n"
MERGES = "a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(10)) + "}\n" + "".join(
    f"a{level}: &a{level}\n  <<: [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 9)
)
IN_RECORD, IN_PICK, IN_CONFIG = f"{ISSUE}/papers/2401.00001.yaml", f"{ISSUE}/commentary/2401.00001.yaml", "roundup.yaml"

BOMBS: dict[str, tuple[str, str | bytes, str]] = {
    "brackets": (IN_RECORD, BRACKETS, ":2: nested more than 20 deep; flatten it"),
    "braces": (IN_CONFIG, "title: " + "{a: " * 50_000, ":1: nested more than 20 deep; flatten it"),
    "dashes": (IN_PICK, "- " * 50_000 + "a\n", ":1: nested more than 20 deep; flatten it"),
    "questions": (IN_PICK, "? " * 50_000 + "a\n", ":1: nested more than 20 deep; flatten it"),
    "merges": (IN_RECORD, MERGES, ':1: anchor "&a0" marks a value for repetition; remove it'),
    "file of 1 MiB and a byte": (IN_RECORD, RECORD + "#" * (2**20 + 1 - len(RECORD)), ": the file is too large: 1,048,577 bytes, the limit is 1,048,576; split it"),
    "commentary of 64 KiB and a byte": (
        IN_PICK,
        "paper: 2401.00001\ncommentary: " + "w" * (2**16 + 1) + "\n",
        ':2: "commentary" is too long: 65,537 bytes, the limit is 65,536; split it',
    ),
    "NUL": (IN_RECORD, RECORD.replace("plain", "pl\0ain"), ":2: control character 0x00 in the text; remove it"),
    "UTF-16": (IN_RECORD, RECORD.encode("utf-16"), ":1: byte 0xff is not UTF-8; save the file with the encoding UTF-8"),
}


def in_a_child(root: Path, command: str = "build") -> tuple[Result, float]:
    """Run a command in a process of its own that may take 400 MB and 10 s; return what it did, and its CPU seconds."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000))
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "roundup", "-C", str(root), command],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, preexec_fn=limit, timeout=60,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Result(done.returncode, done.stdout, done.stderr), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once_in_a_few_lines(name: str, digest: Digest) -> None:
    path, content, message = BOMBS[name]
    root = digest({path: content})
    result, seconds = in_a_child(root)
    *told, total = result.err.splitlines()
    assert (result.code, result.out) == (1, "")
    assert f"{path}{message}" in told
    assert total.endswith(" in 1 file")
    assert len(told) == 1 or name == "merges"  # there every anchor, alias and merge key is told, once
    assert len(told) < 50
    assert seconds < 2
    assert not (root / "site").exists()


@pytest.mark.parametrize("size", [2**20, 2**16], ids=["file", "commentary"])
def test_what_just_fits_is_taken(size: int, digest: Digest) -> None:
    pick = "paper: 2401.00001\ncommentary: " + "w" * 2**16 + "\n"
    root = digest({IN_PICK: pick, IN_RECORD: RECORD + "#" * (size - len(RECORD) - 1) + "\n"})
    result, _ = in_a_child(root)
    assert (result.code, result.err) == (0, "")


THOUSANDS = 100 if SOAK else 10  # of faults in a file; the more of them fill the megabyte that a file may have
FLOODS: dict[str, tuple[str, str | bytes]] = {
    "aliases": (IN_PICK, "tags:\n" + "- *a\n" * 1000 * THOUSANDS),
    "anchors": (IN_PICK, "tags:\n" + "- &a b\n" * 1000 * THOUSANDS),
    "repeated keys": (IN_PICK, "paper: 1\n" * 1000 * THOUSANDS),
    "unknown keys": (IN_PICK, "".join(f"k{number}: 1\n" for number in range(1000 * THOUSANDS))),
    "control characters": (IN_PICK, "\x07 word\n" * 1000 * THOUSANDS),
    "line separators": (IN_PICK, "word\u2028\n" * 1000 * THOUSANDS),
    "UTF-16 without a mark": (IN_PICK, "a: b\n".encode("utf-16-le") * 1000 * THOUSANDS),
    "wrong items": (IN_PICK, "paper: 2401.00001\ntags:\n" + "- []\n" * 1000 * THOUSANDS),
    "wrong orders": (f"{ISSUE}/issue.yaml", "date: 2024-02-01\norder:\n" + "- 2401.1\n" * 1000 * THOUSANDS),
    "orders of nothing": (f"{ISSUE}/issue.yaml", "date: 2024-02-01\norder:\n" + "".join(f"- a{number}\n" for number in range(1000 * THOUSANDS))),
    "lists in a list": (IN_PICK, "paper: 2401.00001\ntags: [" + "[]," * 1000 * THOUSANDS + "]\n"),
    "a long value": (IN_RECORD, RECORD.replace("2401.00001", "9" * 10_000 * THOUSANDS)),
    "a long key": (IN_RECORD, RECORD + "? " + "k" * 10_000 * THOUSANDS + "\n: 1\n"),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_file_of_nothing_but_faults_is_told_of_in_bounded_time_and_words(name: str, digest: Digest) -> None:
    """Any file within the size limit is refused in less than 10 s, and what is said of it fits on a few screens."""
    path, content = FLOODS[name]
    result, seconds = in_a_child(digest({path: content}))
    unspoilt(result)
    assert result.code == 1
    assert seconds < (10 if SOAK else 3)
    assert len(result.err) < 20_000


CAP = 64 * 1024


@pytest.fixture(scope="session")
def pathological(shared: Path) -> list[Case]:
    cases: list[Case] = json.loads((shared / "corpora/markdown/pathological.json").read_text())["cases"]
    return cases


def built(case: Case) -> str:
    """Return the case's input, capped at the size that a commentary may have."""
    made = ""
    if ramp := case.get("ramp"):
        for n in range(ramp["from"], ramp["to"]):
            made += ramp["fmt"].format(n=n) if "fmt" in ramp else ramp.get("pre", "") + ramp["lead"] * n + ramp["text"]
        made += ramp.get("tail", "") * ramp.get("tail_times", 0)
    made += "".join(part["text"] * part["times"] for part in case["parts"])
    return made.encode()[:CAP].decode(errors="ignore")


def test_every_slow_case_of_the_corpus_has_its_test(pathological: list[Case]) -> None:
    assert len(pathological) == 48


DRAWN = """
import json, re, resource, sys, time
from roundup.text import dialect, mail, twin, web
from roundup.text.plain import Plain
from roundup.text.setting import Setting
times = []
for text in json.load(sys.stdin):
    began = time.process_time()
    document = dialect.parse.__wrapped__(text)
    for edition in (web, mail, Plain(), twin):
        edition.render(document, Setting())
    times.append(time.process_time() - began)
try:  # on Linux what getrusage tells began with the size of the tests, from which this process was forked
    peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1]) * 1024
except FileNotFoundError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
json.dump({"times": times, "peak": peak}, sys.stdout)
"""


@pytest.mark.parametrize("part", range(4))
def test_no_commentary_is_slow_or_large_to_draw(part: int, pathological: list[Case]) -> None:
    """Each under 5 s of CPU, and all in a process that never holds 300 MB: measured are 1.8 s and 120 MB."""
    texts = json.dumps([built(case) for case in pathological[part::4]])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.run([sys.executable, "-c", DRAWN], input=texts, capture_output=True, text=True, check=True, env=environment, timeout=300)
    made = json.loads(child.stdout)
    names = [case["name"] for case in pathological[part::4]]
    assert {name: seconds for name, seconds in zip(names, made["times"], strict=True) if seconds > 5} == {}
    assert made["peak"] < 300_000_000
