// The sampler as a custom operation of LiteRT, brought in by a delegate: GflaSample(image, flow[, coefficients]) -> result.
//
// Without coefficients it is bilinear sampling, with n * n of them their sum of samples around. The image may extend beyond the
// flow's grid, by as many pixels on every side.
//
// Also Resampler(image, positions) -> result, bilinear samples at absolute (x, y) with zero outside the image: it belongs to the GPU
// delegates of phones, and is here so that files made for them can be compared on the CPU.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <thread>
#include <vector>

#include "litert_abi.h"
#include "sampler.h"

namespace {

using namespace litert_abi;

constexpr char kName[] = "GflaSample", kResampler[] = "Resampler";

struct Operands {  // of a node, as indices of tensors; the flow of a Resampler are its positions
  bool resampler;
  int image, flow, coefficients, result;
};

template <int count>
struct FixedInts {  // as Ints, on the stack
  int size = count;
  int data[count];
};

void* Init(Context* context, const char* buffer, size_t) {
  const auto* parameters = reinterpret_cast<const DelegateParameters*>(buffer);
  Node* node;
  Registration* registration;
  if (context->get_node(context, parameters->nodes->data[0], &node, &registration) != kOk) return nullptr;
  const Ints* inputs = node->inputs;
  const bool resampler = !std::strcmp(registration->custom_name, kResampler);
  return new Operands{resampler, inputs->data[0], inputs->data[1], inputs->size > 2 ? inputs->data[2] : -1,
                      node->outputs->data[0]};
}

void Free(Context*, void* user_data) { delete static_cast<Operands*>(user_data); }

// Whether the operands fit together; sets the problem that they describe.
bool Describe(Context* context, const Operands* at, gfla::Problem* s) {
  if (!at) return false;
  const auto tensor = [&](int index) -> const Tensor& { return context->tensors[index]; };
  for (int index : {at->image, at->flow, at->coefficients, at->result})
    if (index >= 0 && (tensor(index).type != kFloat32 || tensor(index).dims->size != 4)) return false;
  const int *image = tensor(at->image).dims->data, *flow = tensor(at->flow).dims->data;
  *s = {image[0], image[1], image[2], image[3], flow[1], flow[2], 0, 0, (image[1] - flow[1]) / 2, true, true};
  if (at->resampler) return flow[3] == 2 && flow[0] == image[0];
  int64_t n = 1;
  if (at->coefficients >= 0) {
    const int* coefficients = tensor(at->coefficients).dims->data;
    n = std::llround(std::sqrt(double(coefficients[3])));
    s->plain = false;
    if (n * n != coefficients[3] || !std::equal(flow, flow + 3, coefficients)) return false;
  }
  s->taps = n + 1;
  s->first = -(n / 2);
  return flow[3] == 2 && flow[0] == image[0] && image[1] - flow[1] == image[2] - flow[2] && s->height > 0 &&
         s->width > 0 && s->taps <= gfla::kMaxTaps;
}

Status Prepare(Context* context, Node* node) {
  const auto* at = static_cast<const Operands*>(node->user_data);
  gfla::Problem s;
  if (!Describe(context, at, &s)) {
    context->report_error(context, "%s takes float32 operands of fitting shapes.",
                          at && at->resampler ? kResampler : kName);
    return kError;
  }
  auto* dims = static_cast<Ints*>(std::malloc(sizeof(Ints) + 4 * sizeof(int)));
  dims->size = 4;
  const int64_t shape[] = {s.batch, s.rows, s.columns, s.channels};
  std::copy(shape, shape + 4, dims->data);
  return context->resize_tensor(context, &context->tensors[at->result], dims);
}

void Resample(const gfla::Problem& s, const float* image, const float* positions, float* result) {
  std::fill(result, result + s.batch * s.rows * s.columns * s.channels, 0.0f);
  for (int64_t at = 0; at < s.batch * s.rows * s.columns; ++at, result += s.channels) {
    const float* sample = image + at / (s.rows * s.columns) * s.height * s.width * s.channels;
    const float left = std::floor(positions[2 * at]), top = std::floor(positions[2 * at + 1]);
    for (int tap = 0; tap < 4; ++tap) {
      const float x = left + tap % 2, y = top + tap / 2;
      const float weight = (1 - std::abs(positions[2 * at] - x)) * (1 - std::abs(positions[2 * at + 1] - y));
      if (!(x >= 0 && y >= 0 && x < s.width && y < s.height)) continue;  // not a number included
      const float* pixel = sample + (int64_t(y) * s.width + int64_t(x)) * s.channels;
      for (int64_t c = 0; c < s.channels; ++c) result[c] += weight * pixel[c];
    }
  }
}

Status Invoke(Context* context, Node* node) {
  const auto* at = static_cast<const Operands*>(node->user_data);
  gfla::Problem s;
  if (!Describe(context, at, &s)) return kError;
  const Tensor* tensors = context->tensors;
  if (at->resampler) {
    Resample(s, tensors[at->image].data, tensors[at->flow].data, tensors[at->result].data);
    return kOk;
  }
  const float* coefficients = s.plain ? nullptr : tensors[at->coefficients].data;
  const int64_t rows = s.batch * s.rows;
  const auto work = [&](int64_t begin, int64_t end) {
    gfla::Forward(s, tensors[at->image].data, tensors[at->flow].data, coefficients, tensors[at->result].data, begin,
                  end);
  };
  int64_t threads = context->threads > 0 ? context->threads : std::thread::hardware_concurrency();
  if (rows * s.columns * s.channels * s.taps * s.taps < 1 << 18) threads = 1;  // done before a thread has started
  threads = std::clamp<int64_t>(threads, 1, std::max<int64_t>(rows, 1));
  std::vector<std::thread> others;
  for (int64_t i = 1; i < threads; ++i) others.emplace_back(work, rows * i / threads, rows * (i + 1) / threads);
  work(0, rows / threads);
  for (std::thread& other : others) other.join();
  return kOk;
}

Status Apply(Context* context, Delegate* delegate) {
  Ints* plan;
  if (context->get_execution_plan(context, &plan) != kOk) return kError;
  std::vector<int> samplers;
  for (int i = 0; i < plan->size; ++i) {
    Node* node;
    Registration* registration;
    if (context->get_node(context, plan->data[i], &node, &registration) != kOk) return kError;
    const char* name = registration->custom_name;
    if (name && (!std::strcmp(name, kName) || !std::strcmp(name, kResampler))) samplers.push_back(plan->data[i]);
  }
  Registration registration{};
  registration.init = Init;
  registration.free = Free;
  registration.prepare = Prepare;
  registration.invoke = Invoke;
  registration.custom_name = "GflaSampleDelegate";
  registration.version = 1;
  for (int index : samplers) {  // each on its own: what lies between two nodes of one kernel would have no memory
    FixedInts<1> nodes;
    nodes.data[0] = index;
    if (context->replace_nodes(context, registration, reinterpret_cast<const Ints*>(&nodes), delegate) != kOk)
      return kError;
  }
  return kOk;
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void* tflite_plugin_create_delegate(const char* const*, const char* const*,
                                                                          size_t, void (*)(const char*)) {
  auto* delegate = new Delegate{};
  delegate->prepare = Apply;
  delegate->flags = kAllowDynamicTensors;  // otherwise LiteRT prepares all operations first, and knows none for ours
  return delegate;
}

__attribute__((visibility("default"))) void tflite_plugin_destroy_delegate(void* delegate) {
  delete static_cast<Delegate*>(delegate);
}
}
