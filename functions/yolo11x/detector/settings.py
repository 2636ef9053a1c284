"""The function's settings: environment variables, as functions/README.md lists them."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from detector.errors import StartError

DEVICES = ("auto", "cpu", "cuda")
MIB = 1024 * 1024


@dataclass(frozen=True)
class Store:
    """Where in an object store the model lies."""

    endpoint: str
    region: str
    bucket: str
    key: str
    access_key: str | None
    secret_key: str | None


@dataclass(frozen=True)
class Settings:
    """Exactly one of `store` and `path` is given."""

    store: Store | None
    path: str | None
    sha256: str | None
    max_model_bytes: int
    model_timeout: float
    """Seconds, retries included."""
    size: int
    """Side of the input in pixels, where the model leaves it open."""
    labels: tuple[str, ...] | None
    label_map: Mapping[str, str | None]
    threshold: float
    iou: float
    max_detections: int
    max_image_bytes: int
    max_pixels: int
    device: str
    threads: int


def read_settings(environment: Mapping[str, str]) -> Settings:
    """
    Raises:
        StartError: with every problem at once.
    """
    read = _Reader(environment)
    store = read.store()
    path = read.text("MODEL_PATH")
    if store is None and path is None and not read.problems:
        read.problems.append("Neither MODEL_S3_URL nor MODEL_PATH is set: there is no model to load.")
    if read.text("MODEL_S3_URL") and path:
        read.problems.append("MODEL_S3_URL and MODEL_PATH are both set: which model is meant?")
    settings = Settings(
        store=store,
        path=path,
        sha256=read.sha256(),
        max_model_bytes=int(read.number("MODEL_MAX_MIB", 1024, 0.001, 65536) * MIB),
        model_timeout=read.number("MODEL_TIMEOUT_SECONDS", 300, 0.1, 86400),
        size=read.integer("MODEL_SIZE", 640, 32, 8192),
        labels=read.labels(),
        label_map=read.label_map(),
        threshold=read.number("THRESHOLD", 0.25, 0, 1),
        iou=read.number("IOU", 0.7, 0, 1),
        max_detections=read.integer("MAX_DETECTIONS", 300, 1, 100_000),
        max_image_bytes=int(read.number("MAX_IMAGE_MIB", 32, 0.001, 1024) * MIB),
        max_pixels=int(read.number("MAX_MEGAPIXELS", 100, 0.001, 10_000) * 1_000_000),
        device=read.choice("DEVICE", "auto", DEVICES),
        threads=read.integer("THREADS", 0, 0, 1024),
    )
    if read.problems:
        raise StartError(*read.problems)
    return settings


class _Reader:
    def __init__(self, environment: Mapping[str, str]):
        self.environment = environment
        self.problems: list[str] = []

    def text(self, name: str) -> str | None:
        """An empty variable counts as absent: templates of deployments often leave one empty."""
        return self.environment.get(name, "").strip() or None

    def number(self, name: str, default: float, least: float, most: float) -> float:
        text = self.text(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if least <= value <= most:
            return value
        self.problems.append(f"{name} is {text!r}: it must be a number from {least:g} to {most:g}.")
        return default

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        value = self.number(name, default, least, most)
        if value != int(value):
            self.problems.append(f"{name} is {value:g}: it must be a whole number.")
        return int(value)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        value = self.text(name) or default
        if value not in choices:
            self.problems.append(f"{name} is {value!r}: it must be one of {', '.join(choices)}.")
        return value

    def sha256(self) -> str | None:
        digest = (self.text("MODEL_SHA256") or "").lower().removeprefix("sha256:")
        if digest and not re.fullmatch("[0-9a-f]{64}", digest):
            self.problems.append("MODEL_SHA256 is no digest: it must have 64 hexadecimal digits.")
        return digest or None

    def store(self) -> Store | None:
        url = self.text("MODEL_S3_URL")
        if url is None:
            return None
        before = len(self.problems)
        place = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.*[^/])", url)
        if not place:
            self.problems.append(f"MODEL_S3_URL is {url!r}: it must be s3://bucket/key.")
        access_key, secret_key = self.text("AWS_ACCESS_KEY_ID"), self.text("AWS_SECRET_ACCESS_KEY")
        if (access_key is None) != (secret_key is None):
            self.problems.append("Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set: both or neither.")
        endpoint = self.endpoint()
        region = self.text("S3_REGION") or "us-east-1"
        # What MinIO takes as MINIO_SITE_REGION; upper case and "_" are allowed there.
        if not re.fullmatch("[A-Za-z0-9_-]+", region):
            self.problems.append(f"S3_REGION is {region!r}: it must be a name such as us-east-1.")
        if not place or len(self.problems) > before:
            return None
        return Store(endpoint, region, place[1], place[2], access_key, secret_key)

    def endpoint(self) -> str:
        endpoint = self.text("S3_ENDPOINT") or ""
        try:
            parts = urlsplit(endpoint)
            sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
            # A user name there would be a secret that ends in logs.
            bare = parts.path in ("", "/") and not parts.query and not parts.fragment and "@" not in parts.netloc
        except ValueError:
            sound = bare = False
        if not (sound and bare):
            self.problems.append("S3_ENDPOINT must be http://host:port or https://host, without a path or a user.")
        return endpoint.rstrip("/")

    def json(self, name: str) -> object:
        text = self.text(name)
        if text is None:
            return None
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            self.problems.append(f"{name} is no JSON: {error}.")
            return None

    def labels(self) -> tuple[str, ...] | None:
        names = self.json("LABELS")
        if names is None:
            return None
        if isinstance(names, list) and names and all(isinstance(name, str) and name for name in names):
            return tuple(names)
        self.problems.append('LABELS must be a JSON list of names by class number, such as ["person", "car"].')
        return None

    def label_map(self) -> Mapping[str, str | None]:
        names = self.json("LABEL_MAP")
        if names is None:
            return {}
        if not isinstance(names, dict) or not all(
            value is None or (isinstance(value, str) and value) for value in names.values()
        ):
            self.problems.append('LABEL_MAP must be a JSON object such as {"car": "vehicle", "cat": null}.')
            return {}
        if names.get("*") is not None:
            self.problems.append('LABEL_MAP: "*" can only be null, which drops every label it does not name.')
        return names
