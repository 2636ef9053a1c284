"""What a task's pod runs before and in the agent's own script, as text that the agent can encode: it writes ASCII."""

from base64 import b64encode
from importlib.metadata import version
from pathlib import Path
from shlex import quote

SCRIPT = Path(__file__).with_name("task_start.sh")


def as_ascii(script):
    """A script of bash that does the same and is ASCII; it goes on in the same shell, so that what it exports stays."""
    if not script or str(script).isascii():
        return script
    return f'eval "$(echo {encoded(script)} | base64 --decode)"'


def start_commands(task):
    """Commands that have the pod use what its image holds. :param task: as the server's API gives it"""
    script = task.get("script") or {}
    wanted = requirements(script)
    check = "unknown" if wanted is None else encoded(wanted) or "none"
    return [
        f'eval "$(echo {encoded(SCRIPT.read_text())} | base64 --decode)"',
        f"use_what_the_image_holds {quote(version('clearml-agent'))} {check}",
    ]


def requirements(script):
    """Packages that a task asks for, one a line; None where only its repository knows, or another installer than pip has them."""
    recorded = script.get("requirements") or {}
    if not isinstance(recorded, dict) or recorded.get("conda"):
        return None
    pip = recorded.get("pip") or ""
    text = pip if isinstance(pip, str) else "\n".join(pip)
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines and script.get("repository"):
        return None
    return "\n".join(lines)


def encoded(text):
    return b64encode(str(text).encode("utf-8")).decode("ascii")
