"""Every page: the headers, nothing inline, whole HTML; nobody in a title, an address or a line of the log.

And after it nothing that was opened or typed in lies in a file of the database.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from conference.web import ConferenceFlask, JsonLines, parts_of
from tests.routes import ROUTES
from tests.support.client import application, copied, looked, settle, signed_in
from tests.support.needles import listening, needles, occurring, typed
from tests.support.server import serving_world
from tests.support.words import words_in
from tests.support.world import HOME, STAFF, World

pytestmark = pytest.mark.slow

WALKERS = (
    "p-rep",
    "p-ref",
    "p-ig",
    "h-rep",
    "h-dep",
    "n-rep",
    "v-idva",
    "s-chair",
    "s-coord",
    "s-obs",
    "s-admin",
    "h-ig",
    None,
)
LAST = {"meetings.declare_conflict", "meetings.leave"}
# Of every person in the world, and whatever the walk types in about one.
OF_PERSONS = (
    *(
        "Kowalczyk",
        "Maria",
        "Zofia",
        "Adam",
        "1992",
        "Dyer Row",
        "Larch Walk",
        "LS9",
        "Secure tenancy",
        "1,240",
    ),
    *(
        "overdose",
        "wrist",
        "knife",
        "near the school",
        "Moved twice",
        "Hidden Person",
        "943 476",
        "9434765919",
    ),
)
EXACT = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{}'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types htmx"
)
ADDRESSES = (
    "href",
    "src",
    "action",
    "formaction",
    "hx-get",
    "hx-post",
    "hx-put",
    "hx-delete",
    "data-session-ask",
    "data-ready",
)


@dataclass
class Answered:
    """One answer of the walk."""

    who: str | None
    name: tuple[str, str]
    path: str
    status: int
    headers: Any
    body: str

    @property
    def where(self) -> str:
        return f"{self.who} {self.name[1]} {self.path} {self.status}"

    @property
    def is_page(self) -> bool:
        """Whether it is HTML of ours: a redirect's is the framework's, and nobody sees it."""
        is_html = self.headers.get("Content-Type", "").startswith("text/html")
        return is_html and self.status // 100 != 3 and "<!doctype" in self.body.lower()


@dataclass
class Page(HTMLParser):
    """What a page is made of."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    within: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @classmethod
    def read(cls, body: str) -> Page:
        page = cls()
        page.feed(body)
        page.close()
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in {tag}"
        self.elements.append((tag, dict(attrs)))
        self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.within and self.within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.within:
            self.texts.setdefault(self.within[-1], []).append(data)


SAVED = {"documents.original", "documents.download"}  # somebody's file, which runs nothing here


@dataclass
class Walk:
    """What the walk left.

    lines:  written to the application's log meanwhile.   opened: every text that was opened meanwhile.
    world:  its database is closed.   files: what lay in its folder before that, by name.
    """

    answers: list[Answered]
    lines: str
    world: World
    opened: set[str]
    files: dict[str, bytes]

    @cached_property
    def pages(self) -> list[tuple[Answered, Page]]:
        """The pages among the answers, read."""
        return [(one, Page.read(one.body)) for one in self.answers if one.is_page]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """Every route with every form by everybody, errors included, and the lines written meanwhile."""
    world = copied(serving_world(tmp_path_factory.mktemp("made")), tmp_path_factory.mktemp("walked") / "own")
    looked(world)
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("conference")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    app = application(world)
    app.config["WTF_CSRF_ENABLED"] = False
    app.add_url_rule("/broken", "broken", broken)
    vars(broken).update(access="a test", is_public=True)
    try:
        with pytest.MonkeyPatch.context() as patched:
            opened = listening(patched)
            answers = [one for who in WALKERS for one in walk(app, world, who)]
            settle(world)
        folder = world.settings.data
        files = {one.name: one.read_bytes() for one in folder.rglob("*") if one.is_file()}
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        parts_of(app).database.close()
        world.database.close()
    return Walk(answers, out.getvalue(), world, opened, files)


def broken() -> str:
    raise RuntimeError("Maria Kowalczyk, 1992")


def walk(app: ConferenceFlask, world: World, who: str | None) -> Iterator[Answered]:
    client = signed_in(app, world, who)
    settle(world)
    found_event(world)
    order = sorted(ROUTES.items(), key=lambda one: (one[0][0] in LAST, one[0][1] != "GET", one[0]))
    for name, route in order:
        if name[0] == "identity.sign_out" and who is not None:
            continue
        for form in route.every_form():
            for query in route.queries:
                path = route.path(world, who or "") + query
                answer = client.open(
                    path, method=name[1], data=form(world, who or ""), base_url="http://localhost"
                )
                body = answer.get_data(as_text=True) if answer.mimetype.startswith("text/") else ""
                yield Answered(who, name, path, answer.status_code, answer.headers, body)
    for path, method in (
        ("/nowhere/Maria%20Kowalczyk", "GET"),
        ("/cases/Maria%20Kowalczyk", "GET"),
        ("/find?name=Maria+Kowalczyk", "GET"),
        (f"/cases/{world.case_id}", "DELETE"),
        ("/broken", "GET"),
    ):
        answer = client.open(path, method=method, base_url="http://localhost")
        yield Answered(
            who, ("", method), path, answer.status_code, answer.headers, answer.get_data(as_text=True)
        )


def found_event(world: World) -> None:
    """For the governance pages: an event of each agency."""
    from conference.trail.reading import events_for

    with world.database.read() as session:
        for agency in ("police", "homes"):
            entries = events_for(session, HOME, agency, limit=1)
            world.events[agency] = entries[0].id


def test_the_walk_is_a_walk(walked: Walk) -> None:
    statuses = Counter(one.status for one in walked.answers)
    print(statuses, len(walked.pages))
    assert statuses[200] > 200
    assert {303, 400, 403, 404, 405, 422, 500} - {400, 405} <= set(statuses)
    assert len(walked.pages) > 400
    shown = [one for one in walked.answers if "Disclosure-Receipt" in one.headers]
    assert len(shown) > 150
    asked = {one.name for one in walked.answers if one.status == 200}
    assert {name for name in ROUTES if name[1] == "GET"} - asked <= {
        ("desk.stay", "GET"),  # leads on
        ("health.ready", "GET"),  # no sequencer runs here
        ("identity.start", "GET"),  # these three without a provider
        ("identity.callback", "GET"),
        ("identity.sign_out", "GET"),
        ("copying.copy", "GET"),  # a machine's, which shows a token
        ("meetings.checkpoint", "GET"),  # the meeting goes on, and there is no witness
        ("live.page", "GET"),  # wants the mark of a page: see tests/live
        ("consents.check", "GET"),  # these three in the middle of asking somebody: see tests/taking
        ("consents.stop", "GET"),
        ("consents.withdrawn", "GET"),
        ("wrong.report", "GET"),  # it is reported already: see tests/recalls
        ("rewriting.write", "GET"),  # of a record about several people: see tests/retention
        ("notices.recall", "GET"),  # for whoever recorded a withdrawal: see tests/recalls
    }


def test_every_answer_has_the_headers(walked: Walk) -> None:
    nonces = []
    for one in walked.answers:
        for header, value in EXACT.items():
            assert one.headers.get_all(header) == [value], f"{one.where}: {header}"
        policy = one.headers["Content-Security-Policy"]
        nonce = re.search(r"'nonce-([A-Za-z0-9+/]{22}==)'", policy)
        assert nonce, one.where
        is_file = one.status == 200 and one.name[0] in SAVED
        assert policy == POLICY.format(nonce[1]) + ("; sandbox" if is_file else ""), one.where
        assert {"Cookie", "HX-Request", "HX-Request-Type"} <= set(
            re.split(r",\s*", ", ".join(one.headers.get_all("Vary")))
        ), one.where
        assert "Server" not in one.headers or "Python" not in one.headers["Server"]
        nonces.append(nonce[1])
    assert len(set(nonces)) == len(nonces), "a nonce came twice"


def test_nothing_is_inline(walked: Walk) -> None:
    for one, page in walked.pages:
        nonce = one.headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
        for tag, attributes in page.elements:
            assert tag not in {"style", "base", "object", "embed", "iframe", "applet"}, one.where
            assert "style" not in attributes, f"{one.where}: {tag}"
            assert not [name for name in attributes if name.startswith(("on", "hx-on"))], (
                f"{one.where}: {tag}"
            )
            if tag == "script":
                assert attributes.get("src", "").startswith("/static/"), one.where
                assert attributes.get("nonce") == nonce, one.where
            if tag in {"script", "link"} and not str(attributes.get("href", "")).startswith("data:"):
                assert str(attributes.get("integrity", "")).startswith("sha384-"), one.where
            for name in ADDRESSES:
                assert not re.match(r"(?i)\s*(javascript|vbscript|https?:|//)", attributes.get(name) or ""), (
                    f"{one.where}: {name}"
                )
        assert not "".join(page.texts.get("script", [])).strip(), one.where


def test_htmx_has_its_nonce(walked: Walk) -> None:
    found = 0
    for one, page in walked.pages:
        nonce = one.headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
        for tag, attributes in page.elements:
            if [name for name in attributes if name.startswith(("hx-", "data-hx-", "sse-"))]:
                found += 1
                assert attributes.get("hx-nonce") == nonce, f"{one.where}: {tag} {sorted(attributes)}"
    assert found


def test_ids_headings_and_titles(walked: Walk) -> None:
    names = {name for _, _, name, _ in STAFF}
    for one, page in walked.pages:
        ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
        assert not [name for name, count in ids.items() if count > 1], f"{one.where}: {ids.most_common(2)}"
        tags = Counter(tag for tag, _ in page.elements)
        assert tags["h1"] == 1, f"{one.where}: {tags['h1']} h1"
        assert tags["main"] == 1, one.where
        assert tags["title"] == 1, one.where
        title = "".join(page.texts["title"])
        assert title.endswith(" - Conference"), one.where
        assert not words_in(title, (*OF_PERSONS, *names)), f"{one.where}: {title}"
        assert next(attributes for tag, attributes in page.elements if tag == "html")["lang"] == "en-GB"
        for tag, attributes in page.elements:  # what points to an element points to one that is there
            for name in ("for", "aria-labelledby", "aria-describedby"):
                for wanted in (attributes.get(name) or "").split():
                    assert wanted in ids, f"{one.where}: {tag} {name}={wanted}"


def test_nobody_is_in_an_address(walked: Walk) -> None:
    for one, page in walked.pages:
        if not one.name[0]:
            continue  # an address that somebody else made up
        for tag, attributes in page.elements:
            for name in ADDRESSES:
                address = unquote_plus(attributes.get(name) or "")
                assert not words_in(address, OF_PERSONS), f"{one.where}: {tag} {name}={address}"
            if tag == "form" and [
                a for t, a in page.elements if t == "input" and a.get("name") in {"name", "nhs"}
            ]:
                assert attributes.get("method") == "post", one.where
    for one in walked.answers:
        for header in ("Location", "HX-Redirect", "Link", "Refresh", "Set-Cookie", "Content-Disposition"):
            value = unquote_plus(one.headers.get(header, ""))
            assert not words_in(value, OF_PERSONS) or not one.name[0], f"{one.where}: {header}"


def test_nobody_is_in_a_line_of_the_log(walked: Walk) -> None:
    lines = [json.loads(line) for line in walked.lines.splitlines()]
    assert len([one for one in lines if one["message"] == "answered"]) == len(walked.answers)
    names = [name for _, _, name, _ in STAFF]
    for line in lines:
        chance = {"at", "ms", "request"}  # numbers in which any year can stand
        said = json.dumps({key: part for key, part in line.items() if key not in chance}, ensure_ascii=False)
        assert not [word for word in (*OF_PERSONS, *names, "stf_", "cas_", "per_") if word in said], said
    assert [one for one in lines if one.get("error") == "RuntimeError"], "the broken page left its type"


def test_no_value_is_in_the_files(walked: Walk) -> None:
    world = walked.world
    opened = {"Maria Kowalczyk", "1992-03-03", "Refuge, 7 Larch Walk, LS9 0AA", "Priya Nair"}
    assert opened <= walked.opened
    wanted = needles(walked.opened | typed(world))
    files = {name: raw for name, raw in walked.files.items() if name != world.settings.keys.name}
    assert {"conference.db", "conference.db-wal", "conference.db-shm"} <= files.keys()
    for name, raw in files.items():
        assert not occurring(raw, wanted), name
    assert not occurring(walked.lines.encode(), wanted), "the log's lines"
    everything = b"".join(files.values())
    assert world.reference.encode() in everything  # what is there in the clear is found
    keys = world.settings.keys.read_bytes().splitlines()[1:]
    secrets = {
        raw: "key"
        for line in keys
        if (text := json.loads(line)["key"])
        for raw in (base64.b64decode(text), text.encode())
    }
    assert len(secrets) > 10
    assert not occurring(everything, secrets)
    print(f"{len(walked.opened)} texts in {len(wanted)} forms, {len(everything)} bytes")


def test_nobody_is_in_an_error_page(walked: Walk) -> None:
    seen = Counter()
    for one in walked.answers:
        if one.status in {400, 403, 404, 405, 409} or one.status >= 500:
            seen[one.status] += 1
            assert not words_in(one.body, OF_PERSONS), one.where
            assert "Traceback" not in one.body, one.where
            assert "Disclosure-Receipt" not in one.headers, one.where
    assert set(seen) >= {403, 404, 500}


def test_a_page_is_never_kept(walked: Walk) -> None:
    for one in walked.answers:
        for header in ("ETag", "Last-Modified", "Expires"):
            assert header not in one.headers, one.where


def test_static_files_have_the_headers(walked: Walk, tmp_path: Path) -> None:
    world = serving_world(tmp_path)
    app = application(world)
    for one in ("conference.css", "conference.js", "vendor/htmx.js", "vendor/govuk-frontend.min.css"):
        answer = app.test_client().get(f"/static/{one}", base_url="http://localhost")
        assert answer.status_code == 200
        answer.close()
        for header in EXACT.keys() - {"Cache-Control"}:
            assert answer.headers[header] == EXACT[header]
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    parts_of(app).database.close()
    world.database.close()
