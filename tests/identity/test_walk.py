"""The whole sign-in, with the demo's identity provider as it really is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from conference.demo import idp
from conference.demo.idp import DemoProviderFailed
from conference.identity import services
from conference.identity.models import Agency, WebSession
from conference.identity.sessions import PLAIN_COOKIE as COOKIE
from tests.identity import world
from tests.identity.world import PUBLIC

NOBODY = re.compile(r"Zoë|Adeyemi|Sam|Okafor|Noor|Haddad|stf_|p-1|h-1|h-2")


def at_provider(browser: requests.Session, address: str, person: str | None) -> str:
    """Follow the provider's redirects, choosing `person` when asked; the address where it sends us back."""
    answer = browser.get(address, allow_redirects=False, timeout=10)
    for _ in range(10):
        if answer.status_code == 200 and "<form" in answer.text:
            assert person is not None, "asked again"
            answer = browser.post(answer.url, data={"person": person}, allow_redirects=False, timeout=10)
        assert answer.status_code == 303, answer.text
        address = requests.compat.urljoin(answer.url, answer.headers["Location"])
        if address.startswith(PUBLIC):
            return address
        answer = browser.get(address, allow_redirects=False, timeout=10)
    raise AssertionError("the provider never came back")


def get(client: FlaskClient, address: str, **headers: str) -> TestResponse:
    path = address.removeprefix(PUBLIC)
    return client.get(path, base_url=PUBLIC, headers=headers)


def sign_in(
    client: FlaskClient, browser: requests.Session, agency: str, person: str | None, query: str = ""
) -> TestResponse:
    away = get(client, f"/sign-in/{agency}{query}")
    assert away.status_code == 303
    return get(client, at_provider(browser, away.headers["Location"], person))


@pytest.fixture
def browser() -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    return made


def test_sign_in_and_out_ends_both(
    app: tuple[Flask, world.Parts], client: FlaskClient, browser: requests.Session
) -> None:
    parts = app[1]
    before = client.get_cookie(COOKIE, domain="localhost")
    back = sign_in(client, browser, "northmoor-homes", "h-1")
    assert (back.status_code, back.headers["Location"]) == (303, "/")
    assert client.get_cookie(COOKIE, domain="localhost") != before
    assert get(client, "/").text == "Sam Okafor, Northmoor Homes"
    with parts.database.read() as session:
        (row,) = session.scalars(select(WebSession)).all()  # the one before sign-in is gone
    assert row.staff_id is not None
    assert parts.events == [("session.started", row.staff_id, "signed in")]

    # The provider still knows them: no question.
    assert sign_in(client, browser, "northmoor-homes", None).status_code == 303

    away = get(client, "/sign-out", **{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"})
    assert away.status_code == 303
    assert at_provider(browser, away.headers["Location"], None) == f"{PUBLIC}/signed-out"
    assert get(client, "/signed-out").status_code == 200
    assert get(client, "/").text == "nobody"
    with parts.database.read() as session:
        assert [row.staff_id for row in session.scalars(select(WebSession))] == [None]
    assert [(kind, how) for kind, _, how in parts.events] == [
        ("session.started", "signed in"),
        ("session.ended", "signed in again"),
        ("session.started", "signed in"),
        ("session.ended", "signed out"),
    ]
    assert parts.woken
    # Asked once more, the provider has nobody to sign out, and needs no script to say so.
    assert at_provider(browser, away.headers["Location"], None) == f"{PUBLIC}/signed-out"
    # And it asks again, so one can be somebody else.
    assert sign_in(client, browser, "northmoor-homes", "h-1").status_code == 303


def test_after_signing_out_here_alone_the_provider_must_ask(
    client: FlaskClient, browser: requests.Session
) -> None:
    sign_in(client, browser, "northmoor-homes", "h-1")
    get(client, "/sign-out")  # and never follow to the provider, as when the screen is hidden
    with pytest.raises(AssertionError, match="asked again"):
        sign_in(client, browser, "northmoor-homes", None)


def test_the_header_button_signs_out_in_two_steps(client: FlaskClient, browser: requests.Session) -> None:
    sign_in(client, browser, "northmoor-police", "p-1")
    assert client.post("/sign-out", base_url=PUBLIC).status_code == 400  # no token of the form
    token = get(client, "/keep/harbour").text
    answer = client.post("/sign-out", base_url=PUBLIC, data={"csrf_token": token})
    assert answer.status_code == 200  # the page's own policy forbids a form to lead elsewhere
    onward = answer.headers["Refresh"].removeprefix("0; url=")
    assert at_provider(browser, onward, None) == f"{PUBLIC}/signed-out"
    assert get(client, "/").text == "nobody"


@pytest.mark.parametrize(
    ("headers", "ends"),
    [
        pytest.param({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, True, id="typed"),
        pytest.param({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}, True, id="our-link"),
        pytest.param({}, True, id="no-browser"),
        pytest.param({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, False, id="their-link"),
        pytest.param({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"}, False, id="next-door"),
        pytest.param({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors"}, False, id="an-image"),
        pytest.param({"Sec-Fetch-Site": "none", "Sec-Purpose": "prefetch"}, False, id="fetched-ahead"),
    ],
)
def test_another_sites_link_only_asks(
    client: FlaskClient, browser: requests.Session, headers: dict[str, str], *, ends: bool
) -> None:
    sign_in(client, browser, "northmoor-homes", "h-1")
    answer = get(client, "/sign-out", **headers)
    assert answer.status_code == (303 if ends else 200)
    assert get(client, "/").text == ("nobody" if ends else "Sam Okafor, Northmoor Homes")


@pytest.mark.parametrize(
    "person", [pytest.param("h-2", id="no-role"), pytest.param("stranger", id="not-known")]
)
def test_whoever_has_no_role_learns_no_more_than_that(
    client: FlaskClient, browser: requests.Session, person: str
) -> None:
    answer = sign_in(client, browser, "northmoor-homes", person)
    assert answer.status_code == 403
    assert (
        "Northmoor Homes signed you in, but you have no role here. Ask your Conference lead." in answer.text
    )
    assert not NOBODY.search(answer.text)
    assert get(client, "/").text == "nobody"
    # They can try again as somebody else.
    assert sign_in(client, browser, "northmoor-homes", "h-1").headers["Location"] == "/"


def test_somebody_who_left_is_refused_in_the_same_words(
    app: tuple[Flask, world.Parts], client: FlaskClient, browser: requests.Session
) -> None:
    with app[1].database.write() as session:
        staff = services.find_staff(session, "northmoor-homes", "h-1")
        assert staff is not None
        services.deactivate(session, staff.id)
    left = sign_in(client, browser, "northmoor-homes", "h-1").text
    never = sign_in(client, browser, "northmoor-homes", "stranger").text
    assert left == never


def change(parts: world.Parts, **values: Any) -> None:
    with parts.database.write() as session:
        agency = session.get(Agency, "northmoor-homes")
        for name, value in values.items():
            setattr(agency, name, value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param(
            {"oidc_amr": "hwk", "oidc_acr": ""},
            "Your agency did not confirm a second check. Sign in again with your code.",
            id="no-second-factor",
        ),
        pytest.param(
            {"oidc_algorithms": "ES256"}, "That did not work. Sign in again.", id="another-algorithm"
        ),
        pytest.param(
            {"oidc_secret_file": "absent"}, "Northmoor Homes' sign-in is not answering.", id="no-secret"
        ),
    ],
)
def test_refusals_in_words(
    app: tuple[Flask, world.Parts],
    client: FlaskClient,
    browser: requests.Session,
    values: dict[str, str],
    words: str,
) -> None:
    away = get(client, "/sign-in/northmoor-homes").headers["Location"]
    back = at_provider(browser, away, "h-1")
    change(app[1], **values)
    answer = get(client, back)
    assert answer.status_code in {403, 503}
    assert words.replace("'", "&#39;") in answer.text
    assert not NOBODY.search(answer.text)
    assert get(client, "/").text == "nobody"


def test_an_acr_shows_a_second_factor_too(
    app: tuple[Flask, world.Parts], client: FlaskClient, browser: requests.Session
) -> None:
    change(app[1], oidc_amr="", oidc_acr="second-factor")
    assert sign_in(client, browser, "northmoor-homes", "h-1").headers["Location"] == "/"


def test_a_provider_that_is_away_is_named(app: tuple[Flask, world.Parts], client: FlaskClient) -> None:
    change(app[1], oidc_issuer="http://127.0.0.1:9/northmoor-homes")
    answer = get(client, "/sign-in/northmoor-homes")
    assert answer.status_code == 503
    assert "Northmoor Homes&#39; sign-in is not answering. Try again soon." in answer.text


def test_signing_out_works_while_the_provider_is_away(
    app: tuple[Flask, world.Parts], client: FlaskClient, browser: requests.Session
) -> None:
    sign_in(client, browser, "northmoor-homes", "h-1")
    change(app[1], oidc_issuer="http://127.0.0.1:9/northmoor-homes")
    answer = get(client, "/sign-out")
    assert "Northmoor Homes did not answer, so you may still be signed in there." in answer.text
    assert get(client, "/").text == "nobody"


# --- callbacks that are not the answer ---


def swap(address: str, **values: str | None) -> str:
    """The address with query values changed, or left out."""
    parts = urlsplit(address)
    query = {name: found[0] for name, found in parse_qs(parts.query).items()}
    query.update({name: value for name, value in values.items() if value is not None})
    kept = {name: value for name, value in query.items() if name not in values or values[name] is not None}
    return f"{PUBLIC}{parts.path}?{requests.compat.urlencode(kept)}"


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda back: swap(back, iss=None), id="issuer-dropped"),
        pytest.param(lambda back: swap(back, iss="http://127.0.0.1:9/other"), id="issuer-changed"),
        pytest.param(lambda back: swap(back, state="x" * 43), id="state-changed"),
        pytest.param(lambda back: swap(back, state=None), id="state-dropped"),
        pytest.param(lambda back: swap(back, code="x" * 43), id="code-changed"),
        pytest.param(lambda back: swap(back, code=None), id="code-dropped"),
        pytest.param(lambda back: swap(back, error="access_denied"), id="declined"),
        pytest.param(lambda back: back + "&state=again", id="state-twice"),
        pytest.param(
            lambda back: back.replace("/northmoor-homes/", "/northmoor-police/", 1), id="another-agency"
        ),
    ],
)
def test_a_changed_callback_is_refused(
    client: FlaskClient, browser: requests.Session, tamper: Callable[[str], str]
) -> None:
    away = get(client, "/sign-in/northmoor-homes").headers["Location"]
    back = at_provider(browser, away, "h-1")
    answer = get(client, tamper(back))
    assert answer.status_code == 403
    assert "That did not work. Sign in again." in answer.text
    assert get(client, "/").text == "nobody"


def test_a_callback_works_once(client: FlaskClient, browser: requests.Session) -> None:
    away = get(client, "/sign-in/northmoor-homes").headers["Location"]
    back = at_provider(browser, away, "h-1")
    assert get(client, back).status_code == 303
    assert get(client, back).status_code == 403


def test_another_browsers_callback_is_refused(
    app: tuple[Flask, world.Parts], client: FlaskClient, browser: requests.Session
) -> None:
    away = get(client, "/sign-in/northmoor-homes").headers["Location"]
    back = at_provider(browser, away, "h-1")
    other = app[0].test_client()
    assert get(other, back).status_code == 403  # with no session
    get(other, "/sign-in/northmoor-homes")
    assert get(other, back).status_code == 403  # with one of its own
    assert get(other, "/").text == "nobody"


def test_only_what_it_must_know_goes_to_the_provider(client: FlaskClient) -> None:
    asked = parse_qs(
        urlsplit(get(client, "/sign-in/northmoor-homes?next=/cases/1").headers["Location"]).query
    )
    assert asked["redirect_uri"] == [f"{PUBLIC}/sign-in/northmoor-homes/callback"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_mode"] == ["query"]
    assert asked["scope"] == ["openid"]
    assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert "code_verifier" not in asked
    assert not any("cases" in value for values in asked.values() for value in values)


# --- where to go afterwards ---


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/cases/NM-7KQ4XP?tab=people", "/cases/NM-7KQ4XP?tab=people"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("///evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("\t//evil.example/", "/"),
        ("/\n/evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("evil.example", "/"),
        ("/sign-out", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("/" + "x" * 3000, "/"),
    ],
)
def test_one_never_leaves_the_origin(
    client: FlaskClient, browser: requests.Session, wanted: str, goes_to: str
) -> None:
    query = "?" + requests.compat.urlencode({"next": wanted})
    back = sign_in(client, browser, "northmoor-homes", "h-1", query)
    assert back.headers["Location"] == goes_to


# --- the page ---


def test_each_agency_is_a_link_on_a_line_of_its_own(client: FlaskClient) -> None:
    lines = [line for line in get(client, "/sign-in").text.splitlines() if "/sign-in/" in line]
    assert [re.findall(r'href="([^"]+)"', line) for line in lines] == [
        ["/sign-in/northmoor-police"],
        ["/sign-in/northmoor-homes"],
    ]


@pytest.mark.parametrize("email", ["sam@homes.example", "SAM@Lettings.Example", "homes.example"])
def test_a_work_email_leads_to_the_agency(client: FlaskClient, email: str) -> None:
    answer = client.post("/sign-in", base_url=PUBLIC, data={"email": email, "next": "/a"})
    assert answer.status_code == 200
    assert answer.headers["Refresh"] == "0; url=/sign-in/northmoor-homes?next=/a"
    assert "sam@" not in answer.text.lower()


@pytest.mark.parametrize("email", ["sam@elsewhere.example", "sam@", "@", "sam@omes.example"])
def test_an_unknown_ending_asks_to_choose(client: FlaskClient, email: str) -> None:
    answer = client.post("/sign-in", base_url=PUBLIC, data={"email": email})
    assert answer.status_code == 422
    assert "We do not know that ending. Choose your agency below." in answer.text
    assert "/sign-in/northmoor-homes" in answer.text


@pytest.mark.parametrize("agency", ["moorland-nhs", "nobody"])
@pytest.mark.parametrize("path", ["", "/callback"])
def test_an_agency_without_a_provider_is_not_found(client: FlaskClient, agency: str, path: str) -> None:
    assert get(client, f"/sign-in/{agency}{path}").status_code == 404


# --- the provider itself ---


def test_the_demo_provider_runs_only_in_the_demo(tmp_path: Any) -> None:
    with pytest.raises(DemoProviderFailed, match="only the demo"):
        idp.start({"port": 0, "agencies": []}, world.Settings(tmp_path, is_demo=False))


def test_a_demo_provider_that_cannot_start_says_why(tmp_path: Any, oidc_provider: idp.DemoProvider) -> None:
    with pytest.raises(DemoProviderFailed, match="EADDRINUSE"):
        idp.start({"port": oidc_provider.port, "agencies": []}, world.Settings(tmp_path))


def test_the_demo_provider_ends_with_whoever_started_it(tmp_path: Any) -> None:
    running = idp.start({"port": 0, "agencies": []}, world.Settings(tmp_path))
    assert running.process.stdin is not None
    running.process.stdin.close()
    assert running.process.wait(5) == 0


def test_the_demo_providers_page_has_one_button_a_person(
    client: FlaskClient, browser: requests.Session
) -> None:
    page = browser.get(get(client, "/sign-in/northmoor-police").headers["Location"], timeout=10)
    assert page.text.count("<h1>") == 1
    assert "Sign in to Northmoor Police (demo)" in page.text
    assert re.findall(r"<button[^>]*>([^<]*)</button>", page.text) == [
        "Zoë Adeyemi, chair and representative",
        "Somebody Else",
    ]
    assert "<script" not in page.text
    assert not re.search(r'(src|href|url)\s*[=(]\s*["\']?http', page.text)


def test_it_answers_to_no_other_name(oidc_provider: idp.DemoProvider) -> None:
    address = f"{oidc_provider.issuer('northmoor-homes')}/.well-known/openid-configuration"
    assert requests.get(address, timeout=5).status_code == 200
    assert requests.get(address, headers={"Host": "evil.example"}, timeout=5).status_code == 404


def test_a_sign_out_that_the_application_did_not_ask_for_needs_a_click(
    client: FlaskClient, browser: requests.Session, oidc_provider: idp.DemoProvider
) -> None:
    sign_in(client, browser, "northmoor-homes", "h-1")
    page = browser.get(f"{oidc_provider.issuer('northmoor-homes')}/session/end", timeout=10)
    assert ">Sign out</button>" in page.text
    assert "<script" not in page.text
