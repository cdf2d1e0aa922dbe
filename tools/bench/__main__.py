"""Take the times of hubdrives and of others, in turn and with the same inputs: `make bench`.

Parts: "drive", a pull from an emulated Google Drive beside rclone; "noop", a pull with nothing to do beside a bare walk
and nbgitpuller; "merge", the merge of notebooks beside nbdime, git and JSON; "course", pulls of a course beside
nbgitpuller.
"""

import argparse
import asyncio
import importlib

PARTS = ("drive", "noop", "merge", "course")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="of drive, noop, merge, course; all if none is named")
    parser.add_argument("--runs", type=int, default=5)
    of_drive = parser.add_argument_group("drive")
    of_drive.add_argument("--files", type=int, default=500)
    of_drive.add_argument("--folders", type=int, default=50)
    of_drive.add_argument("--size", type=int, default=20_000, help="bytes of each file")
    of_drive.add_argument("--latency", type=float, default=0.04, help="seconds")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}")
    for part in options.parts or PARTS:
        # A part has its own programs, and not all of them are quick to import.
        module = importlib.import_module(f"bench.{part}")
        if part == "drive":
            asyncio.run(module.main(options))
        else:
            module.main(runs=options.runs)


if __name__ == "__main__":
    main()
