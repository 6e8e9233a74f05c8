"""Convolutions of float16 are summed in float16, and of bfloat16 in bfloat16, for some shapes."""

from importlib.metadata import version

import iree.compiler
import iree.runtime
import jax
import jax.numpy as jnp
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


wrong = True
for dtype, large in (np.dtype(np.float16), 2048), (np.dtype(jnp.bfloat16), 256):
    image = np.ones((2, 6, 7, 17), dtype)
    image[0, 0, 0, 0] = large
    came = float(run(image, np.ones((3, 2, 17, 4), dtype))[0, 0, 0, 0])
    print(f"{dtype.name}: {large} and 101 ones: comes {came}, due {float(np.float32(large + 101).astype(dtype))}")
    wrong &= came == large
print("reproduced" if wrong else "not reproduced")
