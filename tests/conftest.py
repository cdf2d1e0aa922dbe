"""What every test stands on: an environment that knows no hub and no configuration, and servers on loopback."""

import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import settings

for _name in (
    "contract",
    "contract_abilities",
    "contract_reading",
    "contract_sharing",
    "contract_transfers",
    "contract_versions",
    "contract_volumes",
    "world",
    "world_abilities",
):
    pytest.register_assert_rewrite(f"hubdrives.testing.{_name}")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # In the background of a shell tests ignore Ctrl+C, and so would the commands that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples at every run: what breaks main is what changed in it. The nightly run looks for new ones.
settings.register_profile("hubdrives", deadline=None, database=None, derandomize=True)
settings.register_profile(
    "nightly", settings.get_profile("hubdrives"), derandomize=False, max_examples=20_000, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "hubdrives"))

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: at any time, some test only waits for a server to start."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start real hubs or browsers come first, so that no worker is left alone with one at the end."""
    slow = {
        item.path for item in items if item.get_closest_marker("e2e") or "visit" in getattr(item, "fixturenames", ())
    }
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HUBDRIVES_CONFIG", "HUBDRIVES_GATEWAY_URL", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(autouse=True)
def _fresh_file_systems() -> Iterator[None]:
    """None that remembers another test's configuration."""
    yield
    if (module := sys.modules.get("hubdrives.fs.filesystem")) is not None:
        module.HubdrivesFileSystem.clear_instance_cache()


@pytest.fixture
def show(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Have a table shown at the end of the test run, under a title: what was seen, for people to look at."""

    def note(title: str, text: str) -> None:
        request.node.user_properties.append(("shown", f"{title}\n\n{text}\n"))

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reports in list(terminalreporter.stats.values()):
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, text in report.user_properties:
                    if name == "shown":
                        terminalreporter.section(report.nodeid, sep="-")
                        terminalreporter.write_line(text)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server whose every request goes to one handler; the answer is its URL, without a slash at the end."""
    async with AsyncExitStack() as stack:

        async def start(handler: Handler) -> str:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", handler)
            server = await stack.enter_async_context(TestServer(app, host="127.0.0.1"))
            return str(server.make_url("")).rstrip("/")

        yield start
