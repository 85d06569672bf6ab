import type { SharedMap } from '../threads/shared-map.ts';
import type { RegisterCall, RegisterResult } from './register-spec.ts';

/** A call of a register by the method of a SharedMap that is made for it. */
export function callShared(map: SharedMap<number>, key: string, call: RegisterCall): RegisterResult {
  switch (call.do) {
    case 'get':
      return { value: map.get(key) };
    case 'set':
      map.set(key, call.value);
      return { did: true };
    case 'delete':
      return { did: map.delete(key) };
    case 'getOrInsert':
      return { value: map.getOrInsert(key, call.value) };
    case 'compareAndSet':
      return { did: compareAndSet(map, key, call.from, call.value) };
    case 'add':
  }
  return { value: map.update(key, (current) => (current ?? 0) + call.amount) };
}

function compareAndSet(map: SharedMap<number>, key: string, from: number | undefined, value: number): boolean {
  for (;;) {
    const entry = map.entry(key);
    // The answer is no only if that was so at one moment: the read above.
    if (entry?.value !== from) return false;
    if (map.compareAndSet(key, entry?.version, value) !== undefined) return true;
  }
}
