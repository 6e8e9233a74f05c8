"""With explicit padding, gradients and transposes of bfloat16 sum in bfloat16, with oneDNN too.

VALID asks for the same sums, and those are made in float32 by oneDNN. Explicit padding of zeros is enough.
"""

import tensorflow as tf

print("tensorflow", tf.__version__)
nn, steps = tf.compat.v1.nn, [1, 1, 1, 1]
values, ones = tf.constant([256] + [1] * 8, tf.bfloat16), tf.ones([9], tf.bfloat16)
column, stack = values[None, :, None, None], values[:, None, None, None]
stack_of_ones = ones[:, None, None, None]
sums = {
    "input gradient": lambda pads: nn.conv2d_backprop_input([1, 17, 1, 1], stack_of_ones, column, steps, pads)[0, 8],
    "transpose": lambda pads: tf.nn.conv2d_transpose(column, stack_of_ones, [1, 17, 1, 1], 1, pads)[0, 8],
    "filter gradient": lambda pads: nn.conv2d_backprop_filter(stack, [1, 1, 1, 1], stack_of_ones, steps, pads)[0, 0],
}
wrong = []
for name, asked in sums.items():
    valid, padded = (float(tf.squeeze(asked(pads))) for pads in ("VALID", [[0, 0]] * 4))
    print(f"{name}: VALID gives {valid}, explicit padding of zeros {padded}, due 264.0")
    wrong.append(padded == 256)
print("reproduced" if all(wrong) else "not reproduced")
