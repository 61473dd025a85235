"""`python -m tests.support.forgetting_process DIRECTORY STORE`: forgets what is old, until a crash point ends it."""

import sys
from pathlib import Path

from analytics.store.database import Database
from runtime.settings import StoreSettings
from tests.support.store_past import Past

if __name__ == "__main__":
    database = Database(Path(sys.argv[2]), StoreSettings())
    database.open()
    Past(database, Path(sys.argv[1])).forget_all()
