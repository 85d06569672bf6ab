/** The reply of a command. A JavaScript string is a bulk string; the other RESP types have a class each. */
export type Reply = string | Buffer | number | null | Status | Refusal | ReplyMap | readonly Reply[];

/** A simple string, `+OK`. */
export class Status {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An error, `-ERR text`. */
export class Refusal {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A map; RESP2 gets it as a flat array. */
export class ReplyMap {
  readonly pairs: readonly (readonly [string, Reply])[];
  constructor(pairs: readonly (readonly [string, Reply])[]) {
    this.pairs = pairs;
  }
}

export const OK: Status = new Status('OK');

/** The bytes of a reply in protocol 2 or 3. */
export function encodeReply(reply: Reply, protocol: 2 | 3): Buffer {
  const parts: Buffer[] = [];
  append(parts, reply, protocol);
  return Buffer.concat(parts);
}

function append(parts: Buffer[], reply: Reply, protocol: 2 | 3): void {
  if (reply === null) parts.push(Buffer.from(protocol === 3 ? '_\r\n' : '$-1\r\n'));
  else if (typeof reply === 'number') parts.push(Buffer.from(`:${reply}\r\n`));
  else if (typeof reply === 'string') append(parts, Buffer.from(reply), protocol);
  else if (Buffer.isBuffer(reply)) parts.push(Buffer.from(`$${reply.length}\r\n`), reply, Buffer.from('\r\n'));
  else if (reply instanceof Status) parts.push(Buffer.from(`+${reply.text}\r\n`));
  else if (reply instanceof Refusal) parts.push(Buffer.from(`-${reply.text.replaceAll(/[\r\n]/gu, ' ')}\r\n`));
  else if (reply instanceof ReplyMap) {
    parts.push(Buffer.from(protocol === 3 ? `%${reply.pairs.length}\r\n` : `*${reply.pairs.length * 2}\r\n`));
    for (const [name, value] of reply.pairs) {
      append(parts, name, protocol);
      append(parts, value, protocol);
    }
  } else {
    parts.push(Buffer.from(`*${reply.length}\r\n`));
    for (const item of reply) append(parts, item, protocol);
  }
}
