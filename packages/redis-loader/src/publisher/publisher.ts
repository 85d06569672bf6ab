import { systemClock, type Clock } from '@kubecast/clock';
import { Connection, type ConnectionStatus } from '../connection/connection.ts';
import { checkTarget, keyPrefixOf } from '../connection/connection-options.ts';
import { describeOwner, envelopeOf, isSameOwner, payloadText, textDigest, type Owner } from '../values/envelope.ts';
import { findMember } from '../values/json-member.ts';
import { checkKey, checkNames, checkNumber, checkTimeout } from '../check-input.ts';
import { InputError, PublishRefusedError, RedisFailedError, UnreplicatedError } from '../errors.ts';
import { inspectBytes, type Inspection } from './inspection.ts';
import { parseKeyTemplate, type KeyTemplate } from '../values/key-template.ts';
import { judge } from './publish-rules.ts';
import { PublisherCommands, type ReplicasAsked } from './publisher-commands.ts';
import type { KeySwap } from './scripts.ts';
import { retentionRules, type RetentionRules } from './retained.ts';
import { keysOf, placeOf, removalOf, storedValue, swapsOf, type StoredValue, type ValuePlace, type Written } from './stored-value.ts';
import { sha1Hex } from '../values/sha256.ts';
import type {
  DeleteOutcome,
  PublisherCounters,
  PublishItem,
  PublishReceipt,
  RollbackItem,
  ValueLook,
  ValuePublisher,
  ValuePublisherOptions,
} from './value-publisher.ts';

/** How often a write is judged anew because another writer came between. */
const TRIES = 5;
/** Values that are published at the same time: so many, or so many characters of payload. */
const ALONGSIDE = 256;
const ALONGSIDE_CHARACTERS = 8 * 2 ** 20;

/**
 * Makes a publisher with a connection of its own, which never sends a command twice: a write that timed out and came again after a
 * reconnect would land over a newer value. No I/O before the first call.
 *
 * @throws ConnectionOptionsError, KeyTemplateError, InputError
 */
export function createValuePublisher(options: ValuePublisherOptions): ValuePublisher {
  return new RedisPublisher(options);
}

/** A value whose payload is text already. */
interface Prepared {
  readonly item: RollbackItem & Pick<PublishItem, 'adopt'>;
  readonly place: ValuePlace;
  /** Undefined: that of the version which is kept. */
  readonly content: string | undefined;
  readonly doing: string;
}

class RedisPublisher implements ValuePublisher {
  readonly #clock: Clock;
  readonly #template: KeyTemplate;
  readonly #connection: Connection;
  readonly #commands: PublisherCommands;
  readonly #prefix: string;
  readonly #rules: RetentionRules | undefined;
  /** Undefined: no replica is asked. */
  readonly #asked: ReplicasAsked | undefined;
  readonly #counters = { written: 0, unchanged: 0, refused: 0, deleted: 0, failed: 0 };

  constructor(options: ValuePublisherOptions) {
    checkTarget(options.redis);
    checkNumber('replicas', options.replicas, 0, true);
    checkNumber('replicaTimeoutMs', options.replicaTimeoutMs, 1, true);
    checkTimeout('commandTimeoutMs', options.commandTimeoutMs);
    this.#rules = retentionRules(options.versions);
    this.#template = parseKeyTemplate(options.keyTemplate, options.keyEncoding);
    this.#clock = options.clock ?? systemClock;
    const { replicas: count = 0, replicaTimeoutMs: timeoutMs = 1_000 } = options;
    this.#asked = count === 0 ? undefined : { count, timeoutMs };
    this.#prefix = keyPrefixOf(options.redis);
    this.#connection = new Connection({
      target: options.redis,
      clock: this.#clock,
      commandTimeoutMs: Math.max(options.commandTimeoutMs ?? 5_000, count > 0 ? timeoutMs + 500 : 1),
      connectionName: options.connectionName ?? 'kubecast-publisher',
    });
    this.#commands = new PublisherCommands(this.#connection, () => {
      this.#counters.failed += 1;
    });
  }

  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  get counters(): PublisherCounters {
    return { ...this.#counters };
  }

  keyOf(owner: Owner, fields: Readonly<Record<string, string>> = {}): string {
    const { namespace, app, model } = owner;
    return this.#template.render({ ...fields, namespace, app, model });
  }

  async publish(given: PublishItem): Promise<PublishReceipt> {
    return this.#write(this.#prepare(given), this.#asked);
  }

  async publishAll(items: readonly PublishItem[]): Promise<readonly PromiseSettledResult<PublishReceipt>[]> {
    // What is written is what was given at the call: all payloads become text before the first wait.
    const prepared = items.map((item): Prepared | { readonly error: unknown } => {
      try {
        return this.#prepare(item);
      } catch (error) {
        return { error };
      }
    });
    // One question for all, where they lie on one server; WAIT keeps a connection from everything else.
    const late = this.#asked !== undefined && this.#commands.isOneServer;
    const { readies } = this.#commands;
    const results: PromiseSettledResult<PublishReceipt>[] = [];
    for (const batch of batches(prepared)) {
      results.push(
        ...(await Promise.allSettled(
          batch.map((each) => ('error' in each ? Promise.reject(each.error as Error) : this.#write(each, late ? undefined : this.#asked))),
        )),
      );
    }
    return late ? this.#confirmAll(prepared, results, readies) : results;
  }

  async rollback(given: RollbackItem): Promise<PublishReceipt> {
    checkNames('the value to go back to', given, given.version);
    const doing = `going back to ${describeOwner(given)} version ${JSON.stringify(given.version)}`;
    return this.#write({ item: { ...given }, place: this.#placeOf(given), content: undefined, doing }, this.#asked);
  }

  async look(given: Parameters<ValuePublisher['look']>[0]): Promise<ValueLook> {
    checkNames('the value to look at', given, given.version);
    const place = this.#placeOf(given);
    const stored = await this.#look(place, `reading the key ${JSON.stringify(place.key)}`, given.signal);
    const versions = stored.list !== undefined && isSameOwner(stored.list.owner, given) ? stored.list.versions : [];
    return { key: place.key, current: stored.plain, retained: stored.retained, versions };
  }

  async inspect(key: string, signal?: AbortSignal): Promise<Inspection> {
    const bytes = await this.#commands.run(`reading the key ${JSON.stringify(key)}`, (client) => client.getBuffer(key), signal);
    return inspectBytes(key, bytes);
  }

  async compareAndDelete(key: string, expected: Uint8Array | string, signal?: AbortSignal): Promise<DeleteOutcome> {
    checkKey(key);
    if (typeof expected === 'string' && !/^(?:[0-9a-f]{40})?$/u.test(expected))
      throw new InputError(
        'compareAndDelete takes the bytes, or the fingerprint of an inspection; the string that was given is no fingerprint',
      );
    const fingerprint = typeof expected === 'string' ? expected : sha1Hex(expected);
    const doing = `deleting the key ${JSON.stringify(key)}`;
    const place = placeOf(key, '', this.#prefix, this.#rules);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const stored = await this.#look(place, doing, signal);
      if (stored.plain.kind === 'absent') return 'absent';
      if (stored.plain.fingerprint !== fingerprint) return 'other';
      const { envelope } = stored.plain;
      const own = envelope !== undefined && stored.list !== undefined && isSameOwner(envelope, stored.list.owner);
      const swaps = removalOf(place, own ? stored : { ...stored, list: undefined });
      if (!(await this.#commands.swap(swaps, doing, undefined, signal)).swapped) continue;
      this.#counters.deleted += 1;
      return 'deleted';
    }
    return 'other';
  }

  async holds(key: string, fingerprint: string, signal?: AbortSignal): Promise<boolean> {
    checkKey(key);
    const doing = `comparing the key ${JSON.stringify(key)}`;
    return (await this.#commands.swap([{ key, expected: fingerprint, change: 'keep' }], doing, undefined, signal)).swapped;
  }

  async ping(signal?: AbortSignal): Promise<void> {
    await this.#commands.run('asking Redis for a sign', (client) => client.ping(), signal);
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #prepare(given: PublishItem): Prepared {
    const { payload, ...item } = given;
    checkNames('the value to publish', item, item.version);
    const doing = `publishing ${describeOwner(item)} version ${JSON.stringify(item.version)}`;
    return { item, place: this.#placeOf(item), content: payloadText(payload, item), doing };
  }

  #placeOf(item: Pick<PublishItem, keyof Owner | 'version' | 'key' | 'fields'>): ValuePlace {
    const key = item.key ?? this.keyOf(item, item.fields);
    checkKey(key);
    return placeOf(key, item.version, this.#prefix, this.#rules);
  }

  async #look(place: ValuePlace, doing: string, signal?: AbortSignal): Promise<StoredValue> {
    return storedValue(place, await this.#commands.read(keysOf(place), doing, signal));
  }

  async #write({ item, place, content: given, doing }: Prepared, asked: ReplicasAsked | undefined): Promise<PublishReceipt> {
    const { key } = place;
    const refuse = (reason: PublishRefusedError['reason'], message: string): PublishRefusedError => {
      this.#counters.refused += 1;
      return new PublishRefusedError(reason, key, message);
    };
    let number: number | undefined = item.number;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const stored = await this.#look(place, doing, item.signal);
      const content = given ?? keptContent(stored, item);
      if (content === undefined)
        throw refuse('not-retained', `${doing}: this version is not kept in Redis${keptVersions(stored)}; publish it with its payload`);
      const digest = textDigest(content);
      const intent = { ...item, key, digest, retains: place.keys !== undefined, ...(number === undefined ? {} : { number }) };
      const verdict = judge(stored, intent);
      if (verdict.kind === 'refused') throw refuse(verdict.reason, verdict.message);
      const isNew = verdict.kind === 'write';
      // The number of the first look is kept: who was overtaken is refused instead of writing an older version over a newer one.
      if (isNew) number = verdict.number;
      const text = isNew ? envelopeOf({ ...item, number: verdict.number }, content) : undefined;
      const swaps = isNew || verdict.retain ? this.#swapsOf(place, stored, { ...intent, number: verdict.number, text }, item.keep) : [];
      const { swapped, replicas } =
        swaps.length > 0
          ? await this.#commands.swap(swaps, doing, asked, item.signal)
          : { swapped: true, replicas: asked === undefined ? 0 : await this.#commands.replicasOf(key, asked, doing, item.signal) };
      if (!swapped) continue;
      this.#counters[isNew ? 'written' : 'unchanged'] += 1;
      if (asked !== undefined && replicas < asked.count) throw new UnreplicatedError(key, asked.count, replicas, asked.timeoutMs);
      const fingerprint = text === undefined ? stored.plain.fingerprint : sha1Hex(text);
      return { key, outcome: isNew ? 'written' : 'unchanged', number: verdict.number, digest, fingerprint, replicas };
    }
    throw refuse('contended', `${doing}: the value under ${JSON.stringify(key)} changed ${TRIES} times meanwhile; publish again`);
  }

  #swapsOf(place: ValuePlace, stored: StoredValue, written: Written, kept: readonly string[] = []): readonly KeySwap[] {
    return swapsOf(place, stored, written, kept, this.#rules, this.#clock.wall());
  }

  /** Asks the replicas of the one server for all that was written there since `readies` connections were made. */
  async #confirmAll(
    prepared: readonly (Prepared | { readonly error: unknown })[],
    results: readonly PromiseSettledResult<PublishReceipt>[],
    readies: number,
  ): Promise<readonly PromiseSettledResult<PublishReceipt>[]> {
    const asked = this.#asked as ReplicasAsked;
    const [first] = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.key] : []));
    if (first === undefined) return results;
    const signal = prepared.flatMap((each) => ('error' in each ? [] : [each.item.signal])).find((each) => each !== undefined);
    const doing = 'asking whether the replicas have the values';
    let failure: unknown;
    let replicas = 0;
    try {
      replicas = await this.#commands.replicasOf(first, asked, doing, signal);
      if (this.#commands.readies > Math.max(1, readies))
        failure = new RedisFailedError(
          'away',
          `${doing}: the connection was lost meanwhile, and another server may have answered; publish again`,
        );
    } catch (error) {
      failure = error;
    }
    return results.map((result): PromiseSettledResult<PublishReceipt> => {
      if (result.status === 'rejected') return result;
      if (failure !== undefined) return { status: 'rejected', reason: failure };
      if (replicas >= asked.count) return { status: 'fulfilled', value: { ...result.value, replicas } };
      return { status: 'rejected', reason: new UnreplicatedError(result.value.key, asked.count, replicas, asked.timeoutMs) };
    });
  }
}

/** The payload's text of the version that is to be the current one again: as it stands under its own key, or under the plain one. */
function keptContent({ plain, retained }: StoredValue, { version, ...owner }: Owner & { readonly version: string }): string | undefined {
  for (const { envelope, bytes } of [retained, plain])
    if (envelope !== undefined && envelope.version === version && isSameOwner(envelope, owner))
      return findMember(Buffer.from(bytes).toString('utf8'), 'payload');
  return undefined;
}

function keptVersions({ list }: StoredValue): string {
  const versions = list?.versions.map(({ version }) => JSON.stringify(version)) ?? [];
  return versions.length === 0 ? '' : ` (kept are ${versions.join(', ')})`;
}

function* batches<T extends Prepared | { readonly error: unknown }>(all: readonly T[]): IterableIterator<readonly T[]> {
  let batch: T[] = [];
  let characters = 0;
  for (const each of all) {
    const size = 'content' in each ? (each.content?.length ?? 0) : 0;
    if (batch.length > 0 && (batch.length >= ALONGSIDE || characters + size > ALONGSIDE_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(each);
    characters += size;
  }
  if (batch.length > 0) yield batch;
}
