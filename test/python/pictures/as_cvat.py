"""What Pillow and PyAV make of files, as CVAT asks them. Prints one JSON document.

as_cvat.py pictures FOLDER    the size of each, and whether its pixels come
as_cvat.py manifest FOLDER    reads the manifest there, as CVAT writes, sorts and joins names
as_cvat.py films FOLDER       makes films there, and says what PyAV reads in them
"""

import json
import os
import sys
from fractions import Fraction


def pictures(folder):
    from PIL import Image, ImageFile

    # (cvat/apps/engine/media_extractors.py)
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    found = {}
    for name in sorted(os.listdir(folder)):
        try:
            with Image.open(os.path.join(folder, name)) as image:
                turn = image.getexif().get(274, 1)
                # (cvat/apps/engine/media_extractors.py: image_size_within_orientation)
                size = [image.height, image.width] if turn > 4 else [image.width, image.height]
                found[name] = {"size": size, "turn": turn, "format": image.format}
                try:
                    image.load()
                except OSError:
                    found[name]["pixels"] = False
        except Exception as error:
            found[name] = {"refused": type(error).__name__}
    return found


FILMS = [
    ("h264.mp4", "libx264", "yuv420p"),
    ("h264.mov", "libx264", "yuv420p"),
    ("h264.mkv", "libx264", "yuv420p"),
    ("mpeg4.avi", "mpeg4", "yuv420p"),
    ("hevc.mp4", "libx265", "yuv420p"),
    # Frames of different lengths, as of a telephone.
    ("variable.mp4", "libx264", "yuv420p"),
]


def shown_at(name, number):
    """When a frame is shown, in units of so many seconds."""
    if name != "variable.mp4":
        return number, Fraction(1, 25)
    return number * 40 + number % 3 * 11, Fraction(1, 1000)


def films(folder):
    import av

    found = {}
    for name, codec, pixels in FILMS:
        path = os.path.join(folder, name)
        with av.open(path, "w") as container:
            stream = container.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 320, 240, pixels
            stream.codec_context.time_base = shown_at(name, 0)[1]
            for number in range(60):
                frame = av.VideoFrame(320, 240, pixels)
                for plane in frame.planes:
                    plane.update(bytes([number * 4 % 256]) * plane.buffer_size)
                frame.pts, frame.time_base = shown_at(name, number)
                for packet in stream.encode(frame):
                    container.mux(packet)
            for packet in stream.encode():
                container.mux(packet)
        found[name] = read(path)
    later = os.path.join(folder, "begun-later.mp4")
    begin_later(os.path.join(folder, "h264.mp4"), later)
    found["begun-later.mp4"] = read(later)
    return found


def begin_later(source, path):
    """Copies a film without its first second, as programs cut a film that do not encode it again: its frames stay, and a list says to leave some out."""
    import av

    options = {"avoid_negative_ts": "disabled"}
    with av.open(source) as whole, av.open(path, "w", options=options) as cut:
        stream = cut.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(whole.streams.video[0]):
            if packet.dts is None:
                continue
            second = int(1 / packet.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts - second, packet.dts - second, stream
            cut.mux(packet)


def read(path):
    import av

    with av.open(path) as container:
        stream = container.streams.video[0]
        decoded = [(frame.width, frame.height) for frame in container.decode(stream)]
        return {"frames": len(decoded), "size": list(decoded[0]), "codec": stream.codec_context.name}


def manifest(folder):
    with open(os.path.join(folder, "manifest.jsonl"), newline="") as file:
        lines = file.read().split("\n")
    records = [json.loads(line) for line in lines[2:-1]]
    names = [f"{record['name']}{record['extension']}" for record in records]
    return {
        # (utils/dataset_manifest/core.py: _write_base_information, _write_core_part)
        "written": [json.dumps(json.loads(line), separators=(",", ":")) for line in lines[:-1]] == lines[:-1],
        "ends": lines[-1] == "",
        "header": [json.loads(line) for line in lines[:2]],
        # (utils/dataset_manifest/core.py: os.path.splitext; utils.py: sort, lexicographical)
        "split": [list(os.path.splitext(name)) for name in names]
        == [[record["name"], record["extension"]] for record in records],
        "sorted": names == sorted(names),
        "names": names,
        "sizes": [[record["width"], record["height"]] for record in records],
    }


print(json.dumps({"manifest": manifest, "pictures": pictures, "films": films}[sys.argv[1]](sys.argv[2])))
