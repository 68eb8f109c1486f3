// The sampler as TensorFlow operations for the CPU: GflaSample and the two halves of its gradient.

#include <algorithm>
#include <functional>

#include "sampler.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace {

using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

class Sampler : public OpKernel {
 public:
  explicit Sampler(OpKernelConstruction* context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("first", &first_));
    OP_REQUIRES_OK(context, context->GetAttr("offset", &offset_));
    OP_REQUIRES_OK(context, context->GetAttr("spread", &spread_));
  }

 protected:
  // The sizes of the inputs image, flow and coefficients; false, with the context's status set, where they do not fit.
  bool Describe(OpKernelContext* context, const tensorflow::TensorShape& image, gfla::Problem* s) {
    const Tensor &flow = context->input(1), &coefficients = context->input(2);
    const bool fits = image.dims() == 4 && flow.dims() == 4 && coefficients.dims() == 4 && flow.dim_size(3) == 2 &&
                      flow.dim_size(0) == image.dim_size(0) && image.dim_size(1) > 0 && image.dim_size(2) > 0;
    if (fits) {
      *s = {image.dim_size(0), image.dim_size(1), image.dim_size(2), image.dim_size(3), flow.dim_size(1),
            flow.dim_size(2),  0,                 first_,            offset_,           spread_,
            false};
      s->plain = spread_ && coefficients.dim_size(3) == 0;
      const int64_t side = s->plain ? 1 : std::llround(std::sqrt(double(coefficients.dim_size(3))));
      s->taps = side + spread_;
      const bool same = s->plain || (coefficients.dim_size(0) == s->batch && coefficients.dim_size(1) == s->rows &&
                                     coefficients.dim_size(2) == s->columns && coefficients.dim_size(3) == side * side);
      if (same && s->taps <= gfla::kMaxTaps && side > 0) return true;
    }
    context->SetStatus(tensorflow::errors::InvalidArgument(
        "GflaSample takes image (B, H, W, C), flow (B, h, w, 2), coefficients (B, h, w, n * n); got ",
        image.DebugString(), ", ", flow.shape().DebugString(), ", ", coefficients.shape().DebugString()));
    return false;
  }

  // Deals out [0, count) to TensorFlow's threads; `cost` is that of one unit in nanoseconds, roughly.
  static void Parallel(OpKernelContext* context, int64_t count, int64_t cost,
                       const std::function<void(int64_t, int64_t)>& work) {
    context->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(count, std::max<int64_t>(cost, 1), work);
  }

  static int64_t RowCost(const gfla::Problem& s) { return s.columns * s.taps * s.taps * (2 + s.channels / 16); }

 private:
  tensorflow::int64 first_, offset_;
  bool spread_;
};

template <typename T>
class Sample : public Sampler {
 public:
  using Sampler::Sampler;

  void Compute(OpKernelContext* context) override {
    const Tensor& image = context->input(0);
    gfla::Problem s;
    if (!Describe(context, image.shape(), &s)) return;
    Tensor* result;
    OP_REQUIRES_OK(context, context->allocate_output(0, {s.batch, s.rows, s.columns, s.channels}, &result));
    const T *from = image.flat<T>().data(), *flow = context->input(1).flat<T>().data(),
            *coefficients = context->input(2).flat<T>().data();
    T* to = result->flat<T>().data();
    Parallel(context, s.batch * s.rows, RowCost(s), [&](int64_t begin, int64_t end) {
      gfla::Forward(s, from, flow, s.plain ? nullptr : coefficients, to, begin, end);
    });
  }
};

template <typename T>
class SampleGradTaps : public Sampler {
 public:
  using Sampler::Sampler;

  void Compute(OpKernelContext* context) override {
    const Tensor& image = context->input(0);
    gfla::Problem s;
    if (!Describe(context, image.shape(), &s)) return;
    OP_REQUIRES(context, context->input(3).NumElements() == s.batch * s.rows * s.columns * s.channels,
                tensorflow::errors::InvalidArgument("the gradient has not the shape of GflaSample's result"));
    Tensor *to_flow, *to_coefficients;
    OP_REQUIRES_OK(context, context->allocate_output(0, context->input(1).shape(), &to_flow));
    OP_REQUIRES_OK(context, context->allocate_output(1, context->input(2).shape(), &to_coefficients));
    const T *from = image.flat<T>().data(), *flow = context->input(1).flat<T>().data(),
            *coefficients = context->input(2).flat<T>().data(), *upstream = context->input(3).flat<T>().data();
    T *of_flow = to_flow->flat<T>().data(), *of_coefficients = to_coefficients->flat<T>().data();
    Parallel(context, s.batch * s.rows, RowCost(s), [&](int64_t begin, int64_t end) {
      gfla::BackwardToTaps(s, from, flow, s.plain ? nullptr : coefficients, upstream, of_flow,
                           s.plain ? nullptr : of_coefficients, begin, end);
    });
  }
};

template <typename T>
class SampleGradImage : public Sampler {
 public:
  using Sampler::Sampler;

  void Compute(OpKernelContext* context) override {
    tensorflow::TensorShape shape;
    OP_REQUIRES_OK(context,
                   tensorflow::TensorShapeUtils::MakeShape(context->input(0).vec<tensorflow::int32>(), &shape));
    gfla::Problem s;
    if (!Describe(context, shape, &s)) return;
    OP_REQUIRES(context, context->input(3).NumElements() == s.batch * s.rows * s.columns * s.channels,
                tensorflow::errors::InvalidArgument("the gradient has not the shape of GflaSample's result"));
    Tensor* to_image;
    OP_REQUIRES_OK(context, context->allocate_output(0, shape, &to_image));
    const T *flow = context->input(1).flat<T>().data(), *coefficients = context->input(2).flat<T>().data(),
            *upstream = context->input(3).flat<T>().data();
    T* to = to_image->flat<T>().data();
    // A band of rows looks at every position: a few bands for each thread keep all busy, more only look more often.
    const int64_t threads = context->device()->tensorflow_cpu_worker_threads()->num_threads;
    const int64_t rows = s.batch * s.height, bands = std::clamp<int64_t>(std::max(s.batch, 4 * threads), 1, std::max<int64_t>(rows, 1));
    Parallel(context, bands, RowCost(s) * s.batch * s.rows / bands, [&](int64_t begin, int64_t end) {
      gfla::BackwardToImage(s, flow, s.plain ? nullptr : coefficients, upstream, to, begin * rows / bands,
                            end * rows / bands);
    });
  }
};

tensorflow::Status ResultShape(InferenceContext* context) {
  ShapeHandle image, flow, result;
  TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 4, &image));
  TF_RETURN_IF_ERROR(context->WithRank(context->input(1), 4, &flow));
  TF_RETURN_IF_ERROR(context->ReplaceDim(flow, 3, context->Dim(image, 3), &result));
  context->set_output(0, result);
  return tensorflow::OkStatus();
}

tensorflow::Status TapsShape(InferenceContext* context) {
  context->set_output(0, context->input(1));
  context->set_output(1, context->input(2));
  return tensorflow::OkStatus();
}

tensorflow::Status ImageShape(InferenceContext* context) {
  ShapeHandle image;
  TF_RETURN_IF_ERROR(context->MakeShapeFromShapeTensor(0, &image));
  context->set_output(0, image);
  return tensorflow::OkStatus();
}

}  // namespace

REGISTER_OP("GflaSample")
    .Input("image: T")
    .Input("flow: T")
    .Input("coefficients: T")
    .Output("result: T")
    .Attr("T: {float, double}")
    .Attr("first: int")
    .Attr("offset: int = 0")
    .Attr("spread: bool = true")
    .SetShapeFn(ResultShape);

REGISTER_OP("GflaSampleGradTaps")
    .Input("image: T")
    .Input("flow: T")
    .Input("coefficients: T")
    .Input("upstream: T")
    .Output("to_flow: T")
    .Output("to_coefficients: T")
    .Attr("T: {float, double}")
    .Attr("first: int")
    .Attr("offset: int = 0")
    .Attr("spread: bool = true")
    .SetShapeFn(TapsShape);

REGISTER_OP("GflaSampleGradImage")
    .Input("image_shape: int32")
    .Input("flow: T")
    .Input("coefficients: T")
    .Input("upstream: T")
    .Output("to_image: T")
    .Attr("T: {float, double}")
    .Attr("first: int")
    .Attr("offset: int = 0")
    .Attr("spread: bool = true")
    .SetShapeFn(ImageShape);

#define GFLA_REGISTER(T)                                                                                            \
  REGISTER_KERNEL_BUILDER(Name("GflaSample").Device(tensorflow::DEVICE_CPU).TypeConstraint<T>("T"), Sample<T>);     \
  REGISTER_KERNEL_BUILDER(Name("GflaSampleGradTaps").Device(tensorflow::DEVICE_CPU).TypeConstraint<T>("T"),         \
                          SampleGradTaps<T>);                                                                       \
  REGISTER_KERNEL_BUILDER(Name("GflaSampleGradImage").Device(tensorflow::DEVICE_CPU).TypeConstraint<T>("T"),        \
                          SampleGradImage<T>)
GFLA_REGISTER(float);
GFLA_REGISTER(double);
