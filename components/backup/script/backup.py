"""What a pod of backups does: python backup.py COMMAND SETTINGS"""

import importlib
import sys

import progress
import runs
import settings

# Each a module with a `main` of its own, which is loaded for it alone.
COMMANDS = ("databases", "projects", "volumes", "verify", "restore", "drill")


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in COMMANDS:
        print(f"usage: backup.py {'|'.join(COMMANDS)} SETTINGS", file=sys.stderr)
        return runs.REFUSED
    command, path = arguments
    try:
        told = settings.read_settings(path)
        request = settings.read_request()
    except settings.Unusable as error:
        progress.say(str(error))
        return runs.REFUSED
    return importlib.import_module(command).main(told, request)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
