"""What CVAT's zip of a project lacks, read from CVAT at that moment: it is kept beside the zip, and a restore puts it back. (facts/cvat-real-third-look.md 3.3)"""

import digest

# Of a task, what CVAT shows and its zip has not, or has no way to be compared by.
OF_TASK = ("id", "name", "subset", "size", "mode", "overlap", "segment_size", "image_quality", "bug_tracker", "status")
# Numbers of CVAT's own, and what it works out itself.
NOT_OF_SETTINGS = ("id", "task_id", "project_id", "created_date", "updated_date", "inherit", "job_filter")


class Look:
    """A look at one project. What is asked for more than once is kept."""

    def __init__(self, cvat):
        self.cvat = cvat
        self.storages = {}

    def project(self, project, tasks):
        """
        All of a project beside its zip.

        :param tasks: those with data
        """
        labels = self.cvat.all("labels", project_id=project["id"])
        shown = [self.task(task, labels) for task in tasks]
        return {
            "cvat": self.cvat.get("server/about")["version"],
            "owner": username(project.get("owner")),
            "assignee": username(project.get("assignee")),
            "sourceStorage": self.place(project.get("source_storage")),
            "targetStorage": self.place(project.get("target_storage")),
            "counts": total(shown),
            "tasks": shown,
        }

    def task(self, task, labels):
        at = f"tasks/{task['id']}"
        meta = self.cvat.get(f"{at}/data/meta")
        jobs = self.cvat.all("jobs", task_id=task["id"])
        number = meta.get("cloud_storage_id") or task.get("data_cloud_storage_id")
        return {
            **{key: task.get(key) for key in OF_TASK},
            "owner": username(task.get("owner")),
            "assignee": username(task.get("assignee")),
            "storage": meta.get("storage") or ("cloud_storage" if number else "local"),
            "cloudStorage": self.storage(number),
            "sourceStorage": self.place(task.get("source_storage")),
            "targetStorage": self.place(task.get("target_storage")),
            "jobs": [self.job(index, job, jobs, labels) for index, job in enumerate(jobs)],
            "issues": self.issues(task, jobs),
            "quality": self.settings("quality/settings", task),
            "consensus": self.settings("consensus/settings", task),
            "validation": self.validation(task),
        }

    def job(self, index, job, jobs, labels):
        annotations = self.cvat.get(f"jobs/{job['id']}/annotations")
        return {
            "index": index,
            "id": job["id"],
            "type": job.get("type", "annotation"),
            # Of a replica: the job whose frames are drawn on once more in it.
            "parent": next((at for at, one in enumerate(jobs) if one["id"] == job.get("parent_job_id")), None),
            "startFrame": job["start_frame"],
            "stopFrame": job["stop_frame"],
            "state": job["state"],
            "stage": job["stage"],
            "assignee": username(job.get("assignee")),
            "digest": digest.of_cvat(annotations, labels),
            "counts": digest.counts_of(annotations),
        }

    def issues(self, task, jobs):
        indexes = {job["id"]: index for index, job in enumerate(jobs)}
        comments = {}
        issues = self.cvat.all("issues", task_id=task["id"])
        for issue in issues:
            comments[issue["id"]] = [
                {"owner": username(one.get("owner")), "message": one["message"], "at": one.get("created_date")}
                for one in self.cvat.all("comments", issue_id=issue["id"])
            ]
        return [
            {
                "job": indexes.get(issue["job"]),
                "frame": issue["frame"],
                "position": issue["position"],
                "resolved": issue.get("resolved", False),
                "owner": username(issue.get("owner")),
                "assignee": username(issue.get("assignee")),
                "comments": comments[issue["id"]],
            }
            for issue in issues
        ]

    def settings(self, path, task):
        """None: it has none, as one without replicas has none of consensus; or this CVAT knows no such."""
        found = (self.cvat.find(path, task_id=task["id"], page_size=1) or {}).get("results")
        return {key: value for key, value in found[0].items() if key not in NOT_OF_SETTINGS} if found else None

    def validation(self, task):
        """Which frames the ground truth is of, and which of these do not count. None: it has no ground truth."""
        found = self.cvat.find(f"tasks/{task['id']}/validation_layout") or {}
        if found.get("mode") is None:
            return None
        return {
            "mode": found["mode"],
            "frames": sorted(found.get("validation_frames") or []),
            "disabled": sorted(found.get("disabled_frames") or []),
        }

    def place(self, reference):
        """Where a project or task takes from, or puts to."""
        if not reference:
            return None
        return {"location": reference.get("location"), "cloudStorage": self.storage(reference.get("cloud_storage_id"))}

    def storage(self, number):
        """By its name and its bucket: its number is another in another CVAT."""
        if number is None:
            return None
        if number not in self.storages:
            found = self.cvat.find(f"cloudstorages/{number}") or {}
            self.storages[number] = {"name": found.get("display_name"), "bucket": found.get("resource")}
        return self.storages[number]


def username(user):
    return user.get("username") if isinstance(user, dict) else None


def total(tasks):
    jobs = [job for task in tasks for job in task["jobs"]]
    annotations = {part: sum(job["counts"][part] for job in jobs) for part in ("tags", "shapes", "tracks")}
    return {"tasks": len(tasks), "jobs": len(jobs), "frames": sum(task["size"] or 0 for task in tasks), **annotations}


def in_order(about):
    """Digests as lists, of tasks and their jobs in CVAT's order, in which its zip has them."""
    return [[job["digest"] for job in task["jobs"]] for task in about["tasks"]]
