"""Uses CVAT's own client on whatever serves CVAT's API, as a person would. Run by test/unit/cvat-standin-sdk.test.ts.

Arguments: URL, S3 endpoint as CVAT sees it. The password comes by stdin. Prints what it saw as JSON.
"""

import json
import sys

from cvat_sdk import make_client, models
from cvat_sdk.api_client.exceptions import ApiException
from cvat_sdk.core.exceptions import BackgroundRequestException
from cvat_sdk.core.proxies.tasks import ResourceType

URL, ENDPOINT = sys.argv[1:3]
PASSWORD = sys.stdin.readline().rstrip("\n")
seen = {}


def status_of(call):
    try:
        call()
    except ApiException as error:
        return [error.status, (error.body or b"").decode() if isinstance(error.body, bytes) else str(error.body)]
    return [200, ""]


def storage(client, **changes):
    request = {
        "provider_type": "AWS_S3_BUCKET",
        "resource": "datasets",
        "display_name": "sdk",
        "credentials_type": "KEY_SECRET_KEY_PAIR",
        "key": "cvat-key",
        "secret_key": "cvat-secret",
        "specific_attributes": f"endpoint_url={ENDPOINT}",
        **changes,
    }
    return client.api_client.cloudstorages_api.create(models.CloudStorageWriteRequest(**request))[0]


with make_client(URL, credentials=("admin", PASSWORD)) as client:
    seen["version"] = str(client.get_server_version())
    seen["me"] = client.users.retrieve_current_user().username
    seen["users"] = sorted(user.username for user in client.users.list())

    organization = client.organizations.create(models.OrganizationWriteRequest(slug="sdk", name="SDK"))
    seen["organizations"] = [one.slug for one in client.organizations.list()]
    client.organization_slug = "sdk"

    made = storage(client)
    listed = client.api_client.cloudstorages_api.list(name="sdk")[0]
    seen["storages"] = [(one.display_name, one.resource, one.organization == organization.id) for one in listed.results]
    patch = models.PatchedCloudStorageWriteRequest(description="changed", manifests=[])
    seen["patched"] = client.api_client.cloudstorages_api.partial_update(
        made.id, patched_cloud_storage_write_request=patch
    )[0].description
    seen["status"] = client.api_client.cloudstorages_api.retrieve_status(made.id)[0]
    seen["refused"] = status_of(lambda: storage(client, key="wrong"))

    hooks = client.api_client.webhooks_api
    hook = hooks.create(
        models.WebhookWriteRequest(
            type="organization", target_url="https://ci.example.com/cvat", events=["update:job"], secret="s"
        )
    )[0]
    hook = hooks.partial_update(
        hook.id, patched_webhook_write_request=models.PatchedWebhookWriteRequest(is_active=False)
    )[0]
    listed = hooks.list(target_url=hook.target_url)[0].results
    seen["webhooks"] = [
        (one.target_url, [str(event) for event in one.events], one.is_active, one.organization == organization.id)
        for one in listed
    ]
    hooks.destroy(hook.id)

    project = client.projects.create(
        models.ProjectWriteRequest(name="SDK", labels=[models.PatchedLabelRequest(name="cat")])
    )
    seen["labels"] = [label.name for label in project.get_labels()]
    task = client.tasks.create_from_data(
        models.TaskWriteRequest(name="pictures", project_id=project.id),
        resource_type=ResourceType.SHARE,
        resources=["a/"],
        data_params={"image_quality": 70, "cloud_storage_id": made.id},
        status_check_period=1,
    )
    seen["task"] = [task.name, task.size, task.data_cloud_storage_id == made.id]
    try:
        client.tasks.create_from_data(
            models.TaskWriteRequest(name="missing", project_id=project.id),
            resource_type=ResourceType.SHARE,
            resources=["absent.jpg"],
            data_params={"image_quality": 70, "cloud_storage_id": made.id},
            status_check_period=1,
        )
    except BackgroundRequestException as error:
        seen["failed"] = str(error)

    client.api_client.cloudstorages_api.destroy(made.id)
    seen["gone"] = status_of(lambda: client.api_client.cloudstorages_api.retrieve(made.id))[0]
    project.remove()
    organization.remove()

print(json.dumps(seen))
