"""The bucket that backups lie in."""

import json
import tempfile

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Errors that a call of boto3 ends with.
ERRORS = (BotoCoreError, ClientError)

# By which a store says that it has no room. (minio: cmd/api-errors.go)
FULL = ("XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "EntityTooLarge")
# By which it says that this is not now, or not by this key: the next object would fare no better.
FOR_ALL = (
    *FULL,
    "AccessDenied",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "NoSuchBucket",
    "SignatureDoesNotMatch",
    "SlowDown",
)


class Store:
    def __init__(self, access):
        self.bucket = access["bucket"]
        self.endpoint = access["endpoint"]
        self.access = access
        self.verify = authority(access.get("ca"))
        # It reads the description of S3 once, a second's work.
        self.session = boto3.session.Session()
        self.client = self.new_client()

    def new_client(self):
        config = {
            "connect_timeout": 10,
            "read_timeout": 60,
            "retries": {"mode": "standard", "max_attempts": 4},
            "s3": {"addressing_style": "path"},
            # The store is in the lab: whatever the image's environment says of proxies is not for it.
            "proxies": {},
        }
        return self.session.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.access["region"],
            aws_access_key_id=self.access["accessKey"],
            aws_secret_access_key=self.access["secretKey"],
            verify=self.verify,
            config=Config(**config),
        )

    def read(self, key):
        """An object's bytes and its ETag; None, None where there is none."""
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if code_of(error) in ("NoSuchKey", "404"):
                return None, None
            raise
        with answer["Body"] as body:
            return body.read(), answer["ETag"]

    def read_json(self, key):
        """None where there is none, and where it is none."""
        text, _ = self.read(key)
        return parsed(text)

    def write_json(self, key, value):
        self.client.put_object(Bucket=self.bucket, Key=key, Body=as_json(value), ContentType="application/json")

    def keys(self, prefix):
        """Keys that begin so, in their order."""
        return (key for key, _, _ in self.objects(prefix))

    def objects(self, prefix):
        """Key, size and date of each object whose key begins so, in the order of their keys."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        for page in pages:
            for one in page.get("Contents", []):
                yield one["Key"], one["Size"], one["LastModified"]

    def first_key(self, prefix):
        answer = self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix, MaxKeys=1)
        return next((one["Key"] for one in answer.get("Contents", [])), None)

    def remove(self, keys):
        """In this order, a call for each: a store that wants a checksum of many wants another one than this boto3 may send."""
        for key in keys:
            self.client.delete_object(Bucket=self.bucket, Key=key)

    def abort_uploads(self, key):
        """Takes away the parts that a killed run has sent of an object. MinIO lists those of one whole key alone. (minio: docs, ListMultipartUploads)"""
        listed = self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=key).get("Uploads", [])
        for one in listed:
            if one["Key"] == key:
                self.client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=one["UploadId"])


def authority(pem):
    """What a client verifies the store's certificate with: those of the image, or a file."""
    if not pem:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".crt", delete=False) as file:
        file.write(pem)
    return file.name


def parsed(text):
    try:
        return json.loads(text) if text is not None else None
    except ValueError:
        return None


def as_json(value):
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def code_of(error):
    return error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""


def concerns_all(error):
    """Whether what comes next would fail alike: the store is away or full, or refuses the key."""
    return not isinstance(error, ClientError) or code_of(error) in FOR_ALL


def sentence(error, store):
    code = code_of(error)
    at = f"the bucket `{store.bucket}` at {store.endpoint}"
    if code in FULL:
        return f"{at} is full: give it room, or lower `keep` in the stack file. Nothing that was kept has gone"
    if code:
        told = error.response["Error"].get("Message", "")
        return f"{at} refuses it: {code} {told}".rstrip()
    return f"{at} does not answer: {type(error).__name__}"
