"""Things of one kind, of which there may be very many: how many, and the first few by name."""

from folder_tree import shown

NAMED = 5


class Several:
    def __init__(self):
        self.count = 0
        self.named = []

    def __len__(self):
        return self.count

    def add(self, path, why=None):
        self.count += 1
        if len(self.named) < NAMED:
            self.named.append(shown(path) if why is None else f"{shown(path)} ({why})")

    def text(self):
        more = self.count - len(self.named)
        return ", ".join(self.named) + (f", and {more} more" if more else "")


def counted(number, thing):
    return f"{number} {thing}{'' if number == 1 else 's'}"
