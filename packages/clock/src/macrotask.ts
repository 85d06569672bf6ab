const host = globalThis as { readonly setImmediate?: (body: () => void) => unknown };

/** Node, Bun and Deno have setImmediate: microseconds, where a timer of 0 ms costs a millisecond and a message channel twenty times as much CPU. */
const setImmediateHere: ((body: () => void) => unknown) | undefined = host.setImmediate?.bind(globalThis);

/** Resolves in a later turn of the event loop. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediateHere !== undefined) {
      setImmediateHere(resolve);
      return;
    }
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(undefined);
  });
}
