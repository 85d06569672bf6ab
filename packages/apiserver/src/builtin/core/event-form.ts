import type { KubeObject } from '../../served-resource.ts';

/** Names of the core form and of events.k8s.io, where they differ. */
const renamed = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['count', 'deprecatedCount'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['reportingComponent', 'reportingController'],
] as const;

/** An Event in the other of its two forms. */
export function renameEvent(object: KubeObject, toCore: boolean): KubeObject {
  const out: KubeObject = { ...object, apiVersion: toCore ? 'v1' : 'events.k8s.io/v1' };
  for (const [core, other] of renamed) {
    const [from, to] = toCore ? [other, core] : [core, other];
    delete out[from];
    if (object[from] !== undefined) out[to] = object[from];
  }
  // Empty texts are written by the core form alone.
  if (!toCore) for (const name of ['reportingController', 'reportingInstance']) if (out[name] === '') delete out[name];
  return out;
}
