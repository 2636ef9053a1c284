"""A folder that is a volume, and runs for it against the store of these tests."""

import itertools
import os
import shutil
import stat
import tempfile

import volumes
from lab import GIVEN, STORE, Lab

NUMBERS = itertools.count()
LEFT_OUT = ["lost+found", "data/cache", "data/tasks/*/export_cache", "keys"]


class VolumeLab:
    def __init__(self, **settings):
        self.home = tempfile.mkdtemp(prefix="vision-platform-volume-", dir="/tmp")
        # Others than who runs this see it too.
        os.chmod(self.home, 0o755)  # noqa: S103
        self.root = os.fsencode(self.home) + b"/volume"
        os.mkdir(self.root)
        place = f"volumes/{os.getpid()}-{next(NUMBERS)}/"
        self.place = f"{place}cvat-data/"
        self.settings = {
            "store": GIVEN["store"],
            "volumes": {"keep": {"daily": 7, "weekly": 4}, "to": place},
            "claims": {"cvat-data": {"title": "CVAT's data", "claim": "cvat.cvat-backend-data", "leavesOut": LEFT_OUT}},
            "watched": [{"name": "cvat-data", "place": self.place, "lateAfterHours": 27}],
            "notify": {"kind": "json"},
            **settings,
        }
        self.store = STORE

    @property
    def environment(self):
        return {"VOLUME": "cvat-data", "VOLUME_AT": os.fsdecode(self.root)}

    def run(self, **request):
        """A run a day after the one before. Gives its exit code and what it says in the end."""
        Lab.days += 1
        said = []
        import progress

        told, progress.tell_result = progress.tell_result, said.append
        try:
            code = volumes.main(self.settings, request, self.environment, self.store)
        finally:
            progress.tell_result = told
        return code, said[-1]

    def backs_up(self, **request):
        code, told = self.run(**request)
        assert (code, told["failed"]) == (0, []), told
        return told["backups"][0]

    def write(self, path, content=b"x", mtime=1_600_000_000):
        at = self.at(path)
        os.makedirs(os.path.dirname(at), exist_ok=True)
        with open(at, "wb") as file:
            file.write(content)
        os.utime(at, (mtime, mtime))
        return at

    def at(self, path):
        return self.root + b"/" + (path if isinstance(path, bytes) else path.encode())

    def fill(self, count=30):
        for number in range(count):
            self.write(f"data/{number}/raw/{number}.png", b"picture %d" % number)

    def empty(self):
        for name in os.listdir(self.root):
            at = self.root + b"/" + name
            shutil.rmtree(at) if os.path.isdir(at) and not os.path.islink(at) else os.unlink(at)

    def contents(self):
        """Names of the contents that the bucket has."""
        return {key.rsplit("/", 1)[1] for key in self.store.keys(f"{self.place}files/")}

    def stamps(self):
        return sorted({key.split("/")[-2] for key in self.store.keys(f"{self.place}of/") if key.endswith("about.json")})

    def release(self):
        """The lock of a run that was killed is dead."""
        held = self.store.read_json(f"{self.place}lock.json")
        if held:
            self.store.write_json(f"{self.place}lock.json", {**held, "until": 0})

    def end(self):
        shutil.rmtree(self.home, ignore_errors=True)


def tree_of(root, with_mtime=True):
    """All that is in a folder, by path: what a backup is to bring back."""
    found = {}
    for at, folders, files in os.walk(root):
        for name in [*folders, *files]:
            path = os.path.join(at, name)
            told = os.lstat(path)
            mode = stat.S_IMODE(told.st_mode)
            if stat.S_ISLNK(told.st_mode):
                found[path[len(root) :]] = ("link", os.readlink(path))
            elif stat.S_ISDIR(told.st_mode):
                found[path[len(root) :]] = ("folder", mode)
            elif stat.S_ISREG(told.st_mode):
                with open(path, "rb") as file:
                    found[path[len(root) :]] = ("file", mode, file.read(), told.st_mtime_ns if with_mtime else 0)
    return found
