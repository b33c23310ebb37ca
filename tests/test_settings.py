"""Which OCR models a site reads with."""

import os
from pathlib import Path

import pytest

from extractors import weights
from extractors.paddle_models import write_model
from flows.settings import load_settings
from pipeline.errors import UsageError

PREFIX = "SHENBAO_OCR_"
NAMES = [PREFIX + name for name in ("DETECTION_MODEL", "RECOGNITION_MODEL", "ENGINE", "DEVICE")]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a test puts into the environment goes with it."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_the_models_of_the_settings_reach_every_process_by_the_environment(tmp_path: Path) -> None:
    folder = write_model(weights.RECOGNITION, tmp_path)
    (tmp_path / "shenbao.toml").write_text(f'ocr_recognition_model = "{folder.name}"\n', "utf-8")
    assert load_settings().ocr_recognition_model == folder
    assert [os.environ.get(name) for name in NAMES] == [None, str(folder), "openvino", "CPU"]


def test_a_folder_without_a_model_is_a_mistake_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ocr_detection_model: .* holds no inference\.onnx"):
        load_settings(ocr_detection_model=tmp_path)
