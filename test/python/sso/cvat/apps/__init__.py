"""CVAT's apps, as much of them as the tests beside these have."""

import pathlib

__path__.append(str(pathlib.Path(__file__).parents[3] / "django/cvat/apps"))
