/** Keeps the page for offline use: what the first picture takes at once, the rest when it was needed once. */

interface Worker {
  SITE: { version: string; files: string[] };
  importScripts(file: string): void;
  addEventListener(name: string, listener: (event: WorkerEvent) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  location: Location;
}

interface WorkerEvent {
  request: Request;
  waitUntil(work: Promise<unknown>): void;
  respondWith(answer: Promise<Response>): void;
}

const worker = self as unknown as Worker;
worker.importScripts("files.js");
const name = `page-${worker.SITE.version}`;

worker.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(name);
    await cache.addAll(worker.SITE.files.map((file) => (file === "index.html" ? "./" : file)));
    await worker.skipWaiting();
  };
  event.waitUntil(fill());
});

worker.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const old of await caches.keys()) if (old !== name) await caches.delete(old);
    await worker.clients.claim();
  };
  event.waitUntil(tidy());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== worker.location.origin) return;
  const answer = async () => {
    const cache = await caches.open(name);
    const kept = await cache.match(request, { ignoreSearch: request.mode === "navigate" });
    if (kept) return kept;
    const fresh = await fetch(request);
    if (fresh.ok && fresh.status === 200) await cache.put(request, fresh.clone());
    return fresh;
  };
  event.respondWith(answer());
});

export {};
