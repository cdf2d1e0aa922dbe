"""rclone, as it is: a client that knows nothing of this project."""

import asyncio
import sys
from pathlib import Path

RCLONE = Path(sys.executable).parent / "rclone"


class Rclone:
    """Runs it with these variables."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    async def __call__(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        """Standard output and error of a command that ends with this code."""
        process = await asyncio.create_subprocess_exec(
            RCLONE,
            "--retries=1",
            "--low-level-retries=2",
            *arguments,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = (each.decode() for each in await process.communicate())
        assert process.returncode == code, err
        return out, err
