"""A detector for YOLO11 models in ONNX, in the shape in which CVAT calls it."""
