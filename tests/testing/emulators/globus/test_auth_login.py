"""The way of a browser through Globus Auth."""

import base64
import hashlib

import globus_sdk
import pytest
from tests.testing.emulators.globus.conftest import in_thread
from yarl import URL

from hubdrives.testing.emulators.globus.named import TRANSFER, TRANSFER_ALL, scope_of

BACK = "http://127.0.0.1/hub/oauth_callback"
OWNER = "researcher@example.edu"


@pytest.fixture
def ask(globus):
    """The address that a client sends a browser to; None leaves a parameter out."""

    def made(**params: str | None) -> str:
        usual = {
            "client_id": globus.client.id,
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": "openid",
            "state": "xyz",
        }
        query = {name: value for name, value in {**usual, **params}.items() if value is not None}
        return str(URL(globus.url).with_path("/v2/oauth2/authorize").with_query(query))

    return made


@pytest.fixture
def redeem(client):
    async def redeemed(back: URL, **form: str):
        code = back.query["code"]
        return await client.token_for(
            **{"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **form}
        )

    return redeemed


async def test_somebody_logs_in_allows_and_comes_back_with_a_code(browser, ask, redeem):
    back = await browser.go(ask(), identity=OWNER)
    assert (str(back.with_query(None)), back.query["state"]) == (BACK, "xyz")
    assert browser.seen == ["Log in", "Consent"]
    answer = await redeem(back)
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.json["resource_server"], answer.json["scope"], answer.json["state"]) == (
        "auth.globus.org",
        "openid",
        "xyz",
    )
    assert "refresh_token" not in answer.json
    assert (await redeem(back)).refusal == (401, "invalid_grant")


async def test_a_second_login_asks_nothing_unless_more_is_wanted(browser, ask):
    await browser.go(ask(), identity=OWNER)
    browser.seen.clear()
    assert "code" in (await browser.go(ask())).query
    assert browser.seen == []
    assert "code" in (await browser.go(ask(access_type="offline"))).query
    assert browser.seen == ["Consent"]
    assert "code" in (await browser.go(ask(prompt="login"), identity=OWNER)).query
    assert browser.seen == ["Consent", "Log in"]


async def test_consent_is_for_the_whole_tree_of_scopes(globus, browser, ask, redeem):
    data = scope_of(globus.collection.id, "data_access")
    first = await redeem(await browser.go(ask(scope=TRANSFER_ALL), identity=OWNER))
    token = first.json["access_token"]
    assert not globus.tokens.check(token, TRANSFER).allows(TRANSFER_ALL, data)
    browser.seen.clear()
    await browser.go(ask(scope=f"{TRANSFER_ALL}[*{data}]"))
    assert browser.seen == ["Consent"]
    assert f"<li><code>{data}</code>" in browser.page
    assert globus.tokens.check(token, TRANSFER).allows(TRANSFER_ALL, data)


@pytest.mark.parametrize(
    ("answers", "error"),
    [({"identity": ""}, "access_denied"), ({"identity": OWNER, "decision": "deny"}, "access_denied")],
)
async def test_who_does_not_want_goes_back_with_an_error(browser, ask, answers, error):
    back = await browser.go(ask(), **answers)
    assert str(back.with_query(None)) == BACK
    assert (back.query["error"], back.query["state"], "code" in back.query) == (error, "xyz", False)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"client_id": "nobody"}, "UNKNOWN_CLIENT_ERROR"),
        ({"redirect_uri": "https://example.org/"}, "REDIRECT_URI_MISMATCH_ERROR"),
        ({"redirect_uri": None}, "REDIRECT_URI_MISMATCH_ERROR"),
        ({"scope": "openid nonsense"}, "UNKNOWN_SCOPE_ERROR"),
    ],
)
async def test_some_mistakes_end_on_a_page_of_globus(client, ask, wrong, code):
    answer = await client.send("GET", ask(**wrong))
    assert answer.status == 400
    assert answer.headers["Content-Type"].startswith("text/html")
    assert f"<code>{code}</code>" in answer.text


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid["}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"code_challenge": "a", "code_challenge_method": "S512"}, "invalid_request"),
    ],
)
async def test_other_mistakes_go_back_to_the_client(client, ask, wrong, error):
    answer = await client.send("GET", ask(**wrong))
    assert answer.status == 302
    assert (str(answer.back.with_query(None)), answer.back.query["error"], answer.back.query["state"]) == (
        BACK,
        error,
        "xyz",
    )


async def test_an_unknown_scope_may_be_made_to_go_back_too(globus, client, ask):
    globus.settings.redirect_unknown_scopes = True
    answer = await client.send("GET", ask(scope="nonsense"))
    assert answer.back.query["error"] == "UNKNOWN_SCOPE_ERROR"
    assert "'nonsense'" in answer.back.query["error_description"]


async def test_what_a_client_sends_is_text_on_the_pages(client, ask):
    answer = await client.send("GET", ask(session_message="<script>", state='"><script>'))
    assert answer.status == 200
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize("kind", ["GCSv5_guest_collection", "GCP_mapped_collection", "high assurance"])
async def test_data_access_is_unknown_where_it_is_not_needed(globus, client, ask, kind):
    if kind == "high assurance":
        globus.collection.high_assurance = True
    else:
        globus.collection.entity_type = kind
    wanted = f"{TRANSFER_ALL}[*{scope_of(globus.collection.id, 'data_access')}]"
    assert "UNKNOWN_SCOPE_ERROR" in (await client.send("GET", ask(scope=wanted))).text


async def test_a_collection_without_a_server_has_no_scope_for_it(globus, client, ask):
    wanted = scope_of(globus.collection.id, "https")
    assert (await client.send("GET", ask(scope=wanted))).status == 200
    globus.collection.https = False
    assert "UNKNOWN_SCOPE_ERROR" in (await client.send("GET", ask(scope=wanted))).text


class TestPkce:
    VERIFIER = "v" * 50
    CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")

    @pytest.mark.parametrize(("verifier", "status"), [(VERIFIER, 200), ("w" * 50, 401), ("", 401), (CHALLENGE, 401)])
    async def test_a_code_wants_what_it_was_asked_for_with(self, browser, ask, redeem, verifier, status):
        back = await browser.go(ask(code_challenge=self.CHALLENGE, code_challenge_method="S256"), identity=OWNER)
        assert (await redeem(back, code_verifier=verifier)).status == status

    async def test_the_verifier_itself_may_be_the_challenge(self, browser, ask, redeem):
        back = await browser.go(ask(code_challenge=self.VERIFIER), identity=OWNER)
        assert (await redeem(back, code_verifier=self.VERIFIER)).status == 200

    async def test_a_native_app_can_not_do_without(self, globus, client, ask):
        native = globus.add_client("command line", native=True, redirect_uris=[BACK])
        answer = await client.send("GET", ask(client_id=native.id))
        assert answer.back.query["error"] == "invalid_request"


@pytest.mark.parametrize("wrong", ["redirect_uri", "client_id", "client_secret", "late"])
async def test_a_code_is_good_for_one_client_address_and_time(globus, client, clock, browser, ask, redeem, wrong):
    back = await browser.go(ask(), identity=OWNER)
    other = globus.add_client("other", redirect_uris=[BACK])
    forms = {
        "redirect_uri": {"redirect_uri": f"{BACK}/"},
        "client_id": {"client_id": other.id, "client_secret": other.secret},
        "client_secret": {"client_secret": "guess"},
    }
    if wrong == "late":
        clock.now += 600
    refusal = "invalid_client" if wrong == "client_secret" else "invalid_grant"
    assert (await redeem(back, **forms.get(wrong, {}))).refusal == (401, refusal)


class TestWhoMayLogIn:
    @pytest.fixture
    def guest(self, globus):
        return globus.add_identity("guest@lab.example.org", "Guest")

    async def test_a_client_may_take_one_identity_provider_only(self, globus, guest, browser, ask, redeem):
        provider = globus.people.providers[guest.provider]
        strict = globus.add_client("strict", redirect_uris=[BACK], required_provider=provider)
        await browser.go(ask(), identity=OWNER)
        stuck = await browser.go(ask(client_id=strict.id), identity=OWNER)
        assert (stuck.path, "can&#x27;t log in with this identity" in browser.page) == ("/v2/web/login", True)
        back = await browser.go(ask(client_id=strict.id, scope="openid profile"), identity=guest.username)
        token = await redeem(back, client_id=strict.id, client_secret=strict.secret)
        assert globus.tokens.check(token.json["access_token"], "auth.globus.org").identity == guest

    async def test_the_linked_identity_of_that_provider_is_enough(self, globus, browser, ask, redeem):
        linked = globus.add_identity("me@lab.example.org", linked_to=globus.owner)
        strict = globus.add_client(
            "strict", redirect_uris=[BACK], required_provider=globus.people.providers[linked.provider]
        )
        await browser.go(ask(), identity=OWNER)
        back = await browser.go(ask(client_id=strict.id), identity=linked.username)
        token = await redeem(back, client_id=strict.id, client_secret=strict.secret)
        grant = globus.tokens.check(token.json["access_token"], "auth.globus.org")
        assert (grant.identity, grant.session.primary) == (linked, globus.owner.id)

    @pytest.mark.parametrize(
        "params",
        [
            {"session_required_identities": "guest@lab.example.org"},
            {"session_required_single_domain": "lab.example.org,other.example.org"},
        ],
    )
    async def test_a_session_may_want_certain_identities(self, guest, browser, ask, params):
        await browser.go(ask(), identity=OWNER)
        browser.seen.clear()
        assert (await browser.go(ask(**params), identity=OWNER)).path == "/v2/web/login"
        assert "code" in (await browser.go(ask(**params), identity=guest.username)).query
        browser.seen.clear()
        assert "code" in (await browser.go(ask(**params))).query
        assert browser.seen == []

    async def test_a_session_may_want_several_identities_one_after_the_other(self, globus, browser, ask):
        linked = globus.add_identity("me@lab.example.org", linked_to=globus.owner)
        wanted = ask(session_required_identities=f"{globus.owner.id},{linked.id}")
        assert (await browser.go(wanted, identity=OWNER, tries=1)).path == "/v2/oauth2/authorize"
        assert browser.seen == ["Log in", "Log in"]
        assert "code" in (await browser.go(wanted, identity=linked.username)).query

    async def test_a_session_may_want_a_second_factor(self, browser, ask):
        wanted = ask(session_required_mfa="true", session_message="Please hurry")
        assert (await browser.go(wanted, identity=OWNER, mfa=True)).query["state"] == "xyz"
        await browser.go(ask(prompt="login"), identity=OWNER)
        browser.seen.clear()
        assert "code" in (await browser.go(wanted, identity=OWNER, mfa=True)).query
        assert browser.seen == ["Log in"]

    async def test_a_new_login_helps_the_tokens_of_the_same_browser(self, globus, clock, browser, ask, redeem):
        token = (await redeem(await browser.go(ask(), identity=OWNER))).json["access_token"]
        globus.sessions.expire_all()
        session = globus.tokens.check(token, "auth.globus.org").session
        assert session.since(globus.owner.id) is None
        clock.now += 50
        await browser.go(ask(), identity=OWNER)
        assert session.since(globus.owner.id) == clock.now

    async def test_somebody_else_at_the_same_browser_is_somebody_else(self, globus, guest, browser, ask, redeem):
        first = await redeem(await browser.go(ask(), identity=OWNER))
        second = await redeem(await browser.go(ask(prompt="login"), identity=guest.username))
        grants = [globus.tokens.check(each.json["access_token"], "auth.globus.org") for each in (first, second)]
        assert [each.identity for each in grants] == [globus.owner, guest]
        assert grants[0].session is not grants[1].session

    async def test_clients_do_not_log_in_here(self, globus, client, ask):
        answer = await client.send("GET", ask())
        assert OWNER in answer.text
        assert f"{globus.client.id}@" not in answer.text


async def test_a_native_app_of_the_sdk_shows_the_code_for_copying(globus, sdk, browser):
    native = globus.add_client("command line", native=True)
    official = sdk(globus_sdk.NativeAppAuthClient(native.id, base_url=f"{globus.url}/"))
    official.oauth2_start_flow(requested_scopes=[TRANSFER_ALL], refresh_tokens=True)
    shown = await browser.go(official.oauth2_get_authorize_url(), identity=OWNER)
    assert shown.path == "/v2/web/auth-code"
    assert f"<code>{shown.query['code']}</code>" in browser.page
    tokens = await in_thread(lambda: official.oauth2_exchange_code_for_tokens(shown.query["code"]))
    found = tokens.by_resource_server[TRANSFER]
    renewed = await in_thread(lambda: official.oauth2_refresh_token(found["refresh_token"]))
    assert renewed.by_resource_server[TRANSFER]["access_token"] != found["access_token"]
