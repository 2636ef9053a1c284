"""The digest of a job is the one that a real CVAT's REST had, whether of its zip or of what it shows."""

import json

import digest
import recorded


def test_a_zip_has_the_digests_that_cvat_showed():
    files = recorded.files_of(recorded.FULL)
    found = {}
    for folder in ("task_0", "task_1"):
        task = json.loads(files[f"{folder}/task.json"])
        for job, annotations in zip(task["jobs"], json.loads(files[f"{folder}/annotations.json"]), strict=True):
            at = (task["name"], job["start_frame"], job["stop_frame"])
            found[at] = (digest.of_zip(annotations)[:16], digest.counts_of(annotations))
    assert found == recorded.digests_by_rest()
    assert len(found) == 4


def test_numbers_of_cvats_own_and_any_order_give_the_same():
    labels, shown = recorded.as_cvat_shows(recorded.FULL)
    found = {at: digest.of_cvat(annotations, labels)[:16] for at, annotations in shown.items()}
    assert found == {at: one for at, (one, _) in recorded.digests_by_rest().items()}


def test_everything_that_was_drawn_counts():
    labels, shown = recorded.as_cvat_shows(recorded.FULL)
    before = digest.of_cvat(shown["pics", 0, 9], labels)

    def differs(change):
        copy = json.loads(json.dumps(shown["pics", 0, 9]))
        change(copy)
        return digest.of_cvat(copy, labels) != before

    skeleton = next(at for at, shape in enumerate(shown["pics", 0, 9]["shapes"]) if shape["elements"])
    assert not differs(lambda job: job["shapes"][0].update(id=1))
    assert not differs(lambda job: job["shapes"].reverse())
    assert differs(lambda job: job["shapes"][0]["points"].__setitem__(0, 10.26))
    assert differs(lambda job: job["shapes"][0].update(frame=0))
    assert differs(lambda job: job["shapes"][0]["attributes"][0].update(value="else"))
    assert differs(
        lambda job: job["shapes"][skeleton]["elements"][0].update(
            label_id=job["shapes"][skeleton]["elements"][1]["label_id"]
        )
    )
    assert differs(lambda job: job["tags"].pop())
    assert differs(lambda job: job["shapes"].append(job["shapes"][0]))
    assert digest.of_cvat({}, labels) == digest.of_zip({"tags": [], "shapes": [], "tracks": []})
    # The database gives back another last digit than it was given.
    assert not differs(lambda job: job["shapes"][0].update(rotation=job["shapes"][0]["rotation"] + 1e-9))
