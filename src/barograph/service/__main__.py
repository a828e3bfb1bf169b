"""The API alone over a serving folder: ``python -m barograph.service FOLDER [PORT]``."""

import sys
from pathlib import Path

from barograph.service.process import server

if __name__ == "__main__":
    folder, *port = sys.argv[1:]
    server(Path(folder), port=int(port[0]) if port else 8200).run()
