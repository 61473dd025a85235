"""`python -m tests.support.archive_process`: the archivist alone, from the settings in the environment, until killed.

It takes turns without a pause, because a test waits for it.
"""

import asyncio

from analytics.archive.archivist import Archivist
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.settings import load_settings


async def main() -> None:
    settings = load_settings()
    configure_logging("archive")
    archivist = Archivist(settings, SystemClock())
    while True:
        await archivist.turn()
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
