"""Whether the bucket still has what a volume's backup names."""

import streams
from contents import Known, key_of
from file_lists import Unreadable
from several import Several, counted


def check(run, entries, about, whole):
    """
    :param whole: reads each content, and holds it against its sha256. Else that it is there with its size is enough
    :returns: why the backup is not well; None where it is
    """
    known = Known(run.store, run.place)
    seen = bytearray(len(known))
    counts = dict.fromkeys(about["counts"], 0)
    gone, other = Several(), Several()
    try:
        for entry in entries:
            counts[f"{entry['kind']}s"] += 1
            if entry["kind"] != "file":
                continue
            at = known.place_of(entry["sha256"])
            if at is None:
                gone.add(entry["path"])
            elif known.sizes[at] != entry["size"]:
                other.add(entry["path"], f"{known.sizes[at]} bytes instead of {entry['size']}")
            elif whole and not seen[at]:
                seen[at] = 1
                why = changed(run, entry)
                if why:
                    other.add(entry["path"], why)
    except Unreadable as error:
        return str(error)
    reasons = [
        f"{counted(all_of_them.count, 'file')} {how}: {all_of_them.text()}"
        for all_of_them, how in (
            (gone, "whose content is gone from the bucket"),
            (other, "whose content is not what was written"),
        )
        if all_of_them
    ]
    if counts != about["counts"]:
        reasons.append(f"its list has {counts}, and {about['counts']} were written")
    return "; ".join(reasons) or None


def changed(run, entry):
    told = {"bytes": entry["size"], "sha256": entry["sha256"]}
    try:
        for _ in streams.download(run.store.client, run.store.bucket, key_of(run.place, entry["sha256"]), told):
            pass
    except streams.Changed as error:
        return str(error)
    return None
