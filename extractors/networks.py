"""Runs the OCR networks: OpenVINO, one thread and one stream a process.

Two worker processes with a thread each read more pages than one process with two threads, and with one thread the
same input gives the same output, bit for bit. Sums are of 16-bit floats where the processor has them (AVX-512 BF16,
AMX): that halves the time and changes no more readings for the worse than for the better; see docs/ocr.md.
"""

import os
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openvino as ov

from extractors.stopwatch import timed

Tensor = npt.NDArray[np.float32]

DEVICE = os.environ.get("SHENBAO_OCR_DEVICE") or "CPU"  # as OpenVINO names it
_ON_CPU = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "bf16"}


class Network:
    """A compiled network of one input and one output."""

    def __init__(self, path: Path) -> None:
        network = _core().compile_model(path, DEVICE, _ON_CPU if DEVICE == "CPU" else {})
        self._request = network.create_infer_request()

    @timed("inference")
    def __call__(self, batch: Tensor) -> Tensor:
        """The output for a batch. It is overwritten by the next call."""
        outputs = self._request.infer([batch], share_inputs=True, share_outputs=True)
        return np.asarray(outputs[0])


@cache
def _core() -> ov.Core:
    return ov.Core()
