"""`python -m tests.support.ingest_process`: ingest as it is, with the postbox as its only provider."""

from ingest.process import run
from runtime.logging import configure_logging
from runtime.settings import load_settings
from tests.support.fake_provider import POSTBOX

if __name__ == "__main__":
    configure_logging("ingest")
    run(load_settings(), {POSTBOX.slug: POSTBOX})
