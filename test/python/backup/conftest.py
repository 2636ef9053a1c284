import datetime
import pathlib
import sys

import pytest

SCRIPTS = pathlib.Path(__file__).parents[3] / "components/backup/script"
sys.path[:0] = [str(SCRIPTS), str(pathlib.Path(__file__).parent)]


@pytest.fixture(autouse=True)
def orders():
    """What a test orders of CVAT ends with it."""
    yield
    import lab

    if lab.GIVEN:
        lab.order()


@pytest.fixture
def posts():
    import lab

    taken = lab.Posts()
    yield taken
    taken.end()


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Each night is another day."""
    import lab
    import runs

    now = runs.utc_now
    monkeypatch.setattr(runs, "utc_now", lambda: now() + datetime.timedelta(days=lab.Lab.days))
