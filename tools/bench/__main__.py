"""Take the times of hubdrives and of others, in turn and with the same inputs: `make bench`.

Parts: "drive", a pull from an emulated Google Drive beside rclone; "box", files up to an emulated Box and down beside
rclone and a plain loop over Box's SDK; "seafile", pulls from an emulated Seafile server beside rclone, and spaces for
many users; "globus", files of an emulated Globus collection by HTTPS beside a plain loop over Globus' SDK and beside
curl; "noop", a pull with nothing to do beside a bare walk and nbgitpuller; "merge", the merge of notebooks beside
nbdime, git and JSON; "course", pulls of a course beside nbgitpuller.
"""

import argparse
import asyncio
import compileall
import importlib
from pathlib import Path

import hubdrives
from hubdrives.providers.globus import Globus

PARTS = ("drive", "box", "seafile", "globus", "noop", "merge", "course")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--runs", type=int, default=5)
    emulated = parser.add_argument_group("drive, box, seafile, globus")
    emulated.add_argument("--files", type=int, default=500)
    emulated.add_argument("--folders", type=int, default=50)
    emulated.add_argument("--size", type=int, default=20_000, help="bytes of each file")
    emulated.add_argument("--latency", type=float, default=0.04, help="seconds")
    emulated.add_argument(
        "--concurrency",
        type=int,
        help="requests at the same time; not of drive; 16 unless said, and with globus what its connections have",
    )
    emulated.add_argument("--large", type=int, default=1_000_000_000, help="bytes of the large file; of box, globus")
    emulated.add_argument("--users", type=int, default=500, help="who get a space; of seafile")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}")
    # As pip leaves an installed package; an editable one may be compiled anew by each program that is timed.
    compileall.compile_dir(Path(hubdrives.__file__).parent, quiet=1)
    for part in options.parts or PARTS:
        # A part has its own programs, and not all of them are quick to import.
        module = importlib.import_module(f"bench.{part}")
        if part in {"drive", "box", "seafile", "globus"}:
            concurrency = options.concurrency or (Globus.concurrency if part == "globus" else 16)
            asyncio.run(module.main(argparse.Namespace(**{**vars(options), "concurrency": concurrency})))
        else:
            module.main(runs=options.runs)


if __name__ == "__main__":
    main()
