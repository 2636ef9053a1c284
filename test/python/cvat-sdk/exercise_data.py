"""Does a week's data work with CVAT's own client, as a person would. Run by test/contract/cvat-standin-data-sdk.test.ts.

Arguments: URL, S3 endpoint as CVAT sees it, folder for files. The password comes by stdin. Prints what it saw as JSON.
"""

import json
import sys
import zipfile
from pathlib import Path

import cvat_sdk.auto_annotation as cvataa
from cvat_sdk import make_client, models
from cvat_sdk.core.exceptions import BackgroundRequestException
from cvat_sdk.core.proxies.tasks import ResourceType
from cvat_sdk.core.proxies.types import Location

URL, ENDPOINT, FOLDER = sys.argv[1:4]
PASSWORD = sys.stdin.readline().rstrip("\n")
PERIOD = 0.05
seen = {}


class Everything:
    """A function that finds a cat in every picture."""

    spec = cvataa.DetectionFunctionSpec(labels=[cvataa.label_spec("cat", 0)])

    def detect(self, context, image):
        return [cvataa.rectangle(0, [0, 0, image.width, image.height])]


def annotation_counts(task):
    found = task.get_annotations()
    return [len(found.tags), len(found.shapes), len(found.tracks)]


def failure(call):
    try:
        call()
    except BackgroundRequestException as error:
        return str(error)
    return None


with make_client(URL, credentials=("admin", PASSWORD)) as client:
    storage = client.api_client.cloudstorages_api.create(
        models.CloudStorageWriteRequest(
            provider_type="AWS_S3_BUCKET",
            resource="datasets",
            display_name="data",
            credentials_type="KEY_SECRET_KEY_PAIR",
            key="cvat-key",
            secret_key="cvat-secret",
            specific_attributes=f"endpoint_url={ENDPOINT}",
        )
    )[0]
    project = client.projects.create(
        models.ProjectWriteRequest(
            name="Street",
            labels=[models.PatchedLabelRequest(name="cat"), models.PatchedLabelRequest(name="dog", color="#00ff00")],
        )
    )
    task = client.tasks.create_from_data(
        models.TaskWriteRequest(name="day one", project_id=project.id, segment_size=2, subset="Train"),
        resource_type=ResourceType.SHARE,
        resources=["day/"],
        data_params={
            "image_quality": 70,
            "cloud_storage_id": storage.id,
            "use_cache": True,
            "sorting_method": "natural",
        },
        status_check_period=PERIOD,
    )
    seen["task"] = [task.size, task.subset, [frame.name for frame in task.get_frames_info()]]
    seen["jobs"] = [
        [job.start_frame, job.stop_frame] for job in sorted(task.get_jobs(), key=lambda job: job.start_frame)
    ]
    labels = {label.name: label.id for label in project.get_labels()}

    task.set_annotations(
        models.LabeledDataRequest(
            shapes=[
                models.LabeledShapeRequest(
                    type="rectangle", frame=0, label_id=labels["cat"], points=[1.0, 2.0, 30.0, 40.0], occluded=False
                )
            ]
        )
    )
    seen["set"] = annotation_counts(task)

    with zipfile.ZipFile(Path(FOLDER) / "boxes.zip", "w") as archive:
        archive.writestr("obj.data", "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\n")
        archive.writestr("obj.names", "cat\ndog\n")
        names = [frame.name for frame in task.get_frames_info()]
        archive.writestr("train.txt", "\n".join(f"data/obj_train_data/{name}" for name in names))
        for name in names:
            archive.writestr(f"obj_train_data/{Path(name).with_suffix('.txt')}", "1 0.5 0.5 0.5 0.5\n")
    task.import_annotations("YOLO 1.1", Path(FOLDER) / "boxes.zip", status_check_period=PERIOD)
    seen["uploaded"] = annotation_counts(task)

    # The same from the bucket, which the client has no method for.
    response = client.api_client.tasks_api.create_annotations(
        task.id,
        format="CVAT 1.1",
        filename="in/absent.zip",
        location="cloud_storage",
        cloud_storage_id=storage.id,
        _parse_response=False,
    )[1]
    seen["absent"] = failure(
        lambda: client.wait_for_completion(json.loads(response.data)["rq_id"], status_check_period=PERIOD)
    )

    project.export_dataset(
        "CVAT for images 1.1",
        "out/street.zip",
        include_images=False,
        location=Location.CLOUD_STORAGE,
        cloud_storage_id=storage.id,
        status_check_period=PERIOD,
    )
    exported = task.export_dataset(
        "COCO 1.0", Path(FOLDER) / "day.zip", status_check_period=PERIOD, include_images=True
    )
    with zipfile.ZipFile(exported) as archive:
        seen["downloaded"] = sorted(archive.namelist())
    task.download_frames([0], outdir=FOLDER, filename_pattern="first{frame_ext}")
    seen["frames"] = [path.name for path in Path(FOLDER).glob("first*")]
    seen["preview"] = len(task.get_preview().read()) > 0

    job = sorted(task.get_jobs(), key=lambda job: job.start_frame)[0]
    job.update(models.PatchedJobWriteRequest(stage="acceptance", state="completed", assignee=1))
    seen["done"] = [job.fetch().state, task.fetch().jobs.completed]
    task.remove_annotations()
    cvataa.annotate_task(client, task.id, Everything(), allow_unmatched_labels=True)
    seen["by sdk"] = annotation_counts(task)

    run = client.api_client.lambda_api.create_requests(
        function_call_request=models.FunctionCallRequest(function="det", task=task.id, cleanup=True)
    )[0]
    seen["run"] = [run.status, run.function.task == task.id]
    while True:
        now = client.api_client.lambda_api.retrieve_requests(run.id)[0]
        if str(now.status) in ("finished", "failed"):
            break
    seen["by nuclio"] = [str(now.status), now.progress, annotation_counts(task)]
    seen["id"] = task.id

print(json.dumps(seen))
