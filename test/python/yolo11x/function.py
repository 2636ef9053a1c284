"""The function as Nuclio's Python wrapper drives it: its context, its event, its way from an answer to the wire."""

import base64
import io
import json
import time
from dataclasses import dataclass

import nuclio_sdk
from nuclio_sdk.event import EventDeserializerKinds
from nuclio_sdk.json_encoder import Encoder
from nuclio_sdk.logger import JSONFormatter
from PIL import Image

import main


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    text: str

    @property
    def json(self):
        return json.loads(self.text)


class Function:
    def __init__(self):
        self._log = io.StringIO()
        logger = nuclio_sdk.Logger("DEBUG")
        logger.set_handler("default", self._log, JSONFormatter())
        self.context = nuclio_sdk.Context(logger, worker_id=0, trigger=nuclio_sdk.TriggerInfo("http", "http"))

    def start(self) -> "Function":
        main.init_context(self.context)
        return self

    @property
    def log(self) -> str:
        return self._log.getvalue()

    def call(self, body: bytes, path: str = "/", content_type: str = "application/json") -> Answer:
        """One event, from the processor's message to the answer on the wire."""
        message = {
            "body": body,
            "content_type": content_type,
            "trigger": {"kind": "http", "name": "http"},
            "fields": {},
            "headers": {"Content-Type": content_type},
            "id": "1",
            "method": "POST",
            "path": path,
            "size": len(body),
            "timestamp": int(time.time()),
            "url": path,
            "shard_id": 0,
            "num_shards": 0,
            "type": "",
            "type_version": "",
            "version": "",
        }
        event = nuclio_sdk.Event.deserialize(message, kind=EventDeserializerKinds.msgpack)
        output = main.handler(self.context, event)
        assert not isinstance(output, list), "Nuclio takes a list for a batch of answers"
        wire = nuclio_sdk.Response.from_entrypoint_output(Encoder().encode, output)
        return Answer(wire["status_code"], wire["content_type"], wire["body"])

    def post(self, fields: object) -> Answer:
        return self.call(json.dumps(fields).encode())

    def detect(self, picture: Image.Image | bytes, **more: object) -> list[dict]:
        """What is found in a picture."""
        file = picture if isinstance(picture, bytes) else file_of(picture)
        answer = self.post({"image": base64.b64encode(file).decode(), **more})
        assert (answer.status, answer.content_type) == (200, "application/json"), answer
        return answer.json


def file_of(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def scene(width: int, height: int, **rectangles: tuple[int, int, int, int]) -> Image.Image:
    """A dark picture with a bright rectangle (x1, y1, x2, y2) of each named colour."""
    picture = Image.new("RGB", (width, height), (20, 20, 20))
    tones = {"red": (230, 0, 0), "green": (0, 204, 0), "blue": (0, 0, 255)}
    for colour, (x1, y1, x2, y2) in rectangles.items():
        picture.paste(tones[colour], (x1, y1, x2, y2))
    return picture
