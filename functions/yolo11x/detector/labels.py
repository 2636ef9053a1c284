"""From the model's classes to the labels CVAT is told."""

import ast
from collections.abc import Mapping

from detector.errors import StartError


def model_labels(metadata: Mapping[str, str], given: tuple[str, ...] | None) -> tuple[str, ...]:
    """
    The name of each class, by its number: as given, else as the model says.

    Raises:
        StartError: for a model without names of its own.
    """
    if given is not None:
        return given
    try:
        # Ultralytics writes the text of a Python dictionary: {0: 'person', 1: 'bicycle'}.
        names = ast.literal_eval(metadata.get("names", ""))
        return tuple(str(names[number]) for number in range(len(names)))
    except (ValueError, SyntaxError, TypeError, KeyError, IndexError):
        raise StartError("The model does not name its classes: set LABELS to a JSON list of their names.") from None


def mapped_labels(labels: tuple[str, ...], mapping: Mapping[str, str | None]) -> tuple[str | None, ...]:
    """
    What each class is called in answers; None: its boxes are dropped.

    Raises:
        StartError: for a name the model does not have, since that is a slip of the pen, and where nothing is left.
    """
    unknown = sorted(name for name in mapping if name != "*" and name not in labels)
    if unknown:
        raise StartError(
            f"LABEL_MAP names labels the model does not have: {', '.join(unknown)}. It has: {', '.join(labels)}."
        )
    mapped = tuple(mapping.get(label, None if "*" in mapping else label) for label in labels)
    if not any(mapped):
        raise StartError("LABEL_MAP drops every label of the model: the function could never find anything.")
    return mapped
