"""A depthwise convolution of int8 that gives int32 is not compiled."""

from importlib.metadata import version

import iree.compiler
import iree.runtime
import jax
import numpy as np
from jax import lax

print("iree", version("iree-base-compiler"), "jax", jax.__version__)


def run(image, filters, groups=1):
    """Return what IREE computes, of what JAX writes down."""
    layout, wide = ("NHWC", "HWIO", "NHWC"), np.int32 if image.dtype == np.int8 else None

    def convolve(x, w):
        return lax.conv_general_dilated(
            x, w, (1, 1), "VALID", dimension_numbers=layout, feature_group_count=groups, preferred_element_type=wide
        )

    program = str(jax.jit(convolve).lower(image, filters).compiler_ir("stablehlo"))
    options = {"target_backends": ["llvm-cpu"], "extra_args": ["--iree-llvmcpu-target-cpu=host"]}
    binary = iree.compiler.compile_str(program, input_type="stablehlo", **options)
    return np.asarray(iree.runtime.load_vm_flatbuffer(binary, driver="local-task").main(image, filters))


image, filters = np.ones((1, 5, 6, 4), np.int8), np.ones((3, 2, 1, 4), np.int8)
wrong = False
try:
    print("comes", run(image, filters, groups=4).shape, "due shape (1, 3, 5, 4)")
except iree.compiler.CompilerToolError as error:
    wrong = True
    print("comes", str(error)[str(error).index("error:") :].splitlines()[0], "due shape (1, 3, 5, 4)")
print("reproduced" if wrong else "not reproduced")
