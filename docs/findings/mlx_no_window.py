"""A filter larger than the image is refused, where an output without elements is due."""

import mlx.core as mx

print("mlx", mx.__version__)
wrong = True
CALLS = {
    "3 rows, filters of 4": lambda: mx.conv2d(mx.ones((2, 3, 6, 7)), mx.ones((5, 4, 2, 7))),
    "no rows, SAME": lambda: mx.conv_general(mx.ones((2, 0, 6, 4)), mx.ones((5, 3, 2, 4)), padding=([1, 0], [1, 1])),
}
for name, call in CALLS.items():
    try:
        said, wrong = str(call().shape), False
    except ValueError as error:
        said = str(error)[:96]
    print(f"{name}: comes {said!r}, due an output without rows")
print("reproduced" if wrong else "not reproduced")
