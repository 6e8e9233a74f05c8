/* A right conv2d by the C ABI of the harness: the definition as loops, in float32 and float64.
 *
 *     make && conformance run -i libright.so
 */
#include "conformance.h"

static const char *reason = "";

CONFORMANCE_EXPORT const char *conformance_reason(void) { return reason; }

static int unsupported(const char *why) {
    reason = why;
    return CONFORMANCE_UNSUPPORTED;
}

static int refused(const char *why) {
    reason = why;
    return 1;
}

/* The element of a tensor at four indices; strides are in bytes. */
static char *at(const conformance_tensor *tensor, int64_t i, int64_t j, int64_t k, int64_t l) {
    return (char *)tensor->data + i * tensor->strides[0] + j * tensor->strides[1] + k * tensor->strides[2] +
           l * tensor->strides[3];
}

static double get(const conformance_tensor *tensor, const char *element) {
    return tensor->dtype == CONFORMANCE_FLOAT32 ? (double)*(const float *)element : *(const double *)element;
}

static const char *fault_of(const conformance_tensor *input, const conformance_tensor *filters,
                            const conformance_parameters *parameters) {
    if (input->rank != 4 || filters->rank != 4) return "input and filters must have 4 axes";
    for (int axis = 0; axis < 2; axis++) {
        if (parameters->strides[axis] < 1) return "strides must be >= 1";
        if (parameters->dilations[axis] < 1) return "dilations must be >= 1";
        if (parameters->pads[axis][0] < 0 || parameters->pads[axis][1] < 0) return "pads must be >= 0";
        if (filters->shape[axis] < 1) return "filters must have taps";
    }
    if (parameters->groups < 1) return "input channels must be a multiple of the filters'";
    if (filters->shape[3] % parameters->groups != 0) return "output channels must be a multiple of groups";
    return 0;
}

CONFORMANCE_EXPORT int conv2d(const conformance_tensor *input, const conformance_tensor *filters,
                              const conformance_parameters *parameters, conformance_tensor *output) {
    const char *fault = fault_of(input, filters, parameters);
    if (fault) return refused(fault);
    if (parameters->data_format != CONFORMANCE_CHANNELS_LAST) return unsupported("channels last only");
    if (input->dtype != CONFORMANCE_FLOAT32 && input->dtype != CONFORMANCE_FLOAT64)
        return unsupported("float32 and float64 only");

    const int64_t *stride = parameters->strides, *dilation = parameters->dilations;
    const int64_t top = parameters->pads[0][0], left = parameters->pads[1][0];
    const int64_t group_in = filters->shape[2], group_out = filters->shape[3] / parameters->groups;
    for (int64_t n = 0; n < output->shape[0]; n++)
        for (int64_t p = 0; p < output->shape[1]; p++)
            for (int64_t q = 0; q < output->shape[2]; q++)
                for (int64_t k = 0; k < output->shape[3]; k++) {
                    double sum = 0;
                    for (int64_t r = 0; r < filters->shape[0]; r++)
                        for (int64_t s = 0; s < filters->shape[1]; s++) {
                            const int64_t row = p * stride[0] + r * dilation[0] - top;
                            const int64_t column = q * stride[1] + s * dilation[1] - left;
                            if (row < 0 || row >= input->shape[1] || column < 0 || column >= input->shape[2]) continue;
                            for (int64_t c = 0; c < group_in; c++)
                                sum += get(input, at(input, n, row, column, k / group_out * group_in + c)) *
                                       get(filters, at(filters, r, s, c, k));
                        }
                    if (parameters->bias)
                        sum += get(parameters->bias, (char *)parameters->bias->data + k * parameters->bias->strides[0]);
                    char *element = at(output, n, p, q, k);
                    if (output->dtype == CONFORMANCE_FLOAT32)
                        *(float *)element = (float)sum;
                    else
                        *(double *)element = sum;
                }
    return CONFORMANCE_OK;
}
