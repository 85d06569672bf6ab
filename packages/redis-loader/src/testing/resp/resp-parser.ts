/** Parses commands (arrays of bulk strings, or inline commands) from the bytes of a client. Chunks may end anywhere. */
export class RespParser {
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;

  /** The commands that are complete with this chunk, in order. Their buffers are copies. @throws Error: the protocol is broken. */
  push(chunk: Uint8Array): Buffer[][] {
    this.#buffer = this.#at < this.#buffer.length ? Buffer.concat([this.#buffer.subarray(this.#at), chunk]) : Buffer.from(chunk);
    this.#at = 0;
    const commands: Buffer[][] = [];
    for (;;) {
      const command = this.#next();
      if (command === undefined) return commands;
      if (command.length > 0) commands.push(command);
    }
  }

  #next(): Buffer[] | undefined {
    let at = this.#at;
    const first = this.#lineAt(at);
    if (first === undefined) return undefined;
    at = first.next;
    if (!first.text.startsWith('*')) {
      this.#at = at;
      return splitInline(first.text);
    }
    const count = Number(first.text.slice(1));
    if (!Number.isInteger(count) || count > 1_048_576) throw new Error('ERR Protocol error: invalid multibulk length');
    const parts: Buffer[] = [];
    for (let i = 0; i < count; i += 1) {
      const line = this.#lineAt(at);
      if (line === undefined) return undefined;
      if (!line.text.startsWith('$')) throw new Error(`ERR Protocol error: expected '$', got '${line.text.slice(0, 1)}'`);
      const length = Number(line.text.slice(1));
      if (!Number.isInteger(length) || length < 0 || length > 512 * 2 ** 20) throw new Error('ERR Protocol error: invalid bulk length');
      if (this.#buffer.length < line.next + length + 2) return undefined;
      parts.push(Buffer.from(this.#buffer.subarray(line.next, line.next + length)));
      at = line.next + length + 2;
    }
    this.#at = at;
    return parts;
  }

  #lineAt(at: number): { readonly text: string; readonly next: number } | undefined {
    const end = this.#buffer.indexOf('\n', at);
    if (end < 0) return undefined;
    const stop = end > at && this.#buffer[end - 1] === 0x0d ? end - 1 : end;
    return { text: this.#buffer.toString('latin1', at, stop), next: end + 1 };
  }
}

const splitInline = (text: string): Buffer[] =>
  text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => Buffer.from(word, 'latin1'));
