import type { KeptPromise } from '../check-promises.ts';

export const kept: readonly KeptPromise[] = [
  {
    says: 'Each package has one base class',
    test: 'packages/errors/src/coded-error.test.ts',
    named: 'the guard tells errors of these packages from all others',
  },
];
