"""The check functions by name. A check is pure: values and parameters in, Findings out; only `review` makes Checks."""

from collections.abc import Mapping

CHECKS: Mapping[str, object] = {}
