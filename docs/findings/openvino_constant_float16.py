"""OpenVINO's `constant` takes float16 in memory that is not contiguous for int16, bit by bit.

1.0 becomes 15360. Other dtypes keep theirs.
"""

import numpy as np
import openvino
from openvino import opset13 as nodes

print("openvino", openvino.__version__)
found = []
for dtype in (np.float16, np.float32, np.float64):
    ones = np.ones((2, 3), dtype)
    for what, array in {"contiguous": ones, "transposed": ones.T}.items():
        constant = nodes.constant(array)
        print(f"{dtype.__name__}, {what}: {constant.get_element_type().to_string()}, {constant.data.flat[0]}")
        if dtype is np.float16 and what == "transposed":
            found.append(constant.get_element_type() == openvino.Type.i16)
        else:
            found.append(constant.data.flat[0] == 1)
print("reproduced" if all(found) else "not reproduced")
