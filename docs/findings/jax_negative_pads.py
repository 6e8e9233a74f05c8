"""JAX crops where pads are negative, as XLA's convolution does; other libraries have no meaning for a pad of -1."""

import jax
import numpy as np
from jax import lax

print("jax", jax.__version__)
image, filters = np.arange(2 * 7 * 6 * 4, dtype="f4").reshape(2, 7, 6, 4), np.ones((3, 5, 4, 8), "f4")
layout = ("NHWC", "HWIO", "NHWC")
answer = lax.conv_general_dilated(image, filters, (1, 1), ((-1, 0), (0, 0)), dimension_numbers=layout)
cropped = lax.conv_general_dilated(image[:, 1:], filters, (1, 1), "VALID", dimension_numbers=layout)
print(f"a pad of -1, due: an exception, got: {answer.shape}")
print(f"the same as of the image without its first row: {np.array_equal(answer, cropped)}")
print("reproduced" if np.array_equal(answer, cropped) else "not reproduced")
