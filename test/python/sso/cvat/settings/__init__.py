"""The settings of ours beside CVAT's own, as the mount in the server's pod puts them."""

import pathlib

__path__.append(str(pathlib.Path(__file__).parents[5] / "components/cvat/registration"))
