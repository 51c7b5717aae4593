"""Reads each text of a JSON list as bash does that sources it, without any program in its path,
and prints a list of what it found: `null` where bash fails or prints something. What is not the
same in each run is: the home directory is /home/user, and the PID is 4711."""

import json
import os
import subprocess
import sys
import tempfile

SCRIPT = """
set -a
. "$1" || exit 1
printf '%s\\0' "$$"
while read -r name; do printf '%s\\0%s\\0' "$name" "${!name}"; done < <(compgen -e)
"""
OURS = {"HOME", "LC_ALL", "PATH", "PWD", "SHLVL", "OLDPWD", "_"}

found = []
with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, "env")
    for text in json.load(sys.stdin):
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        ended = subprocess.run(
            ["/bin/bash", "--norc", "--noprofile", "-c", SCRIPT, "bash", "./env"],
            env={"PATH": directory, "HOME": "/home/user", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=directory,
        )
        pid, _, rest = ended.stdout.decode("utf-8", "replace").partition("\0")
        if "$" in text:
            rest = rest.replace(pid, "4711")
        parts = rest.split("\0")[:-1]
        read = dict(zip(parts[::2], parts[1::2]))
        read = {name: read[name] for name in read if name not in OURS}
        found.append(read if ended.returncode == 0 and not ended.stderr else None)
json.dump(found, sys.stdout)
