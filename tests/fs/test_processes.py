"""Other processes: the end of one, forks, and workers that get a pickle."""

import os
import pickle
import subprocess
import sys
import textwrap

import fsspec
import pytest
from tests.fs.conftest import RAIN, Drive


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("end", ["", "fs.clear_instance_cache(); del fs, file", "raise SystemExit(0)"])
def test_a_process_ends_without_a_word(drive: Drive, end: str) -> None:
    drive.file("rain.csv")
    done = run(f"""
        import fsspec, gc
        fs = fsspec.filesystem("hubdrives", source={drive.source!r})
        file = fs.open("rain.csv")
        print(len(file.read()))
        {end}
        gc.collect()
    """)
    assert (done.stdout, done.stderr, done.returncode) == (f"{len(RAIN)}\n", "", 0)


@pytest.mark.parametrize("end", ["os._exit(0)", "sys.exit(0)"])
def test_a_fork_reads_anew_and_leaves_its_parent_alone(drive: Drive, end: str) -> None:
    drive.file("rain.csv")
    done = run(f"""
        import fsspec, gc, os, sys, time, warnings
        fs = fsspec.filesystem("hubdrives", source={drive.source!r})
        print(len(fs.cat_file("rain.csv")), flush=True)
        warnings.simplefilter("ignore", DeprecationWarning)
        if not os.fork():
            again = fsspec.filesystem("hubdrives", source={drive.source!r})
            assert again is not fs
            print(len(again.cat_file("rain.csv")), flush=True)
            began = time.monotonic()
            del fs
            gc.collect()
            # Nobody waits for a loop that runs in the parent only.
            assert time.monotonic() - began < 3
            {end}
        assert os.wait()[1] == 0
        print(len(fs.cat_file("rain.csv")))
    """)
    assert (done.stdout, done.stderr, done.returncode) == (f"{len(RAIN)}\n" * 3, "", 0)


def test_a_worker_that_gets_a_pickle_opens_its_own_connections(drive: Drive) -> None:
    drive.file("rain.csv")
    with fsspec.open("hubdrives://course/rain.csv") as file:
        file.seek(5)
        packed = pickle.dumps(file).hex()
    done = run(f"""
        import pickle
        print(len(pickle.loads(bytes.fromhex({packed!r})).read()))
    """)
    assert (done.stdout, done.stderr) == (f"{len(RAIN) - 5}\n", "")


def test_importing_hubdrives_loads_no_file_system() -> None:
    done = run("""
        import sys, hubdrives
        assert not {"fsspec", "aiohttp", "hubdrives.fs"} & set(sys.modules)
        assert callable(hubdrives.open)
        assert "fsspec" in sys.modules
        from hubdrives import *
        assert open is __builtins__.open
    """)
    assert done.stderr == ""
