"""Types for the kernels' explicit signatures.

Inputs are declared read-only: a memory-mapped network is, and an ordinary array converts. Names: element type, then
X2 for two dimensions; `OUT` ones may be written.
"""

from __future__ import annotations

from typing import Any, Final

from numba import types
from numba.types import Tuple, boolean, float64, int32, int64, uint32

__all__ = [
    "B1", "F8", "F8X2", "I4", "I4X2", "I8", "OUT_F8", "OUT_F8X2", "OUT_I4", "OUT_I4X2", "OUT_I8", "OUT_U4", "U4",
    "U4X2", "Tuple", "boolean", "float64", "int32", "int64", "uint32",
]  # fmt: skip


def _input(element: Any, dimensions: int = 1) -> Any:
    return types.Array(element, dimensions, "C", readonly=True)


B1: Final = _input(boolean)
I4: Final = _input(int32)
I4X2: Final = _input(int32, 2)
I8: Final = _input(int64)
U4: Final = _input(uint32)
U4X2: Final = _input(uint32, 2)
F8: Final = _input(float64)
F8X2: Final = _input(float64, 2)
OUT_I4: Final = int32[::1]
OUT_I4X2: Final = int32[:, ::1]
OUT_I8: Final = int64[::1]
OUT_U4: Final = uint32[::1]
OUT_F8: Final = float64[::1]
OUT_F8X2: Final = float64[:, ::1]
