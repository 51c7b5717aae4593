"""Reads each text of a JSON list as bash does that sources it, without any program in its path,
and prints a list of what it found: `null` where bash fails or prints something."""

import json
import os
import subprocess
import sys
import tempfile

SCRIPT = """
set -a
. "$1" || exit 1
while read -r name; do printf '%s\\0%s\\0' "$name" "${!name}"; done < <(compgen -e)
"""
OURS = {"PATH", "PWD", "SHLVL", "OLDPWD", "_"}

found = []
with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, "env")
    for text in json.load(sys.stdin):
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        ended = subprocess.run(
            ["/bin/bash", "--norc", "--noprofile", "-c", SCRIPT, "bash", path],
            env={"PATH": directory, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=directory,
        )
        parts = ended.stdout.decode("utf-8", "replace").split("\0")[:-1]
        read = dict(zip(parts[::2], parts[1::2]))
        read = {name: read[name] for name in read if name not in OURS | {"LC_ALL"}}
        found.append(read if ended.returncode == 0 and not ended.stderr else None)
json.dump(found, sys.stdout)
