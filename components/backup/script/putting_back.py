"""
What CVAT's zip lacks, put back into the project that CVAT made of it. What is as it was already is left alone, so that a run after one that was
killed goes on where that one was. (facts/cvat-real-third-look.md 3.4, 3.5)
"""

import compare
import progress


class PuttingBack:
    """
    :param cvat: within the place of the project
    :param place: people.Place of it
    :param expected: what the backup says of itself; what cannot be put back is taken out of it, and said in `lost`
    """

    def __init__(self, cvat, place, expected):
        self.cvat = cvat
        self.place = place
        self.expected = expected
        self.lost = []

    def all(self, project, name):
        """
        :param project: as CVAT shows it
        :param name: that it is to have
        """
        tasks = self.cvat.all("tasks", project_id=project["id"])
        for task, was in zip(tasks, self.expected["tasks"], strict=True):
            progress.say(f"task {task['id']} `{task['name']}`")
            self.task(task, was)
        self.change(
            f"projects/{project['id']}", project, {**self.of_both(project, self.expected, "the project"), "name": name}
        )
        return tasks

    def task(self, task, was):
        called = f"task `{was['name']}`"
        self.link(task, was)
        self.change(f"tasks/{task['id']}", task, self.of_both(task, was, called))
        jobs = self.cvat.all("jobs", task_id=task["id"])
        if len(jobs) == len(was["jobs"]):
            for job, before in zip(jobs, was["jobs"], strict=True):
                self.job(job, before, called)
            self.issues(task, jobs, was, called)
        for key, path in (("quality", "quality/settings"), ("consensus", "consensus/settings")):
            self.settings(task, was, key, path, called)
        self.validation(task, was, called)

    def link(self, task, was):
        """Pictures that stayed in their bucket: without it CVAT answers 409 for each of them."""
        meta = self.cvat.get(f"tasks/{task['id']}/data/meta")
        if meta.get("storage") != "cloud_storage" or meta.get("cloud_storage_id") is not None:
            return
        self.cvat.patch(f"tasks/{task['id']}/data/meta", {"cloud_storage_id": self.place.storage(was["cloudStorage"])})

    def of_both(self, now, was, called):
        """What a project and a task have alike, as a body."""
        body = {}
        user = self.user(was, called)
        if user is not None and user != number_of(now.get("assignee")):
            body["assignee_id"] = user
        for key, field in (("sourceStorage", "source_storage"), ("targetStorage", "target_storage")):
            wanted = was.get(key)
            storage = (wanted or {}).get("cloudStorage")
            if not storage:
                # CVAT's own disk is where everything is without a word.
                was[key] = as_shown(now.get(field))
                continue
            number = self.place.storage(storage)
            if number is None:
                self.lost.append(f"{field} of {called}: there is no storage of the bucket {storage['bucket']} here")
                was[key] = as_shown(now.get(field))
            elif (now.get(field) or {}).get("cloud_storage_id") != number:
                body[field] = {"location": "cloud_storage", "cloud_storage_id": number}
        return body

    def user(self, was, called):
        name = was.get("assignee")
        found = None if name is None else self.place.user(name)
        if name is not None and found is None:
            self.lost.append(f"assignee of {called}: {name} is no member here")
            was["assignee"] = None
        return found

    def job(self, job, was, called):
        body = {}
        user = self.user(was, f"job {was['index']} of {called}")
        if user is not None and user != number_of(job.get("assignee")):
            body["assignee"] = user
        if (job["stage"], job["state"]) != (was["stage"], was["state"]):
            # A stage alone puts the state back to new.
            body.update(stage=was["stage"], state=was["state"])
        if body:
            self.cvat.patch(f"jobs/{job['id']}", body)

    def issues(self, task, jobs, was, called):
        mine = self.cvat.get("users/self")["username"]
        there = self.cvat.all("issues", task_id=task["id"])
        for issue in was["issues"]:
            job = jobs[issue["job"]]["id"]
            found = next((one for one in there if is_same(one, issue, job)), None)
            said = [text_of(comment, mine) for comment in issue["comments"]] or ["-"]
            # CVAT's has a first comment at least.
            issue["comments"] = issue["comments"] or [{"message": "-"}]
            if found is None:
                body = {"job": job, "frame": issue["frame"], "position": issue["position"], "message": said[0]}
                found = self.cvat.post("issues", body)
                count = 1
            else:
                there.remove(found)
                count = len(self.cvat.all("comments", issue_id=found["id"]))
            for message in said[count:]:
                self.cvat.post("comments", {"issue": found["id"], "message": message})
            user = self.user(issue, f"an issue of {called}")
            body = {"resolved": issue["resolved"]} if issue["resolved"] != found.get("resolved", False) else {}
            if user is not None and user != number_of(found.get("assignee")):
                body["assignee"] = user
            if body:
                self.cvat.patch(f"issues/{found['id']}", body)

    def settings(self, task, was, key, path, called):
        if not was.get(key):
            return
        now = next(iter((self.cvat.find(path, task_id=task["id"], page_size=1) or {}).get("results") or []), None)
        if now is None:
            self.lost.append(f"settings of {key} of {called}: CVAT has none here")
            was[key] = None
            return
        body = {name: value for name, value in was[key].items() if name in now and now[name] != value}
        self.change(f"{path}/{now['id']}", now, body)

    def validation(self, task, was, called):
        """The zip has the frames of ground truth, and not which of them do not count."""
        wanted = was.get("validation")
        if not wanted:
            return
        at = f"tasks/{task['id']}/validation_layout"
        now = self.cvat.find(at) or {}
        if now.get("mode") is None:
            self.lost.append(f"frames of ground truth of {called}: CVAT knows none here")
            was["validation"] = None
        elif sorted(now.get("disabled_frames") or []) != wanted["disabled"]:
            self.cvat.patch(at, {"disabled_frames": wanted["disabled"]})

    def change(self, at, now, body):
        """Only what differs."""
        body = {key: value for key, value in body.items() if now.get(key) != value}
        if body:
            self.cvat.patch(at, body)


def number_of(user):
    return user.get("id") if isinstance(user, dict) else user


def as_shown(reference):
    return {"location": reference.get("location"), "cloudStorage": None} if reference else None


def is_same(now, issue, job):
    return (now["job"], now["frame"]) == (job, issue["frame"]) and compare.place_of(now) == compare.place_of(issue)


def text_of(comment, mine):
    """Whoever puts it back becomes its author: who it was is said in it."""
    owner = comment.get("owner")
    return comment["message"] if owner in (None, mine) else f"{owner}: {comment['message']}"
