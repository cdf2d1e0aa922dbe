"""GLOBUS_DATA: what OAuthenticator writes there is read, and nothing else, whatever it would do."""

import base64
import copyreg
import pickle
import pickletools
import struct
from collections import OrderedDict
from typing import Any, ClassVar, Self

import pytest
from oauthenticator.globus import GlobusOAuthenticator

from hubdrives.credentials import is_personal, token_source
from hubdrives.credentials.globus_data import GlobusData, tokens
from hubdrives.errors import BadConfig, LoginNeeded
from hubdrives.exchange import AudienceTokenSource

TRANSFER = "transfer.api.globus.org"
COLLECTION = "0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f"
STATE: dict[str, Any] = {
    "client_id": "11111111-2222-3333-4444-555555555555",
    "tokens": {
        TRANSFER: {"access_token": "AgTransfer", "refresh_token": "AgRefresh", "expires_in": 172800, "scope": "all"},
        COLLECTION: {"access_token": "AgHttps", "refresh_token": None, "expires_in": 172800, "scope": "https"},
    },
    "token_response": {"access_token": "AgAuth", "id_token": "ey", "other_tokens": [{"a": [1, 2.5, True, None]}]},
    "globus_user": {"sub": "x", "name": "Zoë"},
}


def written(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def pickled(value: Any, protocol: int | None = None) -> str:
    return written(pickle.dumps(value, protocol))


def data(text: str) -> GlobusData:
    return GlobusData({"kind": "globus_data"}, environment={"GLOBUS_DATA": text})


class TestWhatOAuthenticatorWrites:
    async def test_has_a_token_for_each_server(self) -> None:
        class Spawner:
            environment: ClassVar[dict[str, str]] = {}

        class User:
            async def get_auth_state(self) -> dict[str, Any]:
                return STATE

        await GlobusOAuthenticator().pre_spawn_start(User(), Spawner())
        found = data(Spawner.environment["GLOBUS_DATA"])
        assert await found.token() == "AgTransfer"
        assert await found.for_audience(TRANSFER).token() == "AgTransfer"
        assert await found.for_audience(COLLECTION).token() == "AgHttps"

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_is_read_in_every_protocol(self, protocol: int) -> None:
        assert tokens(pickled(STATE, protocol)) == {TRANSFER: "AgTransfer", COLLECTION: "AgHttps"}

    def test_every_part_of_a_pickle_that_is_read_makes_plain_values(self) -> None:
        plain = [None, True, -1, 300, 70_000, 1 << 70, 1 << 3000, 1.5, "é", "x" * 300, b"b", b"b" * 300]
        value = {**STATE, "all": [*plain, [], {}, plain]}
        for protocol in (3, 4, 5):
            assert tokens(pickled(value, protocol))[TRANSFER] == "AgTransfer"
        assert tokens(pickled({**STATE, "big": list(range(1000))}, 1))[TRANSFER] == "AgTransfer"


class TestTokens:
    async def test_one_that_is_refused_has_ended_and_only_a_new_server_helps(self) -> None:
        found = data(pickled(STATE))
        with pytest.raises(LoginNeeded, match="has ended") as raised:
            await found.for_audience(TRANSFER).token(stale="AgTransfer")
        assert "stop your server" in raised.value.hint
        assert raised.value.login_url is None

    async def test_for_one_that_is_missing_the_consent_is_named(self) -> None:
        other = "99999999-0a1b-4c2d-8e3f-0a1b2c3d4e5f"
        found = data(pickled(STATE))
        scope = f"https://auth.globus.org/scopes/{other}/https"
        with pytest.raises(LoginNeeded, match=scope):
            await found.for_audience(other).token()
        with pytest.raises(LoginNeeded, match="of the provider"):
            await found.for_audience(other, scopes=["of the provider"]).token()
        source: AudienceTokenSource = found
        assert source.login_url(scopes=[scope]) is None

    def test_neither_they_nor_refresh_tokens_are_shown(self) -> None:
        assert "Ag" not in repr(data(pickled(STATE)))

    def test_the_kind_is_of_the_server_and_has_no_other_fields(self) -> None:
        credential = {"kind": "globus_data"}
        assert not is_personal(credential)
        found = token_source(credential, connection="g", environment={"GLOBUS_DATA": pickled(STATE)})
        assert isinstance(found, GlobusData)
        with pytest.raises(BadConfig, match="token_env"):
            GlobusData({**credential, "token_env": "X"}, environment={"GLOBUS_DATA": pickled(STATE)})
        with pytest.raises(BadConfig, match="GLOBUS_DATA is not set"):
            GlobusData(credential, environment={})


RAN: list[str] = []


def run(*what: Any) -> str:
    RAN.append(repr(what))
    return "AgTransfer"


class Reduced:
    def __reduce__(self) -> tuple[Any, ...]:
        return run, ("reduced",)


class Stateful:
    """With BUILD, its `__setstate__` is called."""

    def __getstate__(self) -> str:
        return "state"

    def __setstate__(self, state: str) -> None:
        run(state)


class New:
    def __new__(cls, *args: Any, **options: Any) -> Self:
        if args or options:
            run(args)
        return super().__new__(cls)

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, int]]:
        return ("new",), {"n": 1}


def here(name: str) -> bytes:
    """GLOBAL: something of this module."""
    return f"c{__name__}\n{name}\n".encode()


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def with_value(made: bytes) -> bytes:
    """A state whose one token is what `made` makes."""
    access = b"(" + text("access_token") + made + b"d"
    return b"\x80\x04(" + text("tokens") + b"(" + text(TRANSFER) + access + b"dd."


GADGETS: dict[str, bytes] = {
    "GLOBAL REDUCE": with_value(here("run") + b"(" + text("x") + b"tR"),
    "STACK_GLOBAL REDUCE": with_value(text(__name__) + text("run") + b"\x93(" + text("x") + b"tR"),
    "STACK_GLOBAL alone": with_value(text(__name__) + text("run") + b"\x93"),
    "GLOBAL alone": with_value(here("run")),
    "INST": with_value(b"(" + text("x") + f"i{__name__}\nrun\n".encode()),
    "OBJ": with_value(b"(" + here("run") + text("x") + b"o"),
    "NEWOBJ": with_value(here("New") + b"(" + text("x") + b"t\x81"),
    "NEWOBJ_EX": with_value(here("New") + b"(" + text("x") + b"t}\x92"),
    "BUILD": with_value(here("Stateful") + b")\x81" + text("state") + b"b"),
    "BUILD of a plain dict": with_value(b"}" + text("x") + b"b"),
    "PERSID": with_value(b"Prun\n"),
    "BINPERSID": with_value(text("run") + b"Q"),
    "NEXT_BUFFER": with_value(b"\x97"),
    "READONLY_BUFFER": with_value(text("x") + b"\x98"),
    "EMPTY_SET": with_value(b"\x8f"),
    "FROZENSET": with_value(b"(\x91"),
    "BYTEARRAY8": with_value(b"\x96" + struct.pack("<Q", 1) + b"x"),
    "STRING": with_value(b"S'x'\n"),
    "reduced": pickle.dumps({**STATE, "more": Reduced()}),
    "stateful": pickle.dumps({**STATE, "more": Stateful()}),
    "new": pickle.dumps({**STATE, "more": New()}),
    "a library's class": pickle.dumps({**STATE, "tokens": OrderedDict(STATE["tokens"])}),
    "set": pickle.dumps({**STATE, "more": {1}}),
    "memo of 64 GiB": with_value(text("AgTransfer") + b"r" + struct.pack("<I", 0xFFFFFFFF)),
    "cut off": pickle.dumps(STATE)[:-1],
    "bytes longer than all": with_value(b"\x8e" + struct.pack("<Q", 1 << 40)),
    "a mark that is missing": b"\x80\x04t.",
    "nothing to get": b"\x80\x04h\x05.",
    "no pickle": b'{"tokens": {}}',
    "another state": pickle.dumps({"access_token": "AgTransfer"}),
    "no dict": pickle.dumps([STATE]),
    "tokens that are none": pickle.dumps({"tokens": {TRANSFER: "AgTransfer"}}),
    "a token with a line break": pickle.dumps({"tokens": {TRANSFER: {"access_token": "Ag\r\nHost: x"}}}),
    "a number": pickle.dumps({"tokens": {TRANSFER: {"access_token": 1}}}),
}


def refused(text: str) -> None:
    RAN.clear()
    with pytest.raises(BadConfig, match=r"^GLOBUS_DATA holds something else than .*, so nothing of it was used\.$"):
        tokens(text)
    assert RAN == []


class TestAnythingElse:
    @pytest.mark.parametrize("raw", GADGETS.values(), ids=GADGETS.keys())
    def test_is_refused_and_nothing_runs(self, raw: bytes) -> None:
        refused(written(raw))

    @pytest.mark.parametrize(
        "name", ["GLOBAL REDUCE", "STACK_GLOBAL REDUCE", "INST", "OBJ", "NEWOBJ", "BUILD", "reduced", "stateful", "new"]
    )
    def test_though_the_same_runs_with_pickle_itself(self, name: str) -> None:
        RAN.clear()
        pickle.loads(GADGETS[name])
        assert len(RAN) == 1

    @pytest.mark.parametrize("opcode", [b"\x82\xf0", b"\x83\xf0\x00", b"\x84\xf0\x00\x00\x00"])
    def test_nor_what_is_registered_by_a_number_and_known_in_this_process(self, opcode: bytes) -> None:
        raw = with_value(opcode + b"(" + text("x") + b"tR")
        copyreg.add_extension(__name__, "run", 0xF0)
        try:
            RAN.clear()
            pickle.loads(raw)
            assert len(RAN) == 1
            refused(written(raw))
        finally:
            copyreg.remove_extension(__name__, "run", 0xF0)

    @pytest.mark.parametrize("opcode", pickletools.opcodes, ids=lambda one: one.name)
    def test_no_way_to_make_an_object_is_read(self, opcode: pickletools.OpcodeInfo) -> None:
        made = {one.name for one in opcode.stack_after}
        known = {"None", "bool", "int", "int_or_bool", "float", "str", "bytes", "bytes_or_str"}
        plain = known | {"list", "dict", "mark"}
        if made <= plain or opcode.name in {"POP", "POP_MARK", "DUP", "STOP", "FRAME", "MEMOIZE"}:
            return
        if opcode.name in {"GET", "BINGET", "LONG_BINGET", "PUT", "BINPUT", "LONG_BINPUT"}:
            return
        argument = {1: b"\x00", 2: b"\x00\x00", 4: b"\x00" * 4, 8: b"\x00" * 8}
        size = opcode.arg.n if opcode.arg is not None else 0
        refused(written(with_value(opcode.code.encode("latin-1") + argument.get(size, b"x\nx\n"))))

    @pytest.mark.parametrize("value", [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)])
    def test_nor_a_tuple_which_as_a_key_could_end_the_process(self, value: tuple[int, ...]) -> None:
        refused(pickled({**STATE, "more": value}))

    @pytest.mark.parametrize(
        "text",
        [
            pickled(STATE) + "\n",
            pickled(STATE)[:-1],
            " " + pickled(STATE),
            pickled(STATE).replace("g", "-"),
            "é" + pickled(STATE),
            pickled(STATE) * 2,
            pickled({**STATE, "more": "x" * (1 << 20)}),
        ],
        ids=["line", "cut", "space", "other alphabet", "not ascii", "twice", "too long"],
    )
    def test_nor_what_is_not_strictly_base64(self, text: str) -> None:
        refused(text)

    def test_nor_one_with_something_behind_it(self) -> None:
        refused(written(pickle.dumps(STATE) + b"."))
