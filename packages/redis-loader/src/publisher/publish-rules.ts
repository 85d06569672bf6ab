import { describeOwner, isSameOwner, type Owner } from '../values/envelope.ts';
import type { RefusalReason } from '../errors.ts';
import type { StoredValue } from './stored-value.ts';

export interface Intent extends Owner {
  readonly key: string;
  readonly version: string;
  readonly digest: string;
  readonly number?: number;
  readonly adopt?: boolean;
  /** Whether versions are kept under keys of their own. */
  readonly retains: boolean;
}

export type Verdict =
  | { readonly kind: 'write'; readonly number: number }
  /** `retain`: it stands under the plain key, but is not kept by its version yet. */
  | { readonly kind: 'unchanged'; readonly number: number; readonly retain: boolean }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly message: string };

/** Whether a value may be written over what stands there. Pure: the write itself makes sure that exactly that is replaced. */
export function judge(stored: StoredValue, intent: Intent): Verdict {
  const what = `${describeOwner(intent)} version ${JSON.stringify(intent.version)}`;
  const refuse = (reason: RefusalReason, message: string): Verdict => ({
    kind: 'refused',
    reason,
    message: `${what} was not published: ${message}`,
  });
  const { plain, retained, list } = stored;
  const { envelope } = plain;
  const key = JSON.stringify(intent.key);
  const keptOf = retained.envelope ?? list?.owner;
  const foreign =
    envelope !== undefined && !isSameOwner(envelope, intent)
      ? envelope
      : plain.kind === 'absent' && keptOf !== undefined && !isSameOwner(keptOf, intent)
        ? keptOf
        : undefined;
  if (foreign !== undefined)
    return refuse(
      'foreign',
      `the value under the key ${key} belongs to ${describeOwner(foreign)}; a key template with {namespace}, or injective encoding, keeps them apart`,
    );
  if (plain.kind === 'unverified' && intent.adopt !== true)
    return refuse('unverified', `a value without an envelope stands under the key ${key}; adopt it (--adopt) if it may be replaced`);
  if (retained.kind === 'unverified' && intent.adopt !== true)
    return refuse(
      'unverified',
      `what stands under the key ${JSON.stringify(retained.key)} of the version is no envelope; adopt it (--adopt) if it may be replaced`,
    );
  const sameVersion = [envelope, retained.envelope].filter((each) => each?.version === intent.version);
  if (sameVersion.some((each) => each?.digest !== intent.digest))
    return refuse('same-version-other-content', `Redis holds this version with other content; raise the version`);
  if (envelope?.version === intent.version)
    return { kind: 'unchanged', number: envelope.number, retain: intent.retains && !isKept(stored, intent) };
  // Numbers go on where the list ends, also when the plain key was erased. Another writer may have begun below 0.
  const numbers = list !== undefined && isSameOwner(list.owner, intent) ? list.versions.map((each) => each.number) : [];
  const last = Math.max(0, envelope?.number ?? 0, ...numbers);
  const lastVersion = JSON.stringify(envelope?.version ?? list?.versions.at(-1)?.version ?? '');
  if (intent.number === undefined && last >= Number.MAX_SAFE_INTEGER)
    return refuse(
      'smaller-number',
      `version ${lastVersion} has the largest number there is; remove it with compareAndDelete and publish again`,
    );
  const number = intent.number ?? last + 1;
  if ((envelope !== undefined || numbers.length > 0) && number <= Math.max(envelope?.number ?? 0, ...numbers))
    return refuse(
      'smaller-number',
      `its number is ${number}, and version ${lastVersion} with number ${last} was published meanwhile or before`,
    );
  return { kind: 'write', number };
}

function isKept({ retained, list }: StoredValue, { version }: Intent): boolean {
  return retained.kind === 'envelope' && list?.versions.some((each) => each.version === version) === true;
}
