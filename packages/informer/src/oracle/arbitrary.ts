import fc from 'fast-check';
import { DEAFNESS, FILES, MEETS, NAMESPACES, REACHABLE, SERVER_EVENTS } from './schedule.ts';
import { SHORT } from './world/shared-store.ts';
import type { FaultName, HandlerKind, Program, Schedule, Step } from './schedule.ts';

const namespace = fc.constantFrom(...NAMESPACES);
const name = fc.constantFrom('x', 'y', 'z', '__proto__');

/** What ends a list amid it shows the most, and would else be one in sixteen. */
const AMID: readonly FaultName[] = ['break', 'end', 'silent', 'corrupt'];

function faultOf(request: keyof typeof REACHABLE): fc.Arbitrary<FaultName> {
  const any = fc.constantFrom(...REACHABLE[request]);
  return request === 'list' || request === 'stream'
    ? fc.oneof({ weight: 2, arbitrary: any }, { weight: 1, arbitrary: fc.constantFrom(...AMID) })
    : any;
}

const fault: fc.Arbitrary<Step> = fc
  .constantFrom(
    'stream' as const,
    'watch' as const,
    'watch' as const,
    'watch' as const,
    'list' as const,
    'probe' as const,
    'probe' as const,
    'identity' as const,
  )
  .chain((request) =>
    fc.record({
      kind: fc.constant('fault' as const),
      request: fc.constant(request),
      fault: faultOf(request),
      after: fc.integer({ min: 0, max: 6 }),
      times: fc.constantFrom(1, 1, 1, 2, 4),
    }),
  );

const namespaces = fc.oneof(
  { weight: 2, arbitrary: fc.constant<readonly string[]>(['']) },
  { weight: 1, arbitrary: fc.uniqueArray(namespace, { minLength: 1, maxLength: 2 }) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), namespace, name, matches: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), namespace, name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('recreate' as const), namespace, name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('other-write' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 0, 30, 300, 1500, 8000, 40_000, 80_000) }),
  },
  { weight: 6, arbitrary: fault },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('server' as const),
      event: fc.constantFrom(...SERVER_EVENTS),
      amount: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('drive' as const),
      to: fc.constantFrom(
        'Gone' as const,
        'Regressed' as const,
        'Regressed' as const,
        'Forbidden' as const,
        'Stale' as const,
        'BackingOff' as const,
        'Relisting' as const,
      ),
      ms: fc.constantFrom(0, 5, 200, 900, 1800),
      event: fc.constantFrom(...SERVER_EVENTS),
      amount: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('handler' as const), handler: handlerKind() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('scope' as const), namespaces }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('save' as const), amid: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('full' as const), times: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('restart' as const),
      file: fc.constantFrom(...FILES, 'last' as const, 'last' as const, 'crash' as const),
      meets: fc.constantFrom(...MEETS, 'same' as const, 'same' as const, 'other' as const),
      moved: fc.constantFrom(false, false, false, true),
      at: fc.integer({ min: 0, max: 999 }),
    }),
  },
);

function handlerKind(): fc.Arbitrary<HandlerKind> {
  return fc.constantFrom<HandlerKind>(
    'plain',
    'slow',
    'throwing',
    'rejecting',
    'stuck',
    'filtered',
    'resyncing',
    'tiny-buffer',
    'tiny-pin',
    'overflowing',
    'iterating',
    'late-leaver',
  );
}

const base = {
  seed: fc.integer({ min: 1, max: 0x7fff_ffff }),
  sliceMs: fc.constantFrom(0, 4),
  pages: fc.boolean(),
  selector: fc.boolean(),
  program: fc.constantFrom<Program>('sound', 'sound', 'index', 'transform', 'both'),
  twin: fc.constantFrom(false, false, false, true),
  nameless: fc.constantFrom(false, false, false, false, false, true),
  otherRev: fc.constantFrom(5, 95, 95, 3000),
  everyMs: fc.constantFrom(0, 0, 0, 15_000),
  deafness: fc.constantFrom(...DEAFNESS),
  endAtOnce: fc.constantFrom(false, false, false, true),
  batch: fc.integer({ min: 1, max: 4 }),
  paceMs: fc.constantFrom(0, 0, 20, 500),
  namespaces,
  objects: fc.integer({ min: 0, max: 8 }),
  handlers: fc.array(handlerKind(), { minLength: 1, maxLength: 3 }),
  steps: fc.array(step, { minLength: 4, maxLength: 30 }),
};

const first = (request: 'stream' | 'list'): fc.Arbitrary<Schedule['first']> =>
  fc.option(fc.record({ fault: faultOf(request), after: fc.integer({ min: 0, max: 6 }) }), { freq: 3 });

const filling = { ...base, shared: fc.constantFrom(...SHORT), objects: fc.integer({ min: 4, max: 9 }) };

/** Schedules over stores that fill up. */
export const fullStoreArbitrary: fc.Arbitrary<Schedule> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ ...filling, streams: fc.constant(true), first: first('stream') }) },
  { weight: 1, arbitrary: fc.record({ ...filling, streams: fc.constant(false), first: first('list') }) },
);

export const scheduleArbitrary: fc.Arbitrary<Schedule> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ ...base, streams: fc.constant(true), first: first('stream') }) },
  { weight: 20, arbitrary: fc.record({ ...base, streams: fc.constant(false), first: first('list') }) },
  { weight: 3, arbitrary: fullStoreArbitrary },
);
