import type { RawRecord, ScopeId } from '../contract/record.ts';

const encoder = new TextEncoder();

/** The parts of an object that a test cares about. */
export interface TestObject {
  readonly cluster?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
  readonly version?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
  readonly scope?: string;
}

/** A record as a server would send it, managedFields included. */
export function testRecord(object: TestObject): RawRecord {
  const { cluster, namespace, name, uid = `uid-${name}`, version = '1', labels, spec, scope } = object;
  const json = {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: {
      creationTimestamp: '2026-01-02T03:04:05Z',
      ...(labels ? { labels } : {}),
      managedFields: [{ manager: 'm', fieldsV1: { 'f:spec': {} } }],
      name,
      ...(namespace === undefined ? {} : { namespace }),
      resourceVersion: version,
      uid,
    },
    ...(spec === undefined ? {} : { spec }),
  };
  return {
    object: encoder.encode(JSON.stringify(json)),
    ...(cluster === undefined ? {} : { cluster }),
    ...(scope === undefined ? {} : { scope: scope as ScopeId }),
  };
}
