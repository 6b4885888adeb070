"""An agenda beside an agency's own list: who is on it, what is refused, what stays nowhere."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from conference.desk.matching.own_list import (
    LIKE_NAME,
    LIKE_NAME_NEAR_BIRTH,
    LIKE_NAME_SAME_BIRTH,
    SAME_NAME,
    SAME_NUMBER,
    SAME_PERSON,
    Client,
    Known,
    OwnList,
)
from conference.desk.matching.reading import MOST_ROWS, read_list
from conference.errors import BadInput
from conference.trail.reading import events_for
from tests.support.client import application, settle, signed_in
from tests.support.world import HOME, World, make, told

EDGE = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="own.csv"\r\n\r\n'
MARIA = Known(("Maria Kowalczyk",), (date(1992, 3, 3),), ("9434765919",))


@pytest.mark.parametrize(
    ("client", "why"),
    [
        (Client(1, "Maria Kowalczyk", date(1992, 3, 3)), SAME_PERSON),
        (Client(1, "Somebody Else", nhs="9434765919"), SAME_NUMBER),
        (Client(1, "Kowalczik Mary", date(1992, 3, 3)), LIKE_NAME_SAME_BIRTH),
        (Client(1, "Marie Kowalczyk", date(1992, 3, 8)), LIKE_NAME_NEAR_BIRTH),
        (Client(1, "Maria Kowalczyk"), SAME_NAME),
        (Client(1, "Maria Kowalczik"), LIKE_NAME),
        (Client(1, "Maria Kowalczyk", date(1961, 11, 8)), None),
        (Client(1, "John Smith", date(1992, 3, 3)), None),
        (Client(1, "Nothing Alike"), None),
    ],
)
def test_who_it_may_be(client: Client, why: str | None) -> None:
    assert [match.why for match in OwnList([client]).matches(MARIA)] == ([] if why is None else [why])


def test_the_surest_comes_first() -> None:
    rows = [
        Client(1, "Maria Kowalczik"),
        Client(2, "Maria Kowalczyk", date(1992, 3, 3)),
        Client(3, "X", nhs="9434765919"),
        Client(4, "Maria Kowalczyk"),
    ]
    assert [match.client.number for match in OwnList(rows).matches(MARIA)] == [3, 2, 4, 1]


def test_a_list_made_to_be_slow_is_not() -> None:
    name = "Maria Kowalczyk Ab11x Cdefh Hijkm Mnopr"
    rows = OwnList(Client(number, "Maria Kowalczyk Ab12x Cdefg Hijkl Mnopq") for number in range(20_000))
    began = time.process_time()
    rows.matches(Known((name,)))
    assert time.process_time() - began < 2


def read(text: str | bytes) -> list[tuple[object, ...]]:
    found = read_list(text if isinstance(text, bytes) else text.encode())
    return [(one.number, one.name, one.born, one.nhs, one.reference) for one in found.clients.clients]


MARIAS = [(1, "Maria Kowalczyk", date(1992, 3, 3), "", "T1")]


@pytest.mark.parametrize(
    "text",
    [
        "Name,Date of Birth,Person ID\nMaria Kowalczyk,1992-03-03,T1\n",
        "\ufeffNAME,DOB,Tenancy Reference\r\nMaria  Kowalczyk,3/3/1992,T1\r\n",
        "Colour,Given Name,Surname,Date of birth,Reference\nred,Maria,Kowalczyk,03/03/1992,T1\n\n",
        "Tenant Name,Date of Birth,Reference\nMaria Kowalczyk,1992-03-03,T1\n".encode("utf-16"),
    ],
)
def test_lists_as_systems_write_them(text: str | bytes) -> None:
    assert read(text) == MARIAS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "Name\n",
        "Colour\nred\n",
        "Surname\nKowalczyk\n",
        'Name\n"Maria\n',
        "Name\n" + "x\n" * (MOST_ROWS + 1),
    ],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(text)
    assert refused.value.field == "file"
    assert "Maria" not in refused.value.message


def test_rows_that_cannot_be_read_are_named_and_left_out() -> None:
    text = "Name,Date of Birth,NHS Number\nA B,1992-13-03,\n,1992-03-03,\nC D,,123\nE F,,943 476 5919\n"
    found = read_list(text.encode())
    assert (found.rows, found.unread, found.more) == (4, (1, 2, 3), 0)
    assert [one.name for one in found.clients.clients] == ["E F"]


# --- the page ---


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make(tmp_path / "world")


def send(world: World, who: str, content: bytes) -> tuple[int, str]:
    app = application(world)
    app.config["WTF_CSRF_ENABLED"] = False
    with told(f"send {who} {len(content)}"):
        client = signed_in(app, world, who)
        answer = client.post(
            f"/meetings/{world.meeting_id}/matching",
            data=EDGE + content + b"\r\n--edge--\r\n",  # a file object would be spooled by the client
            content_type="multipart/form-data; boundary=edge",
            base_url="http://localhost",
        )
    settle(world)
    return answer.status_code, answer.get_data(as_text=True)


def test_the_page_says_who_is_on_the_list_and_logs_whose_details_were_used(world: World) -> None:
    status, page = send(world, "h-rep", b"Name,Date of Birth,Person ID\nMarya Kowalczyk,1992-03-03,T-77\n")
    assert status == 200
    assert "T-77" in page
    assert LIKE_NAME_SAME_BIRTH in page
    assert "We read 1 row." in page
    with world.database.read() as session:
        found = events_for(session, HOME, "homes", limit=50)
    logged = [one for one in found if one.name == "disclosure.shown" and one.channel == "matching"]
    assert [one.meeting for one in logged] == [world.meeting_id]
    assert {item.class_name for one in logged for item in one.items} >= {"identity.name", "identity.dob"}
    assert any(one.name == "person.searched" and one.channel == "matching" for one in found)


def test_nothing_of_a_large_list_is_written_to_a_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a list was spooled")

    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    rows = b"".join(b"Secret Client %d,1990-01-01\n" % number for number in range(60_000))
    status, page = send(world, "h-rep", b"Name,Date of Birth\n" + rows)
    assert status == 200
    assert "60,000 rows" in page
    files = [path for path in world.settings.data.rglob("*") if path.is_file()]
    assert not [path for path in files if b"Secret Client" in path.read_bytes()]


def test_a_list_that_is_too_large_is_refused(world: World) -> None:
    assert send(world, "h-rep", b"Name\n" + b"x" * 22_500_000)[0] in {413, 500}


@pytest.mark.parametrize("who", ["h-ig", "s-obs", "s-admin"])
def test_who_may_not_compare_is_refused_before_anything_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    def refuse(_content: bytes) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr("conference.desk.matching.routes.read_list", refuse)
    assert send(world, who, b"Name\nMaria Kowalczyk\n")[0] == 403
