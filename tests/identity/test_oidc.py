"""Tokens and callbacks that are not what they should be, each refused for its own reason."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conference.identity import oidc, providers
from conference.identity.oidc import Pending, SecondFactorMissing, SignInRefused
from conference.identity.providers import ProviderDown, Providers
from tests.identity import fake
from tests.identity.fake import (
    ANY_RSA_KEY,
    CLIENT_ID,
    EC_KEY,
    KEY,
    OTHER_KEY,
    Fake,
    signed,
    signed_with_public_key,
    unsigned,
)

Claims = dict[str, Any]


@pytest.fixture
def provider() -> Iterator[Fake]:
    with fake.running() as running:
        yield running


@pytest.fixture
def known() -> Providers:
    return Providers(is_demo=True)


def begin(known: Providers, provider: Fake, *, again: bool = False, **changed: Any) -> Pending:
    return oidc.start(known, provider.client(**changed), again=again, onward="/")[1]


def come_back(
    known: Providers, provider: Fake, pending: Pending, token: Any, **changed: Any
) -> oidc.SignedIn:
    provider.tokens["id_token"] = token
    return oidc.finish(known, provider.client(**changed), pending, provider.answer(state=pending.state))


def test_an_honest_token_is_believed(known: Providers, provider: Fake) -> None:
    pending = begin(known, provider)
    token = signed(provider.claims(pending))
    assert come_back(known, provider, pending, token) == oidc.SignedIn("h-1", token)
    (asked,) = provider.asked
    assert asked["code_verifier"] == pending.verifier
    assert asked["grant_type"] == "authorization_code"


MINUTE = 60
TAMPERED: list[Any] = [
    pytest.param(unsigned, {}, id="alg-none"),
    pytest.param(lambda claims: unsigned(claims, "RS256"), {}, id="no-signature"),
    pytest.param(signed_with_public_key, {}, id="public-key-as-secret"),
    pytest.param(lambda claims: signed(claims, OTHER_KEY), {}, id="another-key-of-the-same-name"),
    pytest.param(lambda claims: signed(claims, ANY_RSA_KEY, "PS256"), {}, id="an-algorithm-not-pinned"),
    pytest.param(lambda claims: signed(claims, EC_KEY, "ES256", "ec"), {}, id="another-kind-of-key"),
    pytest.param(lambda claims: signed(claims)[:-6] + "AAAAAA", {}, id="signature-changed"),
    pytest.param(signed, {"aud": "another"}, id="aud-another"),
    pytest.param(signed, {"aud": "another", "azp": CLIENT_ID}, id="aud-another-azp-ours"),
    pytest.param(signed, {"aud": ["another"], "azp": CLIENT_ID}, id="aud-list-another-azp-ours"),
    pytest.param(signed, {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}, id="aud-ours-and-another"),
    pytest.param(signed, {"aud": [CLIENT_ID, "another"]}, id="aud-ours-and-another-without-azp"),
    pytest.param(signed, {"aud": []}, id="aud-empty"),
    pytest.param(signed, {"aud": None}, id="aud-missing"),
    pytest.param(signed, {"azp": "another"}, id="azp-another"),
    pytest.param(signed, {"iss": "http://127.0.0.1:9"}, id="iss-another"),
    pytest.param(signed, {"iss": None}, id="iss-missing"),
    pytest.param(signed, {"nonce": "another"}, id="nonce-another"),
    pytest.param(signed, {"nonce": None}, id="nonce-missing"),
    pytest.param(signed, {"exp": int(time.time()) - MINUTE}, id="expired"),
    pytest.param(signed, {"exp": None}, id="exp-missing"),
    pytest.param(signed, {"iat": int(time.time()) + 600 * MINUTE}, id="from-the-future"),
    pytest.param(signed, {"nbf": int(time.time()) + 600 * MINUTE}, id="not-yet"),
    pytest.param(signed, {"sub": None}, id="sub-missing"),
    pytest.param(signed, {"sub": ""}, id="sub-empty"),
    pytest.param(signed, {"sub": "x" * 256}, id="sub-too-long"),
    pytest.param(signed, {"sub": ["h-1"]}, id="sub-a-list"),
    pytest.param(signed, {"auth_time": None}, id="auth-time-missing"),
    pytest.param(signed, {"auth_time": int(time.time()) - 3700}, id="auth-time-too-old"),
    pytest.param(signed, {"auth_time": int(time.time()) + 600 * MINUTE}, id="auth-time-in-the-future"),
    pytest.param(signed, {"auth_time": "now"}, id="auth-time-a-word"),
    pytest.param(signed, {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, id="at-hash-of-another-token"),
    pytest.param(lambda _claims: "", {}, id="id-token-empty"),
    pytest.param(lambda _claims: None, {}, id="id-token-missing"),
    pytest.param(lambda _claims: "not.a.token", {}, id="id-token-rubbish"),
    pytest.param(lambda claims: claims, {}, id="id-token-an-object"),
]


@pytest.mark.parametrize(("make", "changed"), TAMPERED)
def test_a_tampered_token_is_refused(
    known: Providers, provider: Fake, make: Callable[[Claims], Any], changed: Claims
) -> None:
    pending = begin(known, provider)
    with pytest.raises(SignInRefused) as refused:
        come_back(known, provider, pending, make(provider.claims(pending, **changed)))
    assert not isinstance(refused.value, SecondFactorMissing)


@pytest.mark.parametrize(
    ("changed", "asks"),
    [
        pytest.param({"amr": None}, {}, id="nothing-said"),
        pytest.param({"amr": ["pwd"]}, {}, id="password-only"),
        pytest.param({"amr": "mfa"}, {}, id="a-word-for-a-list"),
        pytest.param({"amr": [{"mfa": 1}, ["mfa"]]}, {}, id="odd-list"),
        pytest.param({"acr": "mfa", "amr": None}, {}, id="amr-as-acr"),
        pytest.param({"acr": "1"}, {"acr": frozenset({"2"}), "amr": frozenset()}, id="acr-too-low"),
        pytest.param({"acr": None}, {"acr": frozenset({"2"}), "amr": frozenset()}, id="acr-missing"),
        pytest.param({"acr": ["2"]}, {"acr": frozenset({"2"}), "amr": frozenset()}, id="acr-a-list"),
    ],
)
def test_without_a_second_factor_nobody_is_signed_in(
    known: Providers, provider: Fake, changed: Claims, asks: dict[str, Any]
) -> None:
    pending = begin(known, provider, **asks)
    with pytest.raises(SignInRefused) as refused:
        come_back(known, provider, pending, signed(provider.claims(pending, **changed)), **asks)
    assert isinstance(refused.value, SecondFactorMissing) or refused.value.why.startswith("token-")


def test_an_acr_is_asked_for_and_believed(known: Providers, provider: Fake) -> None:
    asks = {"acr": frozenset({"2"}), "amr": frozenset[str]()}
    url, pending = oidc.start(known, provider.client(**asks), again=False, onward="/")
    assert "acr_values=2" in url
    token = signed(provider.claims(pending, acr="2", amr=None))
    assert come_back(known, provider, pending, token, **asks).subject == "h-1"


def test_asked_afresh_an_older_proof_is_refused(known: Providers, provider: Fake) -> None:
    url, pending = oidc.start(known, provider.client(), again=True, onward="/")
    assert "prompt=login" in url
    with pytest.raises(SignInRefused, match="auth-time"):
        come_back(known, provider, pending, signed(provider.claims(pending)))  # a minute old
    fresh = signed(provider.claims(pending, auth_time=int(time.time())))
    assert come_back(known, provider, pending, fresh).subject == "h-1"


@pytest.mark.parametrize(
    ("promised", "said", "fine"),
    [
        pytest.param(True, "ours", True, id="promised-and-ours"),
        pytest.param(True, None, False, id="promised-and-dropped"),
        pytest.param(True, "http://127.0.0.1:9", False, id="promised-and-another"),
        pytest.param(False, None, True, id="not-promised"),
        pytest.param(False, "http://127.0.0.1:9", False, id="not-promised-and-another"),
    ],
)
def test_the_callback_says_whose_it_is(
    known: Providers, provider: Fake, *, promised: bool, said: str | None, fine: bool
) -> None:
    provider.metadata["authorization_response_iss_parameter_supported"] = promised
    pending = begin(known, provider)
    provider.tokens["id_token"] = signed(provider.claims(pending))
    issuer = provider.issuer if said == "ours" else said
    answer = provider.answer(state=pending.state, iss=issuer)
    if fine:
        assert oidc.finish(known, provider.client(), pending, answer).subject == "h-1"
    else:
        with pytest.raises(SignInRefused, match="issuer"):
            oidc.finish(known, provider.client(), pending, answer)
        assert provider.asked == []  # the code was not handed to anybody


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        pytest.param({"state": "another"}, "state", id="another-state"),
        pytest.param({"state": None}, "state", id="no-state"),
        pytest.param({"code": None}, "no-code", id="no-code"),
        pytest.param({"code": ""}, "no-code", id="empty-code"),
        pytest.param({"error": "access_denied"}, "declined", id="declined"),
    ],
)
def test_a_callback_that_is_not_the_answer_is_refused(
    known: Providers, provider: Fake, changed: dict[str, str | None], why: str
) -> None:
    pending = begin(known, provider)
    answer = provider.answer(**{"state": pending.state, **changed})
    with pytest.raises(SignInRefused, match=why):
        oidc.finish(known, provider.client(), pending, answer)
    assert provider.asked == []


def test_another_agencys_and_a_late_answer_are_refused(known: Providers, provider: Fake) -> None:
    pending = begin(known, provider)
    answer = provider.answer(state=pending.state)
    with pytest.raises(SignInRefused, match="agency"):
        oidc.finish(known, provider.client(agency_id="northmoor-police"), pending, answer)
    late = Pending(**{**pending.kept(), "started": pending.started - oidc.PENDING_FOR - 1})
    with pytest.raises(SignInRefused, match="late"):
        oidc.finish(known, provider.client(), late, answer)
    with pytest.raises(SignInRefused, match="state"):
        oidc.finish(known, provider.client(), None, answer)


def test_a_code_that_the_provider_refuses_is_refused(known: Providers, provider: Fake) -> None:
    pending = begin(known, provider)
    provider.status, provider.tokens = 400, {"error": "invalid_grant"}
    with pytest.raises(SignInRefused, match="code"):
        come_back(known, provider, pending, None)


# --- what providers say about themselves ---


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"issuer": "http://127.0.0.1:9"}, id="another-issuer"),
        pytest.param({"issuer": None}, id="no-issuer"),
        pytest.param({"token_endpoint": None}, id="no-token-endpoint"),
        pytest.param({"token_endpoint": "http://token.example/"}, id="an-endpoint-without-tls"),
        pytest.param({"jwks_uri": "file:///etc/passwd"}, id="a-file"),
        pytest.param({"authorization_endpoint": "javascript:alert(1)"}, id="a-script"),
        pytest.param({"jwks_uri": ["https://a.example"]}, id="a-list"),
    ],
)
def test_a_provider_that_says_odd_things_is_not_used(
    known: Providers, provider: Fake, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    with pytest.raises(ProviderDown):
        begin(known, provider)


def test_outside_the_demo_only_tls_will_do(provider: Fake) -> None:
    with pytest.raises(ProviderDown, match="not https"):
        Providers(is_demo=False).metadata(provider.issuer)
    assert provider.visits == []


def test_redirects_are_not_followed(known: Providers, provider: Fake) -> None:
    pending = begin(known, provider)
    provider.redirect = f"{provider.issuer}/elsewhere"
    with pytest.raises(ProviderDown):
        Providers(is_demo=True).metadata(provider.issuer)
    with pytest.raises((ProviderDown, SignInRefused)):
        come_back(known, provider, pending, signed(provider.claims(pending)))
    assert "/elsewhere" not in provider.visits


def test_what_a_provider_says_is_asked_again_after_five_minutes(
    known: Providers, provider: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [1000.0]
    monkeypatch.setattr(providers.time, "monotonic", lambda: at[0])

    def sign_in(key: Any) -> None:
        pending = begin(known, provider)
        come_back(known, provider, pending, signed(provider.claims(pending), key))

    sign_in(KEY)
    sign_in(KEY)
    assert provider.visits.count("/jwks") == 1
    provider.keys = [OTHER_KEY]  # the first is withdrawn
    at[0] += 299
    sign_in(KEY)
    at[0] += 2
    with pytest.raises(SignInRefused):
        sign_in(KEY)
    sign_in(OTHER_KEY)


def test_a_new_key_is_fetched_when_it_is_met(known: Providers, provider: Fake) -> None:
    pending = begin(known, provider)
    come_back(known, provider, pending, signed(provider.claims(pending)))
    new = fake.RSAKey.generate_key(2048, {"kid": "two", "use": "sig", "alg": "RS256"})
    provider.keys = [KEY, new]
    pending = begin(known, provider)
    token = signed(provider.claims(pending), new, kid="two")
    assert come_back(known, provider, pending, token).subject == "h-1"


def test_the_metadata_cannot_change_how_we_speak(known: Providers, provider: Fake) -> None:
    provider.metadata = {"verify": False, "token_endpoint_auth_method": "none", "client_id": "another"}
    pending = begin(known, provider)
    assert come_back(known, provider, pending, signed(provider.claims(pending))).subject == "h-1"
    assert "client_id" not in provider.asked[0]  # it went in the header, with the secret


def test_signing_out_names_the_token_and_the_way_back(known: Providers, provider: Fake) -> None:
    url = oidc.logout_url(known, provider.client(), "a.b.c", "http://localhost:8000/signed-out")
    assert url == (
        f"{provider.issuer}/end?id_token_hint=a.b.c&client_id=us"
        "&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fsigned-out"
    )
    provider.metadata["end_session_endpoint"] = None
    assert oidc.logout_url(Providers(is_demo=True), provider.client(), "a.b.c", "http://x") is None
