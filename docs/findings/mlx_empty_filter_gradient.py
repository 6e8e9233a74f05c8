"""The filter gradient of an empty batch, or of no output channels, raises, where zeros are due."""

import mlx.core as mx

print("mlx", mx.__version__)
wrong = True
for image, filters in ((0, 5, 6, 3), (4, 3, 2, 3)), ((2, 5, 6, 3), (0, 3, 2, 3)):
    try:
        weights = mx.zeros(filters)
        arriving = mx.zeros((image[0], 3, 5, filters[0]))
        came = mx.vjp(lambda w, x: mx.conv2d(x, w), [weights, mx.ones(image)], [arriving])[1][0]
        mx.eval(came)
        said, wrong = str(came.shape), False
    except ValueError as error:
        said = str(error)
    print(f"{image} * {filters}: comes {said!r}, due zeros of shape {filters}")
print("reproduced" if wrong else "not reproduced")
