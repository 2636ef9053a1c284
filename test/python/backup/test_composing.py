"""A project with a task that has no pictures: its backup is put together of its other tasks' zips, and is what CVAT's own would be."""

import copy
import io
import json
import zipfile

import pytest

import composing
import drill
import export
import recorded
import rest
import restore
import verify
import zips
from lab import STORE, call, new_lab, order

SKELETON = {
    "name": "person",
    "type": "skeleton",
    "sublabels": [{"name": "head", "type": "points"}, {"name": "foot", "type": "points"}],
    "svg": '<circle r="1.5" cx="50" cy="20" data-type="element node" data-element-id="1" data-node-id="1" data-label-name="head"></circle>'
    '<circle r="1.5" cx="50" cy="80" data-type="element node" data-element-id="2" data-node-id="2" data-label-name="foot"></circle>',
}


@pytest.fixture
def lab(monkeypatch, capfd):
    monkeypatch.setattr(rest, "PAUSES_S", (0.01, 0.01))
    made = new_lab(drill={"frames": 10})
    made.read = capfd
    labels = [*project_labels(), SKELETON]
    made.one = made.project("one", labels)
    made.filled = made.task(made.one, "pics", subset="Train")
    made.task(made.one, "clip", files=["clips/v1.mp4"], segment_size=100)
    made.annotate(made.filled)
    call("POST", "guides", body={"project_id": made.one, "markdown": "# Wie | how"})
    call("POST", "guides", body={"task_id": made.filled, "markdown": "of the task"})
    return made


def project_labels():
    import lab

    return lab.LABELS


def fails(lab, name="bad film"):
    """A task whose data fails."""
    task = lab.bare_task(lab.one, name)
    order(failures={"create:task": "av.error.InvalidDataError: Invalid data found"})
    assert lab.fill(task, ["pics/a/1.png"])["status"] == "failed"
    order()
    return task


def files_in(lab, told):
    body, _ = lab.store.read(told["zip"]["key"])
    return recorded.files_of(body)


def asked(lab, module, **request):
    type(lab).days += 1
    lab.read.readouterr()
    code = module.main(lab.settings, request, STORE)
    return code, json.loads(lab.read.readouterr().out.splitlines()[-1])["result"]


def test_has_file_by_file_what_cvats_own_of_the_same_project_has(lab):
    assert lab.night()[0] == 0
    bad = fails(lab)
    code, summary = lab.night()
    assert (code, summary["outcome"], summary["failed"]) == (0, "well", [])
    (left,) = summary["leftOut"]
    assert left["what"] == f"task {bad} `bad film` of project {lab.one} `one` of {lab.slug}"
    assert "its data failed" in left["why"]
    whole, made = lab.backups(lab.one)
    assert [one["zip"]["madeOf"] for one in (whole, made)] == ["project", "tasks"]
    assert [one["id"] for one in made["leftOut"]] == [bad]
    assert (made["counts"], made["tasks"][0]["jobs"]) == (whole["counts"], whole["tasks"][0]["jobs"])
    own, put_together = files_in(lab, whole), files_in(lab, made)
    described = [json.loads(files.pop("project.json")) for files in (own, put_together)]
    assert described[0] == described[1]
    assert own == put_together
    # Nothing of the tasks' own zips stays.
    assert [key for key in lab.objects() if "task.zip" in key] == []


def test_comes_back_is_verified_and_drilled_as_any_other(lab):
    bad = fails(lab)
    assert lab.night()[0] == 0
    code, result = asked(lab, verify, whole=True)
    assert (code, result["failed"]) == (0, [])
    code, result = asked(lab, drill)
    assert (code, result["failed"]) == (0, [])
    for request in ({"dryRun": True}, {}):
        code, result = asked(lab, restore, project=lab.one, **request)
        assert (code, result["failed"]) == (0, [])
        assert [one for one in result["backups"][0]["lost"] if f"task {bad} `bad film`: it is not in the backup" in one]
    number = result["backups"][0]["project"]["id"]
    tasks = sorted(call("GET", f"tasks?project_id={number}")["results"], key=lambda one: one["id"])
    assert [(task["name"], task["subset"], task["size"]) for task in tasks] == [("pics", "Train", 3), ("clip", "", 60)]
    guide = call("GET", f"projects/{number}")["guide_id"]
    assert call("GET", f"guides/{guide}")["markdown"] == "# Wie | how"


def test_what_moves_no_date_of_a_task_is_in_the_next_one_all_the_same(lab):
    fails(lab)
    assert lab.night()[0] == 0
    for job in call("GET", f"jobs?task_id={lab.filled}")["results"]:
        call("PATCH", f"jobs/{job['id']}", body={"stage": "acceptance", "state": "completed"})
    assert lab.night()[0] == 0
    statuses = [
        json.loads(files_in(lab, told)["task_0/task.json"])["jobs"][0]["status"] for told in lab.backups(lab.one)
    ]
    assert statuses == ["annotation", "completed"]


def test_a_date_of_a_task_that_does_not_move(lab, monkeypatch):
    fails(lab)
    monkeypatch.setattr(rest.Cvat, "patch", lambda *_: None)
    code, summary = lab.night()
    assert code == 1
    assert f"the last change of tasks/{lab.filled}" in summary["failed"][0]["why"]


def test_where_no_task_has_pictures_the_project_is_backed_up_with_its_labels(lab):
    project = lab.project("bare", [*project_labels(), SKELETON])
    task = lab.bare_task(project)
    order(failures={"create:task": "av.error.InvalidDataError: Invalid data found"})
    lab.fill(task, ["pics/a/1.png"])
    order()
    assert lab.night({"project": str(project)})[0] == 0
    code, result = asked(lab, restore, project=project)
    assert (code, result["failed"]) == (0, [])
    made = result["backups"][0]["project"]["id"]
    names = sorted(one["name"] for one in call("GET", f"labels?project_id={made}")["results"])
    assert names == ["bad", "car", "person"]


def test_a_project_that_is_lightweight_stays_so(lab):
    lab.settings["projects"]["lightweight"] = True
    fails(lab)
    assert lab.night()[0] == 0
    (told,) = lab.backups(lab.one)
    pictures = [name for name in files_in(lab, told) if name.endswith((".png", ".mp4"))]
    assert (told["lightweight"], pictures) == (True, ["task_1/data/clips/v1.mp4"])
    assert asked(lab, restore, project=lab.one)[0] == 0


def test_a_task_that_somebody_annotates_meanwhile_is_tried_again(lab, monkeypatch):
    fails(lab)
    begin = export.begin_task_anew
    times = []

    def annotated(cvat, task):
        begin(cvat, task)
        if not times:
            lab.annotate(lab.filled, frame=1)
        times.append(task)

    monkeypatch.setattr(export, "begin_task_anew", annotated)
    assert lab.night()[0] == 0
    (told,) = lab.backups(lab.one)
    assert (told["counts"]["shapes"], len(times)) == (2, 4)


def opened(content):
    return zipfile.ZipFile(io.BytesIO(content))


def test_of_what_a_real_cvat_made_it_puts_together_the_same():
    """Its zip of a project, taken apart into what its zips of the tasks have."""
    files = recorded.files_of(recorded.FULL)
    tasks = [
        recorded.zip_of({name[len(folder) :]: file for name, file in files.items() if name.startswith(folder)})
        for folder in ("task_0/", "task_1/")
    ]
    described = json.loads(files["project.json"])
    labels, _ = recorded.as_cvat_shows(recorded.FULL)
    for label in labels:
        label["has_parent"] = False
        for point in label["sublabels"]:
            label["svg"] = label["svg"].replace(f'data-label-name="{point["name"]}"', f'data-label-id="{point["id"]}"')
    guide = files["annotation_guide.md"].decode()
    made = b"".join(composing.pieces(described, labels, guide, map(opened, tasks)))
    found = recorded.files_of(made)
    assert json.loads(found.pop("project.json")) == described
    del files["project.json"]
    assert found == files
    assert zips.contents(opened(made))["digests"] == zips.contents(opened(recorded.FULL))["digests"]


def test_pictures_of_a_tasks_guide_come_along_and_those_of_the_projects_are_named():
    guide = "![](assets/wheel.png) and assets/"
    task = recorded.zip_of({"annotation_guide.md": guide, "assets/wheel.png": b"png", "task.json": b"{}"})
    made = recorded.files_of(b"".join(composing.pieces({"name": "p"}, [], None, [opened(task)])))
    assert made["task_0/annotation_guide.md"].decode() == "![](task_0/assets/wheel.png) and assets/"
    assert made["task_0/assets/wheel.png"] == b"png"
    assert (
        composing.left_out("![](/api/assets/0b2f6b0e-1111-4111-8111-0123456789ab)")[0]["name"]
        == "pictures of the guide"
    )
    assert composing.left_out("no picture") == composing.left_out(None) == []


@pytest.mark.parametrize(
    "spoil", [lambda body: body[: len(body) // 2], lambda body: body.replace(b"\x89PNG", b"\x89PNg")]
)
def test_a_zip_of_a_task_that_is_spoiled_makes_none(lab, monkeypatch, spoil):
    fails(lab)
    pieces = export.pieces
    monkeypatch.setattr(export, "pieces", lambda *arguments: iter([spoil(b"".join(pieces(*arguments)))]))
    code, summary = lab.night()
    assert code == 1
    assert "CVAT's zip is" in summary["failed"][0]["why"]
    assert lab.backups(lab.one) == []
    assert [key for key in lab.objects() if "/of/" in key] == []


def test_what_is_described_is_not_changed_by_it():
    label = {"id": 1, "name": "a", "sublabels": [{"id": 2, "name": "b"}], "svg": 'data-label-id="2"'}
    before = copy.deepcopy(label)
    assert composing.label_of(label)["svg"] == 'data-label-name="b"'
    assert label == before
