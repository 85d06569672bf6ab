import type { Frame, ResourceSource } from '@kubecast/client';
import type { Clock, TimeSlice } from '@kubecast/clock';
import { RecordError } from '@kubecast/store';
import type { ReflectorLimits } from '../contract/limits.ts';
import type { ReflectorCounters, ReflectorReport } from '../contract/reflector-report.ts';
import { Fault, messageOf } from '../server/fault.ts';
import { parseHead, readHead } from './object-head.ts';
import type { ObjectHead } from './object-head.ts';
import type { Position } from './position.ts';
import type { ReflectorSink, SinkCollection } from './reflector-sink.ts';

/** What lists and watches are made with; none of them writes the position. */
export interface ReadingParts {
  readonly source: ResourceSource;
  readonly sink: ReflectorSink;
  readonly clock: Clock;
  readonly limits: ReflectorLimits;
  readonly counters: ReflectorCounters;
  readonly selectors: { readonly labelSelector?: string; readonly fieldSelector?: string };
  readonly position: Readonly<Position>;
  readonly objects: ObjectReader;
  readonly slice: TimeSlice;
  readonly onReport: (report: ReflectorReport) => void;
  /** A batch, a page or an answer came. */
  readonly onHeard: () => void;
  /** The time until a stream that was last heard of then is given up; throws the fault once it is over. */
  readonly idleWait: (heardAt: number) => number;
}

/** How a list ended. Whoever gets a collection commits or aborts it. */
export type ListEnd =
  | { readonly kind: 'complete'; readonly version: string; readonly collection: SinkCollection; readonly skipped: number }
  | { readonly kind: 'fault'; readonly fault: Fault };

/** Reads objects off the wire and hands them on, one at a time: one that cannot be read or kept costs itself and nothing else. */
export class ObjectReader {
  readonly #expected: { readonly kind: string; readonly apiVersion: string } | undefined;
  readonly #counters: ReflectorCounters;
  readonly #onReport: (report: ReflectorReport) => void;
  /** An object was skipped that a later list may bring. */
  readonly #onSkipped: () => void;

  constructor(
    expected: { readonly kind: string; readonly apiVersion: string } | undefined,
    counters: ReflectorCounters,
    onReport: (report: ReflectorReport) => void,
    onSkipped: () => void,
  ) {
    this.#expected = expected;
    this.#counters = counters;
    this.#onReport = onReport;
    this.#onSkipped = onSkipped;
  }

  /** Undefined: it is not JSON; that was counted and reported. */
  head({ type, object }: Frame): ObjectHead | undefined {
    try {
      return type === 'BOOKMARK' ? parseHead(object) : readHead(object);
    } catch (error) {
      this.#counters.corrupt += 1;
      this.#onSkipped();
      this.#onReport({ kind: 'corrupt-object', message: `an object that is not JSON was skipped: ${messageOf(error)}` });
      return undefined;
    }
  }

  /** Runs what keeps an object. False: it could not be kept; that was counted and reported. */
  keep(body: () => void, head: ObjectHead | undefined): boolean {
    try {
      body();
      return true;
    } catch (error) {
      const broken = error instanceof RecordError;
      if (broken) this.#counters.corrupt += 1;
      else this.#counters.programErrors += 1;
      this.#onSkipped();
      const name = head === undefined ? 'an object' : `${head.namespace}/${head.name}`;
      this.#onReport({
        kind: broken ? 'corrupt-object' : 'program-error',
        message: broken
          ? `${name} was skipped: ${error.message}`
          : `${name} was skipped, since the store could not keep it: ${messageOf(error)}`,
      });
      return false;
    }
  }

  /** @throws Fault `wrong-kind` if the object says that it is another one than was asked for */
  checkKind(head: ObjectHead): void {
    const expected = this.#expected;
    if (expected === undefined || head.kind === '') return;
    if (head.kind === expected.kind && (head.apiVersion === '' || head.apiVersion === expected.apiVersion)) return;
    throw new Fault(
      'wrong-kind',
      `the server sends ${head.apiVersion} ${head.kind} where ${expected.apiVersion} ${expected.kind} was asked for`,
    );
  }
}
