"""The function's entry for Nuclio: `main:handler`. See functions/README.md."""

import json
import os
import traceback

from detector.errors import BadRequest, StartError
from detector.model import Model
from detector.picture import read_picture
from detector.request import read_request
from detector.settings import read_settings


def init_context(context):
    """Called once for each worker, before the first event. Nuclio has no time limit for it (it has one for imports)."""
    try:
        settings = read_settings(os.environ)
        context.logger.info("Loading the model")
        model = Model(settings)
    except StartError as error:
        for problem in error.problems:
            context.logger.error(problem)
        raise
    context.user_data.settings = settings
    context.user_data.model = model
    context.logger.info_with("The model is ready", **_health(model))


def handler(context, event):
    """Answers one event. A bare list would count as a batch of answers, hence always `context.Response`."""
    model, settings = context.user_data.model, context.user_data.settings
    if event.path.rstrip("/") == "/health":
        return _answer(context, 200, _health(model))
    try:
        request = read_request(event.body, settings)
        picture = read_picture(request.image, settings.max_pixels)
        detections = model.detect(picture, request.threshold)
    except BadRequest as error:
        return _answer(context, 400, {"error": str(error)})
    # Nuclio would put the trace into the answer.
    except Exception as error:
        context.logger.error_with("The model could not answer", error=repr(error), trace=_trace(error))
        return _answer(context, 500, {"error": "The model could not answer. The function's log tells why."})
    return _answer(context, 200, [_shape(detection) for detection in detections])


def _shape(detection):
    """A shape as CVAT reads it from detectors."""
    return {
        "confidence": f"{detection.score:.2f}",
        "label": detection.label,
        "points": [round(value, 2) for value in detection.points],
        "type": "rectangle",
    }


def _health(model):
    return {
        "model": model.origin,
        "sha256": model.sha256,
        "size": [model.width, model.height],
        "providers": model.providers,
        "labels": model.answered_labels,
    }


def _answer(context, status, body):
    return context.Response(body=json.dumps(body), headers={}, content_type="application/json", status_code=status)


def _trace(error):
    return "".join(traceback.format_exception(error))
