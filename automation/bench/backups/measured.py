"""Runs a program, and says at its end what it took: measured.py FILE PROGRAM..."""

import json
import resource
import subprocess
import sys
import time


def main(file, *words):
    began = time.monotonic()
    code = subprocess.run(words, check=False).returncode  # noqa: S603
    seconds = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Linux counts in KiB. (getrusage(2))
    told = {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}
    with open(file, "w") as out:
        json.dump(told, out)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
