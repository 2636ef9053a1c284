"""The package as the mount in the server's pod makes it: its own files, and two that the Job of users has, too."""

import pathlib

COMPONENTS = pathlib.Path(__file__).parents[4] / "components"

__path__ = [str(COMPONENTS / "sso/django"), str(COMPONENTS / "cvat/users")]
