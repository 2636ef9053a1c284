import os
import subprocess
import threading
from pathlib import Path

import pytest

import beside

SCRIPT = (Path(__file__).parents[3] / "components/backup/databases/beside.sh").read_text()
# A program of the database that writes, one that reads, and one that dies.
PROGRAMS = """
case $what in
dump) sh -c "$word" >pipe 2>said; ended $? ;;
restore) sh -c "$word" <pipe >got 2>said; ended $? ;;
esac
"""


@pytest.fixture
def other(tmp_path):
    process = subprocess.Popen(
        ["/bin/sh", "-c", SCRIPT + PROGRAMS, "beside", str(tmp_path), "sh"],
        stdin=subprocess.DEVNULL,
        env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"},
    )
    yield beside.Beside(tmp_path)
    process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def _program(tmp_path):
    """Each knows `--version`, as the shell of Debian does not."""
    (tmp_path / "bin").mkdir()
    shell = tmp_path / "bin" / "sh"
    shell.write_text(
        '#!/bin/sh\nif [ "$1" = --version ]; then echo "program 1.2"; echo more; else exec /bin/sh "$@"; fi\n'
    )
    shell.chmod(0o755)


def test_takes_all_that_a_program_writes(other):
    assert other.version() == "program 1.2"
    assert len(b"".join(other.output("dump", "head -c 3000000 /dev/zero"))) == 3_000_000


def test_takes_nothing_of_one_that_writes_nothing_for_a_dump_that_failed(other):
    with pytest.raises(beside.Failed, match="ended with 3: why it did"):
        list(other.output("dump", "head -c 100 /dev/zero; echo why it did >&2; exit 3"))


def test_a_program_that_is_killed_has_not_ended_well(other):
    with pytest.raises(beside.Failed, match="ended with 137"):
        list(other.output("dump", "head -c 3000000 /dev/zero; kill -9 $$"))


def test_gives_all_to_a_program_and_says_that_it_was_all(other):
    other.feed([b"x" * 1000] * 3000, "restore", "cat; test -e whole")
    assert (other.folder / "got").stat().st_size == 3_000_000


def test_does_not_say_so_where_the_pieces_end_early(other):
    def pieces():
        yield b"x"
        raise ValueError("the store went away")

    with pytest.raises(ValueError, match="went away"):
        other.feed(pieces(), "restore", "cat; test -e whole")
    assert not (other.folder / "whole").exists()


def test_a_program_that_stops_reading_is_told_of(other):
    with pytest.raises(beside.Failed, match="ended with 4"):
        other.feed([b"x" * 100_000] * 50, "restore", "head -c 10; exit 4")


def test_a_container_that_is_gone_is_told_of(other, monkeypatch):
    monkeypatch.setattr(beside, "SILENT_S", 0.5)
    other.version()
    alive = other.folder / "alive"
    ended = threading.Event()

    def grow_old():
        while not ended.wait(0.05):
            os.utime(alive, (0, 0))

    ageing = threading.Thread(target=grow_old)
    ageing.start()
    try:
        with pytest.raises(beside.Failed, match="is gone"):
            list(other.output("dump", "echo it began >&2; exec >/dev/null; sleep 5"))
    finally:
        ended.set()
        ageing.join()


def test_leaves_a_program_that_was_told_nothing(other):
    other.version()
    other.leave()
    assert (other.folder / "begin").read_text() == "nothing"


def test_lets_go_of_one_that_waits_for_the_pipe(other):
    other.version()
    other.begin("dump", "echo x")
    other.leave()
    assert other.has_ended()
