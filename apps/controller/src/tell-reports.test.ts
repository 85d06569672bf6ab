import type { ManagerReport } from '@kubecast/runtime';
import { expect, test } from 'vitest';
import { tellInOwnWords } from './tell-reports.ts';

const key = { cluster: '', namespace: 'n', name: 'a' };
const urls = { health: 'http://127.0.0.1:1', metrics: '', debug: '' };
const election = (report: Extract<ManagerReport, { type: 'election' }>['report']): ManagerReport => ({
  type: 'election',
  lease: 'n/l',
  report,
});

test.each<[ManagerReport, boolean, string | undefined, object | undefined]>([
  [{ type: 'listening', urls }, true, 'listening', { url: urls.health, namespace: 'n' }],
  [{ type: 'synced', ms: 5, controllers: ['c'] }, true, 'synced', { appModels: 7, ms: 5 }],
  [election({ type: 'leading', term: 1 }), true, 'leading', { term: 1 }],
  [election({ type: 'leader', holder: 'b' }), true, 'another leads', { holder: 'b' }],
  [election({ type: 'lost', term: 1, reason: 'b leads now' }), true, 'leadership was lost', { term: 1, reason: 'b leads now' }],
  [election({ type: 'released', term: 1 }), true, 'the Lease was given up', { term: 1 }],
  [election({ type: 'failed', doing: 'renew', error: new Error('x') }), false, undefined, undefined],
  [
    { type: 'reconcile', controller: 'appmodel', report: { type: 'done', key, runId: 'r', ms: 1.4 } },
    false,
    'reconciled',
    { namespace: 'n', name: 'a', runId: 'r', ms: 1 },
  ],
  [
    { type: 'reconcile', controller: 'appmodel', report: { type: 'terminal', key, runId: 'r', error: new Error('x') } },
    false,
    undefined,
    undefined,
  ],
  [{ type: 'preparing', name: 'crd', reason: 'x' }, false, undefined, undefined],
  [{ type: 'prepared', name: 'crd', ms: 1 }, false, undefined, undefined],
])('of the report %o the controller tells what its users know, and leaves the rest to the log', (report, told, message, fields) => {
  const lines: { message: string; fields: object }[] = [];
  const add = (given: object, text: string): void => void lines.push({ message: text, fields: given });
  const log = { debug: add, info: add, warn: add, error: add };
  expect(tellInOwnWords(log, { listening: { namespace: 'n' }, synced: () => ({ appModels: 7 }) })(report)).toBe(told);
  expect(lines).toEqual(message === undefined ? [] : [{ message, fields }]);
});
