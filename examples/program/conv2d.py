"""A right conv2d as a program, in plain Python without NumPy: the definition as loops, in float32, float64 and int32.

    conformance run -i 'cmd:python3 examples/program/conv2d.py'

A line of JSON on the standard input names a folder with a case; the answer is a line on the standard output.
"""

import ast
import json
import math
import struct
import sys
from itertools import product
from pathlib import Path

CODES = {"<f4": "f", "<f8": "d", "<i4": "i"}
NAMES = {"float32": "<f4", "float64": "<f8", "int32": "<i4"}


class Array:
    """Numbers in row-major order."""

    def __init__(self, shape, numbers):
        self.shape = shape
        self.numbers = numbers

    def __getitem__(self, index):
        place = 0
        for size, position in zip(self.shape, index, strict=True):
            place = place * size + position
        return self.numbers[place]


def read(path):
    """Return the array in an .npy file: a magic word, the length of a header, the header, the numbers."""
    content = path.read_bytes()
    (length,) = struct.unpack("<H", content[8:10])
    header = ast.literal_eval(content[10 : 10 + length].decode())
    code = CODES[header["descr"]]
    return Array(header["shape"], struct.unpack(f"<{math.prod(header['shape'])}{code}", content[10 + length :]))


def write(path, shape, numbers, descr):
    """Write an .npy file, whose header ends at a multiple of 64 bytes."""
    header = repr({"descr": descr, "fortran_order": False, "shape": tuple(shape)})
    header += " " * (-(len(header) + 11) % 64) + "\n"
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
    path.write_bytes(start + struct.pack(f"<{len(numbers)}{CODES[descr]}", *numbers))


def top_left(case, in_sizes, taps):
    """Return the zeros before the rows and before the columns; those after follow from the size of the output."""
    if case["padding"] == "VALID":
        return 0, 0
    if case["padding"] != "SAME":
        return [before for before, _ in case["padding"][1:3]]
    axes = zip(in_sizes, taps, case["strides"][1:3], case["dilations"][1:3], strict=True)
    return [max(0, (-(-size // step) - 1) * step + (tap - 1) * hole + 1 - size) // 2 for size, tap, step, hole in axes]


def has_meaning(case):
    """Tell whether there is anything to compute."""
    if case["output"] is None or case["groups"] is None or min(case["strides"]) < 1 or min(case["dilations"]) < 1:
        return False
    if len(case["strides"]) != 4 or len(case["dilations"]) != 4:
        return False
    *taps, _, out_channels = case["operands"]["filters"]["shape"]
    if len(taps) != 2 or min(taps) < 1 or out_channels % max(case["groups"], 1):
        return False
    padding = case["padding"]
    if isinstance(padding, str):
        return padding in ("VALID", "SAME")
    return len(padding) == 4 and min(map(min, padding)) >= 0


def conv2d(case, image, filters, bias):
    """Return the numbers of the output, row by row."""
    (_, height, width, _), (rows, columns, depth, out_channels) = image.shape, filters.shape
    (_, down, right, _), (_, hole_down, hole_right, _) = case["strides"], case["dilations"]
    top, left = top_left(case, (height, width), (rows, columns))
    group = out_channels // case["groups"]
    numbers = []
    for n, p, q, k in product(*map(range, case["output"]["shape"])):
        total = 0
        for r, s in product(range(rows), range(columns)):
            y, x = p * down + r * hole_down - top, q * right + s * hole_right - left
            if 0 <= y < height and 0 <= x < width:
                first = k // group * depth
                total += sum(image[n, y, x, first + c] * filters[r, s, c, k] for c in range(depth))
        numbers.append(total + (bias[(k,)] if bias else 0))
    return numbers


def answer(folder):
    """Answer the case in a folder."""
    case = json.loads((folder / "case.json").read_text())
    if case["operation"] != "conv2d" or case["data_format"] != "NHWC":
        return {"status": "unsupported", "reason": "conv2d of NHWC images only"}
    if not has_meaning(case):
        return {"status": "error", "reason": "the call has no meaning"}
    dtype = case["output"]["dtype"]
    if dtype not in NAMES or case["operands"]["input"]["dtype"] != dtype:
        return {"status": "unsupported", "reason": "float32, float64 and int32 only"}
    operands = {name: read(folder / operand["file"]) for name, operand in case["operands"].items()}
    numbers = conv2d(case, operands["input"], operands["filters"], operands.get("bias"))
    write(folder / "output.npy", case["output"]["shape"], numbers, NAMES[dtype])
    return {"status": "ok"}


for line in sys.stdin:
    request = json.loads(line)
    try:
        found = answer(Path(request["folder"]))
    except Exception as error:
        found = {"status": "error", "reason": f"{type(error).__name__}: {error}"}
    print(json.dumps({"id": request["id"], **found}), flush=True)
