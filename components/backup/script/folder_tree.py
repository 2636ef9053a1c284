"""What lies below a folder, each with its place, in one order: that of the names' bytes, a folder before what is in it."""

import os
import stat

# Never followed: whoever may write into the volume could lead a run to its own settings by a link.
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# A pipe in a file's place would wait for its other end.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class Unread(Exception):
    """A sentence: the folder itself cannot be looked at, so nothing is known of what is in it."""


class Tree:
    """
    Walks a folder: `for entry in tree` gives {"path": bytes, "kind": "file", "folder" or "link", and what the file system says of it}. While one is
    at hand, `open` opens it.
    """

    def __init__(self, root, is_left_out=lambda path: False):
        self.root = root
        self.is_left_out = is_left_out
        # What is neither file, folder nor link, by path.
        self.others = []
        # Called with the path and the OSError of what cannot be looked at, before what comes after it.
        self.on_unread = lambda path, error: None
        self.folder = None
        self.name = None

    def __iter__(self):
        try:
            folder = os.open(self.root, FOLDER)
        except OSError as error:
            raise Unread(f"the volume cannot be read: {error.strerror}") from None
        # Of each folder on the way: its descriptor, its path, names still to come.
        way = [(folder, b"", iter(()))]
        try:
            way[0] = (folder, b"", self.names_of_root(folder))
            while way:
                folder, path, names = way[-1]
                name = next(names, None)
                if name is None:
                    os.close(folder)
                    way.pop()
                    continue
                own = path + name
                if self.is_left_out(own):
                    continue
                try:
                    entry = entry_of(own, name, folder)
                    if entry is None:
                        self.others.append(own)
                        continue
                    inside = self.opened(entry, folder, name) if entry["kind"] == "folder" else None
                except FileNotFoundError:
                    # Gone since its folder was read.
                    continue
                except OSError as error:
                    self.on_unread(own, error)
                    continue
                if inside is not None:
                    way.append((inside, own + b"/", iter(())))
                    way[-1] = (inside, own + b"/", self.names(inside, own))
                self.folder, self.name = folder, name
                yield entry
        finally:
            for folder, _, _ in way:
                os.close(folder)

    def names_of_root(self, folder):
        try:
            return names_in(folder)
        except OSError as error:
            raise Unread(f"the volume cannot be read: {error.strerror}") from None

    def opened(self, entry, folder, name):
        try:
            return os.open(name, FOLDER, dir_fd=folder)
        except FileNotFoundError:
            raise
        except OSError as error:
            self.on_unread(entry["path"], error)
            return None

    def names(self, folder, path):
        try:
            return names_in(folder)
        except OSError as error:
            self.on_unread(path, error)
            return iter(())

    def open(self):
        """A descriptor of the file at hand. :raises OSError:"""
        return os.open(self.name, FILE, dir_fd=self.folder)


def names_in(folder):
    return iter(sorted(os.fsencode(name) for name in os.listdir(folder)))


def entry_of(path, name, folder):
    """What the file system says of one. None: it is neither file, folder nor link. :raises OSError:"""
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    entry = {"path": path, "mode": stat.S_IMODE(found.st_mode), "uid": found.st_uid, "gid": found.st_gid}
    if stat.S_ISDIR(found.st_mode):
        return {**entry, "kind": "folder"}
    if stat.S_ISLNK(found.st_mode):
        return {**entry, "kind": "link", "to": os.readlink(name, dir_fd=folder)}
    if stat.S_ISREG(found.st_mode):
        return {**entry, "kind": "file", "size": found.st_size, "mtime": found.st_mtime_ns}
    return None


def order_of(path):
    """By this the walk goes: a folder's own come before a sibling whose name only begins alike."""
    return path.split(b"/")


def left_out_by(patterns):
    """
    Whether a path is left out.

    :param patterns: such as data/cache or data/tasks/*/export_cache, where * is one name
    """
    split = [pattern.encode().split(b"/") for pattern in patterns]

    def is_left_out(path):
        names = path.split(b"/")
        return any(
            len(names) == len(one) and all(want in (b"*", name) for want, name in zip(one, names, strict=True))
            for one in split
        )

    return is_left_out


def shown(path):
    """A path for people: what is no UTF-8, and what would begin a new line, is written out."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
