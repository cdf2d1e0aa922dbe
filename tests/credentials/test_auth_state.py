"""Which of the tokens in `auth_state` a connection gets, in the layouts that authenticators write."""

from typing import Any

import pytest

from hubdrives.credentials.auth_state import (
    Grant,
    HubLoginSettings,
    Login,
    grant,
    login,
    own_login,
    renewed,
    stamped,
)
from hubdrives.errors import BadConfig

NOW = 1_790_000_000.0


def settings(**fields: Any) -> HubLoginSettings:
    return HubLoginSettings.of({"kind": "hub_login", **fields})


def generic(**extra: Any) -> dict[str, Any]:
    """As OAuthenticator builds it, from an answer that was stamped."""
    answer = stamped(
        {
            "access_token": "access-1",
            "refresh_token": "refresh-1",
            "id_token": "id-1",
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": "openid files",
        },
        NOW,
    )
    return {
        "access_token": "access-1",
        "refresh_token": "refresh-1",
        "id_token": "id-1",
        "scope": ["openid", "files"],
        "token_response": answer,
        "oauth_user": {"sub": "alice"},
        **extra,
    }


def globus() -> dict[str, Any]:
    """As GlobusOAuthenticator builds it: it leaves out of `tokens` what it does not know, our stamp too."""
    others = [
        {"access_token": f"access-{name}", "refresh_token": f"refresh-{name}", "resource_server": server}
        | {"expires_in": 172800, "scope": "all", "token_type": "Bearer"}
        for name, server in (("transfer", "transfer.api.globus.org"), ("flows", "flows.globus.org"))
    ]
    answer = {"access_token": "access-auth", "resource_server": "auth.globus.org", "expires_in": 172800}
    return {
        "client_id": "hub",
        "tokens": {one["resource_server"]: one for one in others},
        "token_response": stamped({**answer, "id_token": "id-1", "other_tokens": others}, NOW),
        "globus_user": {"sub": "alice"},
    }


class TestWhichToken:
    def test_the_one_of_an_oauth_login_with_its_end(self) -> None:
        assert login(generic(), settings()) == Login(token="access-1", ends_at=NOW + 3600, lifetime=3600)

    def test_the_one_of_a_canvas_login(self) -> None:
        state = generic(canvas_user={"id": 7}, courses=[{"id": 1}])
        del state["oauth_user"]
        assert login(state, settings()) == Login(token="access-1", ends_at=NOW + 3600, lifetime=3600)

    def test_the_one_for_the_service_that_is_named(self) -> None:
        assert login(globus(), settings(resource_server="flows.globus.org")) == Login(
            token="access-flows", ends_at=NOW + 172800, lifetime=172800
        )

    def test_of_several_none_unless_one_is_named(self) -> None:
        assert login(globus(), settings()) is None

    def test_of_one_service_that_without_naming_it(self) -> None:
        state = globus()
        del state["tokens"]["flows.globus.org"]
        found = login(state, settings())
        assert found is not None
        assert found.token == "access-transfer"

    def test_none_for_a_service_that_the_login_did_not_ask_for(self) -> None:
        assert login(globus(), settings(resource_server="groups.api.globus.org")) is None
        assert login(generic(), settings(resource_server="flows.globus.org")) is None

    def test_the_end_as_globus_own_library_writes_it(self) -> None:
        one = {"access_token": "access-1", "expires_at_seconds": 1_790_000_100}
        assert login({"tokens": {"x": one}}, settings(resource_server="x")) == Login(
            token="access-1", ends_at=1_790_000_100.0
        )

    def test_the_one_at_a_path(self) -> None:
        state = generic(exchanged={"canvas": {"access_token": "access-2", "expires_at": NOW + 9}})
        assert login(state, settings(path=["exchanged", "canvas", "access_token"])) == Login(
            token="access-2", ends_at=NOW + 9
        )

    @pytest.mark.parametrize("path", [["nowhere"], ["oauth_user"], ["access_token", "deeper"], ["scope", "0"]])
    def test_none_where_a_path_leads_to_no_text(self, path: list[str]) -> None:
        assert login(generic(), settings(path=path)) is None

    def test_none_of_an_empty_login(self) -> None:
        assert login({}, settings()) is None
        assert login({"access_token": ""}, settings()) is None
        assert login({"tokens": {}}, settings()) is None

    def test_no_end_where_nothing_tells_it(self) -> None:
        assert login({"access_token": "access-1"}, settings()) == Login(token="access-1")
        # How long a token lives says nothing without when that began; a date is no number.
        state = {"access_token": "access-1", "expires_in": 3600, "expires_at": "2026-11-22T10:00:00Z"}
        assert login(state, settings()) == Login(token="access-1", lifetime=3600)

    def test_no_token_is_in_a_repr(self) -> None:
        assert "access-1" not in repr(login(generic(), settings()))
        assert "1" not in repr(Grant(token="access-1", refresh_token="refresh-1"))


class TestWhatNeverLeaves:
    @pytest.mark.parametrize(
        "path",
        [
            ["refresh_token"],
            ["id_token"],
            ["token_response", "refresh_token"],
            ["token_response", "id-token"],
            ["canvas", "refreshToken"],
            ["canvas", "upstream_id_token"],
            ["client_secret"],
            ["refresh_token", "value"],
        ],
    )
    def test_a_path_that_means_it_is_refused(self, path: list[str]) -> None:
        with pytest.raises(BadConfig, match="access token"):
            settings(path=path)

    def test_so_is_a_name(self) -> None:
        with pytest.raises(BadConfig, match="access token"):
            settings(resource_server="refresh_token")

    def test_names_that_only_look_like_it_are_not(self) -> None:
        assert login({"valid_token": "access-1"}, settings(path=["valid_token"])) == Login(token="access-1")
        assert settings(resource_server="refresh.example.org").resource_server == "refresh.example.org"

    @pytest.mark.parametrize("secret", ["refresh-1", "id-1"])
    def test_a_copy_under_another_name_is_refused(self, secret: str) -> None:
        with pytest.raises(BadConfig, match="access token"):
            login(generic(token=secret), settings(path=["token"]))

    def test_what_can_be_no_token_is_refused(self) -> None:
        with pytest.raises(BadConfig, match="access token"):
            login({"key": "-----BEGIN-----\nabc"}, settings(path=["key"]))


class TestSettings:
    @pytest.mark.parametrize(
        "fields",
        [
            {"token": "x"},
            {"path": "access_token"},
            {"path": []},
            {"path": [""]},
            {"path": [1]},
            {"resource_server": ""},
        ],
    )
    def test_wrong_fields_are_told(self, fields: dict[str, Any]) -> None:
        with pytest.raises(BadConfig, match="hub_login"):
            settings(**fields)

    def test_a_path_and_a_name_at_once_are_one_too_many(self) -> None:
        with pytest.raises(BadConfig, match="not both"):
            settings(path=["a"], resource_server="b")


class TestStamps:
    def test_each_token_of_an_answer_gets_its_end(self) -> None:
        answer = {"access_token": "a", "expires_in": "60", "other_tokens": [{"access_token": "b", "expires_in": 90}]}
        assert stamped(answer, NOW) == {
            "access_token": "a",
            "expires_in": "60",
            "expires_at": NOW + 60,
            "other_tokens": [{"access_token": "b", "expires_in": 90, "expires_at": NOW + 90}],
        }

    @pytest.mark.parametrize("lives", [None, "soon", "nan", True, [60]])
    def test_none_where_the_issuer_does_not_tell(self, lives: Any) -> None:
        assert "expires_at" not in stamped({"access_token": "a", "expires_in": lives}, NOW)


class TestRenewal:
    def test_a_grant_is_the_refresh_token_beside_the_token(self) -> None:
        assert grant(generic(), "access-1") == Grant(token="access-1", refresh_token="refresh-1")
        assert grant(globus(), "access-flows") == Grant(token="access-flows", refresh_token="refresh-flows")

    def test_what_was_made_from_the_logins_token_goes_by_the_logins_grant(self) -> None:
        assert grant(generic(made="x"), "x") == Grant(token="access-1", refresh_token="refresh-1")

    def test_there_may_be_none(self) -> None:
        assert grant({"access_token": "access-1", "refresh_token": None}, "access-1") is None
        assert grant({}, "access-1") is None

    def test_the_new_tokens_stand_wherever_the_old_ones_stood(self) -> None:
        answer = stamped({"access_token": "access-2", "refresh_token": "refresh-2", "expires_in": 60}, NOW + 5)
        state = renewed(generic(), Grant(token="access-1", refresh_token="refresh-1"), answer)
        assert "access-1" not in str(state)
        assert "refresh-1" not in str(state)
        assert login(state, settings()) == Login(token="access-2", ends_at=NOW + 65, lifetime=60)
        assert grant(state, "access-2") == Grant(token="access-2", refresh_token="refresh-2")
        assert state["oauth_user"] == {"sub": "alice"}
        assert state["scope"] == ["openid", "files"]
        # Of this the authenticator makes it anew, each time it looks who the user is.
        assert state["token_response"]["expires_at"] == NOW + 65

    def test_a_refresh_token_that_is_not_replaced_stays(self) -> None:
        old = Grant(token="access-1", refresh_token="refresh-1")
        for answer in ({"access_token": "access-2"}, {"access_token": "access-2", "refresh_token": ""}):
            state = renewed(generic(), old, answer)
            assert grant(state, "access-2") == Grant(token="access-2", refresh_token="refresh-1")

    def test_the_end_of_the_old_one_is_not_the_end_of_the_new_one(self) -> None:
        state = renewed(generic(), Grant(token="access-1", refresh_token="refresh-1"), {"access_token": "access-2"})
        assert login(state, settings()) == Login(token="access-2")

    def test_of_several_services_one_is_renewed(self) -> None:
        answer = stamped({"access_token": "access-new", "expires_in": 60, "resource_server": "flows.globus.org"}, NOW)
        state = renewed(globus(), Grant(token="access-flows", refresh_token="refresh-flows"), answer)
        assert state["tokens"]["flows.globus.org"]["access_token"] == "access-new"
        assert state["tokens"]["transfer.api.globus.org"]["access_token"] == "access-transfer"
        found = [one["access_token"] for one in state["token_response"]["other_tokens"]]
        assert found == ["access-transfer", "access-new"]

    def test_twice_does_no_harm_and_a_newer_login_stays(self) -> None:
        old, answer = Grant(token="access-1", refresh_token="refresh-1"), {"access_token": "access-2"}
        once = renewed(generic(), old, answer)
        assert renewed(once, old, answer) == once

    def test_the_login_itself_stands_on_what_the_issuer_answered_first(self) -> None:
        assert own_login(globus()) == Login(token="access-auth", ends_at=NOW + 172800, lifetime=172800)
        assert own_login(generic()) == Login(token="access-1", ends_at=NOW + 3600, lifetime=3600)
        assert own_login({"access_token": "access-1"}) == Login(token="access-1")
        assert own_login({}) is None
