"""The rules of the house that no other tool checks, each a function over a file's text.

Every rule is tried on planted violations too, so that none of them can sleep. Style and
types are ruff's and mypy's business, import directions import-linter's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = (
    "canonical",
    "cli",
    "config",
    "connectors",
    "mapping",
    "simulators",
    "store",
    "sync",
    "web",
)
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
SENTENCE_WORDS_MIN = 4

PURE = ("canonical/", "mapping/", "sync/decide/")
# Where the outside may be touched, with the reason. Everything else gets it injected.
CLOCKS = {
    "sync/compose.py": "the composition root builds the system's clock",
    "connectors/woocommerce/auth.py": "a nonce per request; tests hand in their own",
    "simulators/clock.py": "simulators share no code with the hub",
    "simulators/serve.py": "waits for a real server in a real thread",
}
HTTP_CLIENTS = {
    "connectors/transport.py": "the one door to the channels",
    "connectors/wire.py": "the door's own lock: connects to checked addresses only",
    "connectors/files/sftp.py": "SSH is no HTTP; docs/adr/0015 says what it keeps to",
    "simulators/webhooks.py": "a channel that calls back, on loopback",
}
CATCH_ALLS = {
    "cli/main.py": "a person gets a sentence and a next step, not a traceback",
    "cli/simulation/seeds.py": "whatever a seed raises is a finding",
    "sync/worker.py": "one lane's defect must not stop the others",
    "connectors/conformance/bench.py": "judges whatever a connector raises",
    "connectors/registry.py": "a plugin from elsewhere may raise anything on import",
    "connectors/shield.py": "a connector from elsewhere may raise anything at all",
}
UNTIMELY = re.compile(
    r"datetime\.(datetime|date)\.(now|utcnow|today)"
    r"|time\.(time|monotonic|perf_counter|process_time|sleep|localtime|gmtime)(_ns)?"
    r"|uuid\.uuid[14]|os\.urandom|secrets\..+"
    r"|random\.(?!Random$).+"
)
CLIENTS = re.compile(
    r"httpx\.(Client|AsyncClient|HTTPTransport|AsyncHTTPTransport|get|post|put|patch"
    r"|delete|head|options|request|stream)"
    r"|httpcore\..*Pool|urllib\.request\..+|http\.client\..+|requests\..+|socket\.create_connection"
)
INEXACT = re.compile(
    r"sqlalchemy\.(\w+\.)*(Float|Numeric|DECIMAL|REAL|Double|FLOAT|NUMERIC|DOUBLE)"
)
UNFINISHED = re.compile(
    r"#.*\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|\bfor now\b|\bplaceholder\b"
)


@dataclass(frozen=True)
class Source:
    """One file: where it stands in the repository, its text and its syntax tree."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def names(self) -> Iterator[tuple[int, str]]:
        """Yield line and full name of everything that is named, imports resolved."""
        origins: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    origins[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    origins[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute | ast.Name):
                head, dot, rest = ast.unparse(node).partition(".")
                if head in origins:
                    yield node.lineno, origins[head] + dot + rest


Rule = Callable[[Source], Iterator[str]]


def module_has_a_docstring(source: Source) -> Iterator[str]:
    if source.text.strip() and not ast.get_docstring(source.tree):
        yield f"{source.path}: say in a docstring what this module is, and is not"


def module_is_short(source: Source) -> Iterator[str]:
    count = source.text.count("\n")
    if count > MODULE_LINES_MAX and "migrations/versions/" not in source.path:
        yield f"{source.path}: {count} lines, {MODULE_LINES_MAX} are the most; split it"


def functions_are_short(source: Source) -> Iterator[str]:
    if "migrations/versions/" in source.path:  # a list of tables, run once
        return
    for function in source.functions():
        count = (function.end_lineno or 0) - function.lineno + 1
        if count > FUNCTION_LINES_MAX:
            yield (
                f"{source.path}:{function.lineno}: {function.name} has {count} lines, "
                f"{FUNCTION_LINES_MAX} are the most"
            )


def time_and_chance_are_injected(source: Source) -> Iterator[str]:
    if source.path in CLOCKS and not source.path.startswith(PURE):
        return
    for line, name in source.names():
        if UNTIMELY.fullmatch(name):
            yield f"{source.path}:{line}: {name} - have it injected"


def chance_has_a_seed(source: Source) -> Iterator[str]:
    if source.path in CLOCKS:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and not node.args and not node.keywords:
            called = ast.unparse(node.func)
            if called in ("random.Random", "Random"):
                yield f"{source.path}:{node.lineno}: {called}() has no seed"


def http_has_one_door(source: Source) -> Iterator[str]:
    if source.path in HTTP_CLIENTS:
        return
    for line, name in source.names():
        if CLIENTS.fullmatch(name):
            yield f"{source.path}:{line}: {name} - use connectors.transport"


def only_the_worker_catches_everything(source: Source) -> Iterator[str]:
    if source.path in CATCH_ALLS:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            if re.search(r"\b(everything|Exception|BaseException)\b", caught):
                yield f"{source.path}:{node.lineno}: catches {caught}; name the error"


def only_the_terminal_prints(source: Source) -> Iterator[str]:
    if source.path.startswith("cli/"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            yield f"{source.path}:{node.lineno}: print - return it, or log it"


def product_does_not_assert(source: Source) -> Iterator[str]:
    if source.path.startswith("connectors/conformance"):  # a test suite that ships
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assert):
            yield f"{source.path}:{node.lineno}: assert - raise an error"


def columns_are_exact(source: Source) -> Iterator[str]:
    for line, name in source.names():
        if INEXACT.fullmatch(name):
            yield f"{source.path}:{line}: {name} - store integers"


def nothing_is_unfinished(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), start=1):
        found = UNFINISHED.search(line)
        if found:
            yield f"{source.path}:{number}: {found[0]!r} - finish it, or leave it out"


def names_are_sentences(source: Source) -> Iterator[str]:
    for function in source.functions():
        words = [word for word in function.name.split("_") if word][1:]
        if function.name.startswith("test_") and len(words) < SENTENCE_WORDS_MIN:
            yield (
                f"{source.path}:{function.lineno}: {function.name} - say what it "
                f"shows, in {SENTENCE_WORDS_MIN} words or more"
            )


def every_test_can_fail(source: Source) -> Iterator[str]:
    for function in source.functions():
        if not function.name.startswith("test_"):
            continue
        nodes = list(ast.walk(function))
        calls = [ast.unparse(n.func) for n in nodes if isinstance(n, ast.Call)]
        looks = re.compile(
            r"(.*\.)?(raises|warns|fail|run_state_machine_as_test"
            r"|_?(assert|check|expect|verify|require|refuse)\w*)"
        )
        asserts = any(isinstance(node, ast.Assert) for node in nodes)
        if not asserts and not any(looks.fullmatch(call) for call in calls):
            yield f"{source.path}:{function.lineno}: {function.name} asserts nothing"


PRODUCT_RULES: tuple[Rule, ...] = (
    module_has_a_docstring,
    module_is_short,
    functions_are_short,
    time_and_chance_are_injected,
    chance_has_a_seed,
    http_has_one_door,
    only_the_worker_catches_everything,
    only_the_terminal_prints,
    product_does_not_assert,
    columns_are_exact,
    nothing_is_unfinished,
)
TEST_RULES: tuple[Rule, ...] = (
    module_has_a_docstring,
    names_are_sentences,
    every_test_can_fail,
)


def read_sources(*folders: str) -> Iterator[Source]:
    for folder in folders:
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            name = path.relative_to(REPOSITORY).as_posix()
            yield Source(name, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("rule", PRODUCT_RULES, ids=lambda rule: rule.__name__)
def test_the_product_keeps_the_rule_that(rule: Rule) -> None:
    sources = list(read_sources(*PACKAGES))
    assert sources
    found = [problem for source in sources for problem in rule(source)]
    assert found == [], "\n" + "\n".join(found)


@pytest.mark.parametrize("rule", TEST_RULES, ids=lambda rule: rule.__name__)
def test_the_tests_keep_the_rule_that(rule: Rule) -> None:
    found = [problem for source in read_sources("tests") for problem in rule(source)]
    assert found == [], "\n" + "\n".join(found)


LONG = "".join(f"    x = {number}\n" for number in range(FUNCTION_LINES_MAX))


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (module_has_a_docstring, "web/a.py", "x = 1\n"),
        (module_is_short, "web/a.py", "x = 1\n" * (MODULE_LINES_MAX + 1)),
        (functions_are_short, "web/a.py", f"class A:\n  def f(self):\n{LONG}"),
        (functions_are_short, "web/a.py", f"async def f():\n{LONG}"),
        *(
            (time_and_chance_are_injected, "mapping/a.py", text)
            for text in (
                "import datetime\nx = datetime.datetime.now(datetime.UTC)",
                "from datetime import datetime as d\nx = d.utcnow()",
                "from datetime import date\nx = date.today()",
                "import time\nwait = time.sleep",
                "from time import monotonic\nx = monotonic()",
                "import time as t\nx = t.time_ns()",
                "import uuid\nx = uuid.uuid4()",
                "from uuid import uuid1\nx = uuid1()",
                "import os\nx = os.urandom(8)",
                "import secrets\nx = secrets.token_hex()",
                "import random\nx = random.random()",
                "from random import choice\nx = choice('ab')",
            )
        ),
        (chance_has_a_seed, "sync/a.py", "import random\nx = random.Random()"),
        *(
            (http_has_one_door, "connectors/shopify/a.py", text)
            for text in (
                "import httpx\nx = httpx.Client()",
                "import httpx\nx = httpx.get('u')",
                "from httpx import AsyncClient\nx = AsyncClient()",
                "import urllib.request\nx = urllib.request.urlopen('u')",
                "import httpcore\nx = httpcore.ConnectionPool()",
                "import socket\nx = socket.create_connection(('h', 1))",
            )
        ),
        *(
            (
                only_the_worker_catches_everything,
                "sync/pull.py",
                f"try:\n  f()\nexcept{caught}:\n  pass",
            )
            for caught in ("", " Exception", " (ValueError, Exception) as error")
        ),
        (only_the_terminal_prints, "sync/a.py", "print('hello')"),
        (product_does_not_assert, "sync/a.py", "assert True"),
        (columns_are_exact, "store/a.py", "import sqlalchemy as sa\nx = sa.Float()"),
        (
            columns_are_exact,
            "store/a.py",
            "from sqlalchemy import Numeric\nx = Numeric",
        ),
        (nothing_is_unfinished, "sync/a.py", "x = 1  # TODO: more"),
        (nothing_is_unfinished, "sync/a.py", "raise NotImplementedError"),
        (names_are_sentences, "tests/a.py", "def test_it_works():\n  assert f()"),
        (every_test_can_fail, "tests/a.py", "def test_a_b_c_d():\n  f()"),
    ],
)
def test_every_rule_notices_a_planted_violation(
    rule: Rule, path: str, text: str
) -> None:
    found = list(rule(Source(path, text)))
    assert len(found) >= 1
    assert all(problem.startswith(path) for problem in found)


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (module_has_a_docstring, "web/a.py", '"""What it is."""\nx = 1\n'),
        (time_and_chance_are_injected, "mapping/a.py", "x = clock.now()"),
        (
            time_and_chance_are_injected,
            "sync/compose.py",
            "import time\nx = time.sleep",
        ),
        (
            time_and_chance_are_injected,
            "sync/a.py",
            "import random\ndef f(chance: random.Random): return chance.random()",
        ),
        (chance_has_a_seed, "sync/a.py", "import random\nx = random.Random(7)"),
        (http_has_one_door, "connectors/transport.py", "import httpx\nhttpx.Client()"),
        (
            http_has_one_door,
            "connectors/a.py",
            "import httpx\nclass A(httpx.Auth): ...",
        ),
        (
            only_the_worker_catches_everything,
            "sync/pull.py",
            "try:\n  f()\nexcept (ValueError, KeyError):\n  pass",
        ),
        (columns_are_exact, "store/a.py", "import sqlalchemy as sa\nx = sa.BigInteger"),
        (
            every_test_can_fail,
            "tests/a.py",
            "import pytest\ndef test_a_b_c_d():\n  with pytest.raises(E):\n    f()",
        ),
    ],
)
def test_no_rule_notices_what_is_allowed(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(path, text))) == []


@pytest.mark.parametrize("listed", [CLOCKS, HTTP_CLIENTS, CATCH_ALLS])
def test_no_exception_is_granted_to_pure_code(listed: dict[str, str]) -> None:
    assert [path for path in listed if path.startswith(PURE)] == []
