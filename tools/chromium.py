"""Make sure that there is a Chromium or Chrome for the tests and the unattended demo; apt-get installs one if not."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    if os.environ.get("CHROMIUM") or any(shutil.which(name) for name in NAMES):
        return 0
    if shutil.which("apt-get") is None:
        sys.exit("No Chromium found. Install it, or name one: CHROMIUM=/path/to/chromium")
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    print("Installing Chromium with apt-get, for the browser tests", flush=True)
    subprocess.run([*sudo, "apt-get", "update", "-qq"], check=True, stdout=subprocess.DEVNULL)
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
    return subprocess.run([*sudo, *install], check=False, stdout=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main())
