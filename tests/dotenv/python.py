"""Reads each text of a JSON list as python-dotenv does, and prints a list of what it found."""

import json
import logging
import os
import sys
import tempfile

from dotenv.main import DotEnv

# A line that it cannot read is only a warning.
logging.disable(logging.CRITICAL)

found = []
with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, "env")
    for text in json.load(sys.stdin):
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        read = DotEnv(path, interpolate=False, encoding="utf-8").parse()
        found.append({name: value for name, value in read if value is not None})
json.dump(found, sys.stdout)
