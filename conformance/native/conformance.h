/* The C ABI of the conformance harness: what a native convolution must look like to be judged.
 *
 * A shared library offers every operation of tf.nn for which it exports a function of that name: conv1d, conv2d,
 * conv3d, depthwise_conv2d, separable_conv2d, conv2d_transpose, conv2d_backprop_input, bias_add, ...
 * All have one type, `conformance_function`:
 *
 *     int conv2d(const conformance_tensor *input, const conformance_tensor *filters,
 *                const conformance_parameters *parameters, conformance_tensor *output);
 *
 * | operation                      | input | filters   | in parameters |
 * |--------------------------------|-------|-----------|---------------|
 * | conv1d, conv2d, conv3d         | image | filters   | bias          |
 * | depthwise_conv2d               | image | filters   | bias          |
 * | separable_conv2d               | image | depthwise | pointwise     |
 * | conv1d_transpose, ...          | image | filters   | bias          |
 * | ..._backprop_input             | NULL  | filters   | out_backprop  |
 * | ..._backprop_filter            | image | NULL      | out_backprop  |
 * | bias_add                       | image | NULL      | bias          |
 * | bias_add_grad                  | NULL  | NULL      | out_backprop  |
 *
 * What is not there is NULL, and so is a bias where there is none to add.
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <stdint.h>

#if defined(_WIN32)
#define CONFORMANCE_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define CONFORMANCE_EXPORT __attribute__((visibility("default")))
#else
#define CONFORMANCE_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define CONFORMANCE_MAX_RANK 8

/* What a function returns. Any other number is an error, which is what a call without meaning must get. */
enum conformance_status {
    CONFORMANCE_OK = 0,
    CONFORMANCE_UNSUPPORTED = -1 /* the function does not offer what is asked; the case is then not judged */
};

enum conformance_dtype {
    CONFORMANCE_FLOAT16 = 1,
    CONFORMANCE_BFLOAT16 = 2,
    CONFORMANCE_FLOAT32 = 3,
    CONFORMANCE_FLOAT64 = 4,
    CONFORMANCE_INT8 = 5, /* the output, and a bias, are int32 */
    CONFORMANCE_INT32 = 6
};

/* Images are (batch, height, width, channels), or (batch, channels, height, width) where data_format says so; likewise
 * in one and three dimensions. Filters are (height, width, input channels / groups, output channels) whatever it says;
 * depthwise ones (height, width, channels, multiplier), those of transposes (height, width, output, input channels). */
typedef struct conformance_tensor {
    void *data;                            /* of the element whose indices are all 0 */
    int32_t dtype;                         /* enum conformance_dtype */
    int32_t rank;                          /* axes in use */
    int64_t shape[CONFORMANCE_MAX_RANK];   /* elements */
    int64_t strides[CONFORMANCE_MAX_RANK]; /* bytes from one element to the next: may be 0, negative, or leave gaps */
} conformance_tensor;

enum conformance_padding { CONFORMANCE_VALID = 0, CONFORMANCE_SAME = 1, CONFORMANCE_EXPLICIT = 2 };

enum conformance_data_format { CONFORMANCE_CHANNELS_LAST = 0, CONFORMANCE_CHANNELS_FIRST = 1 };

/* Arrays have an entry for each of `axes` spatial axes. For transposes and gradients they are the parameters of the
 * convolution that is transposed or derived. */
typedef struct conformance_parameters {
    int32_t axes;        /* 1, 2 or 3 */
    int32_t padding;     /* enum conformance_padding: how it was written; pads hold for all three */
    int32_t data_format; /* enum conformance_data_format */
    int32_t reserved;    /* 0 */
    int64_t strides[3];
    int64_t dilations[3];
    int64_t pads[3][2];  /* zeros before and after; 0 where SAME has none because the stride is 0 */
    int64_t groups;      /* input channels / filters' input channels; 0 where that is no whole number */
    const conformance_tensor *bias;
    const conformance_tensor *pointwise;
    const conformance_tensor *out_backprop;
} conformance_parameters;

/* Reads the operands, whose memory it leaves as it is, and writes every element of the output, whose shape, dtype and
 * strides are given, and no other memory. An output whose shape cannot be told, of a call without meaning, has no
 * elements. */
typedef int conformance_function(const conformance_tensor *input, const conformance_tensor *filters,
                                 const conformance_parameters *parameters, conformance_tensor *output);

/* May be exported too: why the last call of a function did not return CONFORMANCE_OK, as UTF-8. */
typedef const char *conformance_reason_function(void); /* under the name conformance_reason */

#ifdef __cplusplus
}
#endif

#endif
