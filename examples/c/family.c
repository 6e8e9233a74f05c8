/* Every operation of the C ABI, right, by the definition as loops, in float32, float64 and int32.
 *
 *     make && conformance run -i libfamily.so
 *
 * A convolution takes a large image x and filters w to a small image y. Every operation visits the same triples of
 * elements, one of each, and adds the product of two of them to the third: to y in a convolution, to x in its transpose
 * and in the gradient by its input, to w in the gradient by its filters.
 */
#include <stdlib.h>

#include "conformance.h"

enum { REFUSED = 1, OUT_OF_MEMORY = 2 };

typedef enum { TO_OUTPUT, TO_INPUT, TO_FILTERS } map;
typedef enum { CONVOLUTION, DEPTHWISE } kind;

/* An image or filters with three spatial axes, of which those that are missing have one element, and two other axes:
 * batch and channels of an image, input and output channels of filters. */
typedef struct {
    char *data;
    int32_t dtype;
    int64_t sizes[3], steps[3];
    int64_t first_size, first_step, last_size, last_step;
} view;

static view view_of(const conformance_tensor *tensor, int axes, int first, int last, int spatial) {
    view found = {.data = tensor->data, .dtype = tensor->dtype, .sizes = {1, 1, 1},
                  .first_size = tensor->shape[first], .first_step = tensor->strides[first],
                  .last_size = tensor->shape[last], .last_step = tensor->strides[last]};
    for (int axis = 0; axis < axes; axis++) {
        found.sizes[axis] = tensor->shape[spatial + axis];
        found.steps[axis] = tensor->strides[spatial + axis];
    }
    return found;
}

static view image(const conformance_tensor *tensor, const conformance_parameters *parameters) {
    const int axes = parameters->axes, channels_first = parameters->data_format == CONFORMANCE_CHANNELS_FIRST;
    return view_of(tensor, axes, 0, channels_first ? 1 : axes + 1, channels_first ? 2 : 1);
}

static char *at(const view *v, int64_t first, const int64_t *place, int64_t last) {
    return v->data + first * v->first_step + place[0] * v->steps[0] + place[1] * v->steps[1] + place[2] * v->steps[2] +
           last * v->last_step;
}

static void add_product(int32_t dtype, char *sum, const char *one, const char *other) {
    if (dtype == CONFORMANCE_FLOAT32)
        *(float *)sum += *(const float *)one * *(const float *)other;
    else if (dtype == CONFORMANCE_FLOAT64)
        *(double *)sum += *(const double *)one * *(const double *)other;
    else /* which wraps round without a sign */
        *(uint32_t *)sum += *(const uint32_t *)one * *(const uint32_t *)other;
}

static void add(int32_t dtype, char *sum, const char *one) {
    static const float float_one = 1;
    static const double double_one = 1;
    static const int32_t int_one = 1;
    const char *factor = (const char *)&int_one;
    if (dtype == CONFORMANCE_FLOAT32) factor = (const char *)&float_one;
    if (dtype == CONFORMANCE_FLOAT64) factor = (const char *)&double_one;
    add_product(dtype, sum, one, factor);
}

/* Runs a statement for every place of three axes. */
#define EVERY(place, sizes)                                         \
    for (int64_t place[3] = {0}; place[0] < (sizes)[0]; place[0]++) \
        for (place[1] = 0; place[1] < (sizes)[1]; place[1]++)       \
            for (place[2] = 0; place[2] < (sizes)[2]; place[2]++)

static void clear(const view *v) {
    const int size = v->dtype == CONFORMANCE_FLOAT64 ? 8 : 4;
    for (int64_t i = 0; i < v->first_size; i++)
        EVERY(place, v->sizes)
            for (int64_t j = 0; j < v->last_size; j++)
                for (int byte = 0; byte < size; byte++) at(v, i, place, j)[byte] = 0;
}

/* The elements of y along an axis, or -1 where parameters have no meaning. */
static int64_t out_size(const conformance_parameters *parameters, int axis, int64_t size, int64_t taps) {
    const int64_t stride = parameters->strides[axis], dilation = parameters->dilations[axis];
    const int64_t before = parameters->pads[axis][0], after = parameters->pads[axis][1];
    if (stride < 1 || dilation < 1 || before < 0 || after < 0 || taps < 1) return -1;
    const int64_t room = size + before + after - (taps - 1) * dilation - 1;
    return room < 0 ? 0 : room / stride + 1;
}

/* Whether y is what comes of x and w. */
static int fits(const conformance_parameters *parameters, kind which, const view *x, const view *w, const view *y) {
    for (int axis = 0; axis < parameters->axes; axis++)
        if (y->sizes[axis] != out_size(parameters, axis, x->sizes[axis], w->sizes[axis])) return 0;
    if (x->first_size != y->first_size || parameters->groups < 1 || y->last_size % parameters->groups) return 0;
    if (which == DEPTHWISE) return w->first_size == x->last_size && w->first_size * w->last_size == y->last_size;
    return w->first_size * parameters->groups == x->last_size && w->last_size == y->last_size;
}

static void convolve(const conformance_parameters *parameters, kind which, map target, view x, view w, view y) {
    const int64_t groups = parameters->groups, inputs = x.last_size / groups, outputs = y.last_size / groups;
    clear(target == TO_OUTPUT ? &y : target == TO_INPUT ? &x : &w);
    for (int64_t n = 0; n < x.first_size; n++)
        EVERY(p, y.sizes) EVERY(r, w.sizes) {
            int64_t q[3] = {0};
            int inside = 1;
            for (int axis = 0; axis < parameters->axes; axis++) {
                q[axis] = p[axis] * parameters->strides[axis] + r[axis] * parameters->dilations[axis] -
                          parameters->pads[axis][0];
                inside = inside && q[axis] >= 0 && q[axis] < x.sizes[axis];
            }
            for (int64_t k = 0; inside && k < y.last_size; k++)
                for (int64_t c = 0; c < inputs; c++) {
                    const int64_t group = k / outputs;
                    char *large = at(&x, n, q, group * inputs + c), *small = at(&y, n, p, k);
                    char *tap = which == DEPTHWISE ? at(&w, group, r, k % outputs) : at(&w, c, r, k);
                    if (target == TO_OUTPUT) add_product(y.dtype, small, large, tap);
                    if (target == TO_INPUT) add_product(x.dtype, large, small, tap);
                    if (target == TO_FILTERS) add_product(w.dtype, tap, large, small);
                }
        }
}

static void add_bias(view y, const conformance_tensor *bias) {
    for (int64_t n = 0; bias && n < y.first_size; n++)
        EVERY(place, y.sizes)
            for (int64_t k = 0; k < y.last_size; k++)
                add(y.dtype, at(&y, n, place, k), (const char *)bias->data + k * bias->strides[0]);
}

static int family(kind which, map target, const conformance_tensor *x, const conformance_tensor *w,
                  const conformance_tensor *y, const conformance_parameters *parameters,
                  const conformance_tensor *out) {
    const int axes = parameters->axes;
    if (out->dtype != x->dtype || out->dtype != y->dtype || out->dtype < CONFORMANCE_FLOAT32 ||
        out->dtype == CONFORMANCE_INT8)
        return CONFORMANCE_UNSUPPORTED;
    if (x->rank != axes + 2 || w->rank != axes + 2 || y->rank != axes + 2) return REFUSED;
    view large = image(x, parameters), taps = view_of(w, axes, axes, axes + 1, 0), small = image(y, parameters);
    if (!fits(parameters, which, &large, &taps, &small)) return REFUSED;
    convolve(parameters, which, target, large, taps, small);
    add_bias(target == TO_INPUT ? large : small, target == TO_FILTERS ? 0 : parameters->bias);
    return CONFORMANCE_OK;
}

#define OPERATION(name, which, target, x, w, y)                                                             \
    CONFORMANCE_EXPORT int name(const conformance_tensor *input, const conformance_tensor *filters,         \
                                const conformance_parameters *parameters, conformance_tensor *output) {     \
        const conformance_tensor *arriving = parameters->out_backprop;                                      \
        (void)input, (void)filters, (void)arriving;                                                         \
        return family(which, target, x, w, y, parameters, output);                                          \
    }

#define CONVOLUTIONS(name, which)                                                                           \
    OPERATION(name, which, TO_OUTPUT, input, filters, output)                                               \
    OPERATION(name##_backprop_input, which, TO_INPUT, output, filters, arriving)                            \
    OPERATION(name##_backprop_filter, which, TO_FILTERS, input, output, arriving)

#define TRANSPOSES(name)                                                                                    \
    OPERATION(name, CONVOLUTION, TO_INPUT, output, filters, input)                                          \
    OPERATION(name##_backprop_input, CONVOLUTION, TO_OUTPUT, arriving, filters, output)                     \
    OPERATION(name##_backprop_filter, CONVOLUTION, TO_FILTERS, arriving, output, input)

CONVOLUTIONS(conv1d, CONVOLUTION)
CONVOLUTIONS(conv2d, CONVOLUTION)
CONVOLUTIONS(conv3d, CONVOLUTION)
CONVOLUTIONS(depthwise_conv2d, DEPTHWISE)
TRANSPOSES(conv1d_transpose)
TRANSPOSES(conv2d_transpose)
TRANSPOSES(conv3d_transpose)

/* Depthwise filters, then pointwise ones on what comes of them. */
CONFORMANCE_EXPORT int separable_conv2d(const conformance_tensor *input, const conformance_tensor *filters,
                                        const conformance_parameters *parameters, conformance_tensor *output) {
    const int channel = parameters->data_format == CONFORMANCE_CHANNELS_FIRST ? 1 : 3;
    conformance_tensor between = *output;
    if (input->rank != 4 || filters->rank != 4) return REFUSED;
    between.shape[channel] = input->shape[channel] * filters->shape[3];
    int64_t bytes = output->dtype == CONFORMANCE_FLOAT64 ? 8 : 4;
    for (int axis = 3; axis >= 0; bytes *= between.shape[axis--]) between.strides[axis] = bytes;
    between.data = malloc(bytes + 1);
    if (!between.data) return OUT_OF_MEMORY;
    conformance_parameters first = *parameters, second = {.axes = 2, .data_format = parameters->data_format,
                                                          .strides = {1, 1}, .dilations = {1, 1}, .groups = 1};
    second.bias = parameters->bias;
    first.bias = 0;
    int status = depthwise_conv2d(input, filters, &first, &between);
    if (status == CONFORMANCE_OK) status = conv2d(&between, parameters->pointwise, &second, output);
    free(between.data);
    return status;
}

static int is_bias_of(const conformance_tensor *bias, view y) {
    return y.dtype >= CONFORMANCE_FLOAT32 && y.dtype != CONFORMANCE_INT8 && bias->rank == 1 &&
           bias->shape[0] == y.last_size;
}

CONFORMANCE_EXPORT int bias_add(const conformance_tensor *input, const conformance_tensor *filters,
                                const conformance_parameters *parameters, conformance_tensor *output) {
    (void)filters;
    conformance_parameters shape = *parameters;
    shape.axes = input->rank - 2;
    if (shape.axes < 0 || shape.axes > 3) return CONFORMANCE_UNSUPPORTED;
    view from = image(input, &shape), to = image(output, &shape);
    if (!is_bias_of(parameters->bias, to)) return CONFORMANCE_UNSUPPORTED;
    clear(&to);
    for (int64_t n = 0; n < to.first_size; n++)
        EVERY(place, to.sizes)
            for (int64_t k = 0; k < to.last_size; k++) add(to.dtype, at(&to, n, place, k), at(&from, n, place, k));
    add_bias(to, parameters->bias);
    return CONFORMANCE_OK;
}

CONFORMANCE_EXPORT int bias_add_grad(const conformance_tensor *input, const conformance_tensor *filters,
                                     const conformance_parameters *parameters, conformance_tensor *output) {
    (void)input, (void)filters;
    const conformance_tensor *arriving = parameters->out_backprop;
    conformance_parameters shape = *parameters;
    shape.axes = arriving->rank - 2;
    if (shape.axes < 0 || shape.axes > 3) return CONFORMANCE_UNSUPPORTED;
    view from = image(arriving, &shape), to = {.data = output->data, .dtype = output->dtype, .sizes = {1, 1, 1},
                                               .first_size = 1, .last_size = output->shape[0],
                                               .last_step = output->strides[0]};
    if (!is_bias_of(output, from)) return CONFORMANCE_UNSUPPORTED;
    clear(&to);
    for (int64_t n = 0; n < from.first_size; n++)
        EVERY(place, from.sizes) {
            const int64_t start[3] = {0};
            for (int64_t k = 0; k < from.last_size; k++) add(to.dtype, at(&to, 0, start, k), at(&from, n, place, k));
        }
    return CONFORMANCE_OK;
}
