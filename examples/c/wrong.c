/* A wrong conv2d by the C ABI of the harness: it computes four output channels at a time, and forgets those left over.
 *
 *     make && conformance run -i libwrong.so
 */
#include "conformance.h"

#define LANES 4

static float get(const conformance_tensor *tensor, int64_t i, int64_t j, int64_t k, int64_t l) {
    const int64_t *stride = tensor->strides;
    return *(const float *)((const char *)tensor->data + i * stride[0] + j * stride[1] + k * stride[2] + l * stride[3]);
}

CONFORMANCE_EXPORT int conv2d(const conformance_tensor *input, const conformance_tensor *filters,
                              const conformance_parameters *parameters, conformance_tensor *output) {
    if (input->dtype != CONFORMANCE_FLOAT32 || parameters->groups != 1 || parameters->bias ||
        parameters->data_format != CONFORMANCE_CHANNELS_LAST)
        return CONFORMANCE_UNSUPPORTED;

    const int64_t *stride = parameters->strides, *dilation = parameters->dilations;
    const int64_t top = parameters->pads[0][0], left = parameters->pads[1][0];
    for (int64_t n = 0; n < output->shape[0]; n++)
        for (int64_t p = 0; p < output->shape[1]; p++)
            for (int64_t q = 0; q < output->shape[2]; q++)
                for (int64_t k = 0; k + LANES <= output->shape[3]; k += LANES) { /* and the last shape[3] % LANES? */
                    float sums[LANES] = {0};
                    for (int64_t r = 0; r < filters->shape[0]; r++)
                        for (int64_t s = 0; s < filters->shape[1]; s++) {
                            const int64_t row = p * stride[0] + r * dilation[0] - top;
                            const int64_t column = q * stride[1] + s * dilation[1] - left;
                            if (row < 0 || row >= input->shape[1] || column < 0 || column >= input->shape[2]) continue;
                            for (int64_t c = 0; c < filters->shape[2]; c++)
                                for (int lane = 0; lane < LANES; lane++)
                                    sums[lane] += get(input, n, row, column, c) * get(filters, r, s, c, k + lane);
                        }
                    float *element = (float *)((char *)output->data + n * output->strides[0] + p * output->strides[1] +
                                               q * output->strides[2] + k * output->strides[3]);
                    for (int lane = 0; lane < LANES; lane++) element[lane] = sums[lane];
                }
    return CONFORMANCE_OK;
}
