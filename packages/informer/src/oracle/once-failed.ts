import type { Schedule } from './schedule.ts';

/** Schedules that found a bug once, one of ours or a planted one that others seldom meet, as the oracle shrank them, with what was wrong. */
export const onceFailed: readonly { readonly found: string; readonly schedule: Schedule }[] = [
  {
    found:
      'a full buffer handed out what the view held before the change was told of, and then the change as if the handler did not know it',
    schedule: {
      seed: 3,
      sliceMs: 0,
      selector: false,
      batch: 1,
      paceMs: 0,
      namespaces: [''],
      objects: 6,
      handlers: ['plain'],
      steps: [
        { kind: 'put', namespace: 'a', name: 'z', matches: false },
        { kind: 'wait', ms: 8000 },
        { kind: 'delete', namespace: 'a', name: 'x' },
        { kind: 'save' },
        { kind: 'put', namespace: 'b', name: 'z', matches: false },
        { kind: 'drive', to: 'Regressed', ms: 0, event: 'reshape', amount: 1 },
        { kind: 'fault', request: 'watch', fault: 'refused', after: 0, times: 1 },
        { kind: 'wait', ms: 1500 },
        { kind: 'handler', handler: 'tiny-buffer' },
        { kind: 'handler', handler: 'plain' },
        { kind: 'wait', ms: 0 },
        { kind: 'other-write' },
        { kind: 'restart', file: 'crash' },
      ],
      streams: false,
      first: { fault: 'refused', after: 0 },
    },
  },
  {
    found: 'a relist’s difference that was told in slices went on after the scope was taken away (a planted bug)',
    schedule: {
      seed: 1,
      sliceMs: 0,
      pages: false,
      selector: false,
      batch: 1,
      paceMs: 0,
      namespaces: [''],
      objects: 5,
      handlers: ['plain'],
      steps: [
        { kind: 'wait', ms: 0 },
        { kind: 'server', event: 'reshape', amount: 1 },
        { kind: 'put', namespace: 'a', name: 'y', matches: false },
        { kind: 'wait', ms: 1500 },
        { kind: 'put', namespace: 'a', name: 'x', matches: false },
        { kind: 'scope', namespaces: ['a'] },
        { kind: 'delete', namespace: 'a', name: 'x' },
        { kind: 'wait', ms: 0 },
      ],
      streams: true,
      first: null,
    },
  },
];
