/** LiteRT.js in a worker: its start, and networks called with arrays by name. */

import { type CompiledModel, loadAndCompile, loadLiteRt, type SignatureRunner, Tensor } from "@litertjs/core";

export type Accelerator = "wasm" | "webgpu";
export type Arrays = Record<string, Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>;

/** Loads LiteRT's code from `litert/` beside the worker. */
export async function startLiteRt(): Promise<void> {
  const folder = new URL("litert/", self.location.href).href;
  (self as unknown as { Module: unknown }).Module = { locateFile: (name: string) => folder + name };
  await loadLiteRt(folder);
}

/** Compiles a network; throws where the accelerator does not take all of it. */
export async function compile(file: Uint8Array, accelerator: Accelerator): Promise<CompiledModel> {
  const model = await loadAndCompile(file, { accelerator, gpuOptions: { precision: "fp32" } });
  if (accelerator === "webgpu" && (model.options.accelerator !== "webgpu" || !model.isFullyAccelerated)) {
    model.delete();
    throw new Error("WebGPU does not take the whole network");
  }
  return model;
}

/** Arrays as tensors of a signature's shapes and types. */
export function tensorsFor(signature: SignatureRunner, arrays: Arrays): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const { name, shape } of signature.getInputDetails()) {
    if (arrays[name]) tensors[name] = new Tensor(arrays[name], shape);
  }
  return tensors;
}

/** Runs a signature; gives the outputs, which are to be deleted. */
export function run(signature: SignatureRunner, tensors: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  return signature.run(tensors);
}

export function release(tensors: Record<string, Tensor>): void {
  for (const tensor of Object.values(tensors)) tensor.delete();
}

/** The bytes of a file; `report` is told how many have come. */
export async function fetchBytes(url: string, report: (bytes: number) => void = () => {}): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`${url} cannot be loaded (${response.status})`);
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    report((size += part.value.length));
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
