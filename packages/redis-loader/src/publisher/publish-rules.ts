import { describeOwner, type Owner } from '../values/envelope.ts';
import type { RefusalReason } from '../errors.ts';
import type { Inspection } from './inspection.ts';

export interface Intent extends Owner {
  readonly key: string;
  readonly version: string;
  readonly digest: string;
  readonly number?: number;
  readonly adopt?: boolean;
}

export type Verdict =
  | { readonly kind: 'write'; readonly number: number }
  | { readonly kind: 'unchanged'; readonly number: number }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly message: string };

/** Whether a value may be written over what stands there. Pure: the write itself makes sure that exactly that is replaced. */
export function judge(stored: Inspection, intent: Intent): Verdict {
  const what = `${describeOwner(intent)} version ${JSON.stringify(intent.version)}`;
  const refuse = (reason: RefusalReason, message: string): Verdict => ({
    kind: 'refused',
    reason,
    message: `${what} was not published: ${message}`,
  });
  const { envelope } = stored;
  if (envelope === undefined) {
    if (stored.kind === 'unverified' && intent.adopt !== true) {
      return refuse(
        'unverified',
        `a value without an envelope stands under the key ${JSON.stringify(intent.key)}; adopt it (--adopt) if it may be replaced`,
      );
    }
    return { kind: 'write', number: intent.number ?? 1 };
  }
  if (envelope.namespace !== intent.namespace || envelope.app !== intent.app || envelope.model !== intent.model) {
    return refuse(
      'foreign',
      `the value under the key ${JSON.stringify(intent.key)} belongs to ${describeOwner(envelope)}; a key template with {namespace}, or injective encoding, keeps them apart`,
    );
  }
  if (envelope.version === intent.version) {
    if (envelope.digest === intent.digest) return { kind: 'unchanged', number: envelope.number };
    return refuse('same-version-other-content', `Redis holds this version with other content; raise the version`);
  }
  if (intent.number === undefined && envelope.number >= Number.MAX_SAFE_INTEGER)
    return refuse(
      'smaller-number',
      `version ${JSON.stringify(envelope.version)} has the largest number there is; remove it with compareAndDelete and publish again`,
    );
  // Another writer may have begun below 0.
  const number = intent.number ?? Math.max(0, envelope.number) + 1;
  if (number <= envelope.number) {
    return refuse(
      'smaller-number',
      `its number is ${number}, and version ${JSON.stringify(envelope.version)} with number ${envelope.number} was published meanwhile or before`,
    );
  }
  return { kind: 'write', number };
}
