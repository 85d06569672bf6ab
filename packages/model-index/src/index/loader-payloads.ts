import type { Held, Loader } from '@kubecast/redis-loader';
import type { HeldPayload, PayloadSource } from './payload-source.ts';

/** Metadata from a loader. The loader stays the caller's: nothing here ends it. */
export function loaderPayloads(loader: Loader): PayloadSource {
  return {
    want: ({ id, namespace, app, model, version }) => loader.want({ id, version, owner: { namespace, app, model } }),
    forget: (id) => loader.forget(id),
    get: (id) => payloadOf(loader.get(id)),
    state: (id) => payloadOf(loader.state(id)),
    load: async (id, signal) => payloadOf(await loader.load(id, signal === undefined ? {} : { signal })),
    onChange: (listener) => loader.onChange(listener),
    failing: () => loader.failures().keys(),
    resync: () => loader.resync(),
    settled: (signal) => loader.settled(signal, { orAway: true }),
  };
}

function payloadOf(held: Held | undefined): HeldPayload | undefined {
  return (
    held && {
      state: held.state,
      payload: held.payload,
      staleForMs: Math.round(held.staleForMs),
      ...(held.evicted === undefined ? {} : { evicted: held.evicted }),
      ...(held.version === undefined ? {} : { version: held.version }),
      ...(held.error === undefined ? {} : { reason: held.error.message, away: held.error.code === 'Away' }),
    }
  );
}
