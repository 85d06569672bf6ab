import type { WriteReceipt } from '@kubecast/client';
import type { KeyInput, View } from '@kubecast/store';
import { storeKey } from '../contract/object-key.ts';
import { checkKey } from '../contract/option-checks.ts';
import { scopeOf } from '../contract/scope.ts';
import { barrierOf, provesRegression } from '../contract/write-barrier.ts';
import type { WriteBarrier } from '../contract/write-barrier.ts';
import { checkBarrier, checkReceipt } from '../freshness/check-wait.ts';
import type { ScopeProgress } from '../freshness/write-tracker.ts';
import type { ScopeRun } from '../scopes/scope-run.ts';
import type { ScopeSet } from '../scopes/scope-set.ts';

/** What was seen of a key before a write. `selected`: the view holds only what a selector takes. */
export function takeBarrier<T>(of: KeyInput, scopes: ScopeSet<T>, view: View<T>, selected: boolean): WriteBarrier {
  checkKey('key', of);
  const key = storeKey(of);
  const run = scopes.runOf(key.cluster, key.namespace);
  const sure = run?.filled === true && !run.reflector.damaged;
  return barrierOf(key, view.entry(key), {
    id: run?.scope.id ?? scopeOf(key.namespace, key.cluster).id,
    epoch: run?.reflector.epoch ?? 1,
    version: sure ? run.reflector.version : '',
    complete: sure && !selected,
  });
}

/** Whether a receipt proves that the server went back, which its scope is told then. */
export function observeReceipt<T>(receipt: WriteReceipt, barrier: WriteBarrier, scopes: ScopeSet<T>): boolean {
  checkReceipt('receipt', receipt);
  checkBarrier('barrier', barrier);
  const run = scopes.runs.get(barrier.scope);
  if (run === undefined || run.reflector.epoch !== barrier.epoch || !provesRegression(receipt, barrier)) return false;
  const { namespace, name } = barrier.key;
  run.reflector.regressed(
    barrier.version,
    `a write of ${namespace === '' ? name : `${namespace}/${name}`} was answered at ${String(receipt.version)}, although ${barrier.version} was seen before it`,
  );
  return true;
}

/** How far a scope is, for those who wait for a write. */
export function progressOf<T>(run: ScopeRun<T> | undefined): ScopeProgress | undefined {
  if (run === undefined) return undefined;
  return { id: run.scope.id, filled: run.filled, version: run.reflector.version, epoch: run.reflector.epoch };
}
