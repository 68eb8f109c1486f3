/** Whether LiteRT.js takes the whole of a network on an accelerator: what benchmarks/webgpu.py asks. */

import { loadAndCompile } from "@litertjs/core";
import { type Accelerator, fetchBytes, startLiteRt } from "../src/litert";
import { serve } from "../src/rpc";

const started = startLiteRt();

serve(() => ({
  async accelerated(url: string, accelerator: Accelerator): Promise<boolean> {
    await started;
    const model = await loadAndCompile(await fetchBytes(url), { accelerator, gpuOptions: { precision: "fp32" } });
    const whole = model.options.accelerator === accelerator && model.isFullyAccelerated;
    model.delete();
    return whole;
  },
}));
