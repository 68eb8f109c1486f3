/* Puts the person of a picture into another pose, with LiteRT's C library alone.
 *
 *   repose MODEL.tflite PHOTO.ppm SOURCE.txt TARGET.txt OUT.ppm
 *
 * MODEL is what gfla convert --keypoints wrote, with or without --split and --uint8. PHOTO has the network's size (binary PPM).
 * SOURCE and TARGET hold 18 lines "x y confidence": joints in pixels of the picture, in the order of the file's description.
 *
 *   cc -std=c11 -O2 repose.c -o repose -L LITERT -l:libLiteRt.so -Wl,-rpath,LITERT
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "litert.h"

#define JOINTS 18
#define MOST 64 /* arrays of a signature */

static void fail(const char* what) {
  fprintf(stderr, "%s.\n", what);
  exit(1);
}

static void check(LiteRtStatus status, const char* what) {
  if (status != 0) {
    fprintf(stderr, "LiteRT cannot %s (status %d).\n", what, status);
    exit(1);
  }
}

/* A signature with its buffers. */
typedef struct {
  LiteRtParamIndex index, inputs, outputs;
  LiteRtTensorBuffer input[MOST], output[MOST];
  const char *input_name[MOST], *output_name[MOST];
} Signature;

static LiteRtEnvironment environment;
static LiteRtModel model;
static LiteRtCompiledModel compiled;

static LiteRtTensorBuffer buffer_for(LiteRtTensor tensor, LiteRtTensorBufferRequirements requirements) {
  LiteRtRankedTensorType type;
  LiteRtTensorBuffer buffer;
  check(LiteRtGetRankedTensorType(tensor, &type), "read a type");
  check(LiteRtCreateManagedTensorBufferFromRequirements(environment, &type, requirements, &buffer), "make a buffer");
  return buffer;
}

/* Finds a signature by its name and makes its buffers; inputs that `before` took or gave are its buffers, without a copy. */
static bool find_signature(const char* name, const Signature* before, Signature* found) {
  LiteRtParamIndex count;
  check(LiteRtGetNumModelSignatures(model, &count), "count the signatures");
  for (found->index = 0; found->index < count; found->index++) {
    LiteRtSignature signature;
    const char* key;
    check(LiteRtGetModelSignature(model, found->index, &signature), "read a signature");
    check(LiteRtGetSignatureKey(signature, &key), "read its name");
    if (strcmp(key, name) != 0) continue;
    check(LiteRtGetNumSignatureInputs(signature, &found->inputs), "count inputs");
    check(LiteRtGetNumSignatureOutputs(signature, &found->outputs), "count outputs");
    if (found->inputs > MOST || found->outputs > MOST) fail("The model has too many arrays");
    LiteRtTensor tensor;
    LiteRtTensorBufferRequirements needs;
    for (LiteRtParamIndex i = 0; i < found->inputs; i++) {
      check(LiteRtGetSignatureInputName(signature, i, &found->input_name[i]), "read a name");
      found->input[i] = NULL;
      for (LiteRtParamIndex j = 0; before && j < before->inputs; j++)
        if (strcmp(before->input_name[j], found->input_name[i]) == 0) found->input[i] = before->input[j];
      for (LiteRtParamIndex j = 0; before && j < before->outputs; j++)
        if (strcmp(before->output_name[j], found->input_name[i]) == 0) found->input[i] = before->output[j];
      if (found->input[i]) continue;
      check(LiteRtGetSignatureInputTensorByIndex(signature, i, &tensor), "read an input");
      check(LiteRtGetCompiledModelInputBufferRequirements(compiled, found->index, i, &needs), "ask for its needs");
      found->input[i] = buffer_for(tensor, needs);
    }
    for (LiteRtParamIndex i = 0; i < found->outputs; i++) {
      check(LiteRtGetSignatureOutputName(signature, i, &found->output_name[i]), "read a name");
      check(LiteRtGetSignatureOutputTensorByIndex(signature, i, &tensor), "read an output");
      check(LiteRtGetCompiledModelOutputBufferRequirements(compiled, found->index, i, &needs), "ask for its needs");
      found->output[i] = buffer_for(tensor, needs);
    }
    return true;
  }
  return false;
}

/* Gives a signature one of its inputs, if it has it: bytes as they are, or as floats in [-1, 1]. */
static void give_picture(const Signature* to, const char* name, const uint8_t* pixels, size_t count) {
  for (LiteRtParamIndex i = 0; i < to->inputs; i++) {
    if (strcmp(to->input_name[i], name) != 0) continue;
    size_t size;
    void* place;
    check(LiteRtGetTensorBufferPackedSize(to->input[i], &size), "read a size");
    if (size != count && size != 4 * count) fail("The photo has another size than the network's pictures");
    check(LiteRtLockTensorBuffer(to->input[i], &place, kLiteRtTensorBufferLockModeWrite), "write an input");
    for (size_t k = 0; k < count; k++) {
      if (size == count) ((uint8_t*)place)[k] = pixels[k];
      else ((float*)place)[k] = pixels[k] / 127.5f - 1;
    }
    check(LiteRtUnlockTensorBuffer(to->input[i]), "write an input");
  }
}

static void give_joints(const Signature* to, const char* name, const char* path) {
  float joints[3 * JOINTS];
  FILE* file = fopen(path, "r");
  if (!file) fail("There is no such file of joints");
  for (int k = 0; k < 3 * JOINTS; k++)
    if (fscanf(file, "%f", &joints[k]) != 1) fail("A file of joints has fewer than 18 lines of three numbers");
  fclose(file);
  for (LiteRtParamIndex i = 0; i < to->inputs; i++) {
    if (strcmp(to->input_name[i], name) != 0) continue;
    void* place;
    check(LiteRtLockTensorBuffer(to->input[i], &place, kLiteRtTensorBufferLockModeWrite), "write an input");
    memcpy(place, joints, sizeof joints);
    check(LiteRtUnlockTensorBuffer(to->input[i]), "write an input");
  }
}

static void run(Signature* signature) {
  check(LiteRtRunCompiledModel(compiled, signature->index, signature->inputs, signature->input, signature->outputs,
                               signature->output), "run the network");
}

/* Writes the output "generated" as a PPM. */
static void write_picture(const Signature* from, const char* path, int width, int height) {
  size_t count = 3 * (size_t)width * height, size;
  for (LiteRtParamIndex i = 0; i < from->outputs; i++) {
    if (strcmp(from->output_name[i], "generated") != 0) continue;
    void* place;
    FILE* file = fopen(path, "wb");
    if (!file) fail("The picture cannot be written");
    fprintf(file, "P6\n%d %d\n255\n", width, height);
    check(LiteRtGetTensorBufferPackedSize(from->output[i], &size), "read a size");
    check(LiteRtLockTensorBuffer(from->output[i], &place, kLiteRtTensorBufferLockModeRead), "read the picture");
    for (size_t k = 0; k < count; k++) {
      float level = size == count ? ((uint8_t*)place)[k] : roundf((((float*)place)[k] + 1) * 127.5f);
      fputc((int)fminf(fmaxf(level, 0), 255), file);
    }
    check(LiteRtUnlockTensorBuffer(from->output[i]), "read the picture");
    if (fclose(file) != 0) fail("The picture cannot be written");
  }
}

int main(int count, char** arguments) {
  if (count != 6) fail("Usage: repose MODEL.tflite PHOTO.ppm SOURCE.txt TARGET.txt OUT.ppm");
  int width, height;
  FILE* file = fopen(arguments[2], "rb");
  if (!file || fscanf(file, "P6 %d %d 255", &width, &height) != 2) fail("The photo is no binary PPM");
  fgetc(file);
  size_t size = 3 * (size_t)width * height;
  uint8_t* photo = malloc(size);
  if (!photo || fread(photo, 1, size, file) != size) fail("The photo ends too early");
  fclose(file);

  LiteRtOptions options;
  check(LiteRtCreateEnvironment(0, NULL, &environment), "start");
  check(LiteRtCreateModelFromFile(environment, arguments[1], &model), "read the model");
  check(LiteRtCreateOptions(&options), "start");
  check(LiteRtSetOptionsHardwareAccelerators(options, kLiteRtHwAcceleratorCpu), "choose the CPU");
  check(LiteRtCreateCompiledModel(environment, model, options, &compiled), "compile the model");

  Signature encode, generate;
  bool split = find_signature("encode", NULL, &encode);
  if (!find_signature(split ? "generate" : "serving_default", split ? &encode : NULL, &generate))
    fail("The model has neither the signature serving_default nor encode and generate");
  const Signature* first = split ? &encode : &generate;
  give_picture(first, "source_image", photo, size);
  give_joints(first, "source_keypoints", arguments[3]);
  if (split) run(&encode); /* once for a photo */
  give_joints(&generate, "target_keypoints", arguments[4]);
  run(&generate); /* for every pose */
  write_picture(&generate, arguments[5], width, height);

  /* The system takes back what is left. */
  LiteRtDestroyCompiledModel(compiled);
  LiteRtDestroyOptions(options);
  LiteRtDestroyModel(model);
  free(photo);
  return 0;
}
