/** Calls into a worker as promises: `serve` in the worker, `Remote` on the page. */

type Handlers = Record<string, (...args: never[]) => unknown>;

/** A result together with the buffers that are handed over instead of copied. */
export class Handed<T> {
  constructor(
    readonly value: T,
    readonly buffers: Transferable[],
  ) {}
}

/** Answers a page's calls with the methods of an object; `report` tells it something meanwhile. */
export function serve(makeHandlers: (report: (news: unknown) => void) => Handlers): void {
  const post = (message: unknown, buffers: Transferable[] = []) => self.postMessage(message, { transfer: buffers });
  const handlers = makeHandlers((news) => post({ news }));
  self.onmessage = async ({ data: { id, method, args } }) => {
    try {
      const result = await handlers[method](...(args as never[]));
      if (result instanceof Handed) post({ id, result: result.value }, result.buffers);
      else post({ id, result });
    } catch (error) {
      const { name = "Error", message = String(error) } = error as Error;
      post({ id, error: { name, message, told: (error as { told?: boolean }).told === true } });
    }
  };
}

/** What became of a call that failed in a worker; `told` errors are sentences for the person before the page. */
export class RemoteError extends Error {
  constructor(
    message: string,
    readonly told: boolean,
  ) {
    super(message);
  }
}

type Promised<T> = T extends Handed<infer V> ? V : T;

/** A worker whose methods are those of `Api`. */
export class Remote<Api> {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  private calls = 0;

  constructor(script: string, onNews: (news: never) => void = () => {}) {
    this.worker = new Worker(script);
    this.worker.onmessage = ({ data }) => {
      if ("news" in data) return onNews(data.news as never);
      const call = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.error) call?.reject(new RemoteError(data.error.message, data.error.told));
      else call?.resolve(data.result as never);
    };
    this.worker.onerror = (event) => this.fail(event.message || `${script} does not run`);
  }

  /** Calls a method; `buffers` are handed over. */
  call<Name extends keyof Api & string>(
    method: Name,
    args: Api[Name] extends (...args: infer A) => unknown ? A : never,
    buffers: Transferable[] = [],
  ): Promise<Promised<Api[Name] extends (...args: never[]) => infer R ? Awaited<R> : never>> {
    const id = this.calls++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: never) => void, reject });
      this.worker.postMessage({ id, method, args }, buffers);
    });
  }

  /** Ends the worker; calls that wait fail. */
  end(): void {
    this.worker.terminate();
    this.fail("ended");
  }

  private fail(reason: string): void {
    for (const { reject } of this.waiting.values()) reject(new RemoteError(reason, false));
    this.waiting.clear();
  }
}
