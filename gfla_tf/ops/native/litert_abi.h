// What a delegate has to know of LiteRT's C interface: the layout of its structures, as far as it is used. The interface only ever
// grows at the ends of its structures. (Its headers are in no wheel.)

#ifndef GFLA_LITERT_ABI_H_
#define GFLA_LITERT_ABI_H_

#include <cstddef>
#include <cstdint>

namespace litert_abi {

enum Status : int { kOk = 0, kError = 1 };
constexpr int kFloat32 = 1;
constexpr int64_t kAllowDynamicTensors = 1;

struct Ints {
  int size;
  int data[];
};

struct Tensor {
  int type;
  float* data;
  Ints* dims;
  struct {
    float scale;
    int32_t zero_point;
  } scaling;
  int allocation_type;
  size_t bytes;
  const void* allocation;
  const char* name;
  void* delegate;
  int buffer_handle;
  bool data_is_stale, is_variable;
  struct {
    int type;
    void* parameters;
  } quantization;
  void* sparsity;
  const Ints* dims_signature;
};

struct Node {
  Ints *inputs, *outputs, *intermediates, *temporaries;
  void* user_data;
};

struct Context;

struct Registration {
  void* (*init)(Context*, const char* buffer, size_t length);
  void (*free)(Context*, void* user_data);
  Status (*prepare)(Context*, Node*);
  Status (*invoke)(Context*, Node*);
  const char* (*profiling_string)(const Context*, const Node*);
  int32_t builtin_code;
  const char* custom_name;
  int version;
  void* external;
  void* asynchronous;
  uint64_t in_place;
  void* reserved[8];  // it is handed over by value: room for later versions
};

struct Delegate {
  void* data;
  Status (*prepare)(Context*, Delegate*);
  void* copy_from_buffer;
  void* copy_to_buffer;
  void* free_buffer;
  int64_t flags;
  void* opaque_builder;
  void* reserved[8];
};

struct DelegateParameters {  // what a kernel's `init` gets as its buffer
  Delegate* delegate;
  Ints *nodes, *inputs, *outputs;
};

struct Context {
  size_t tensor_count;
  Status (*get_execution_plan)(Context*, Ints** plan);
  Tensor* tensors;
  void* implementation;
  Status (*resize_tensor)(Context*, Tensor*, Ints* dims);  // takes `dims`, made by malloc
  void (*report_error)(Context*, const char* format, ...);
  Status (*add_tensors)(Context*, int count, int* first);
  Status (*get_node)(Context*, int index, Node**, Registration**);
  Status (*replace_nodes)(Context*, Registration, const Ints* nodes, Delegate*);
  int threads;
};

}  // namespace litert_abi

#endif  // GFLA_LITERT_ABI_H_
