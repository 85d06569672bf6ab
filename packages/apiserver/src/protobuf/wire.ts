/** The bytes are no protobuf, or end too early. */
export class WireError extends Error {
  override readonly name: string = 'WireError';
}

export interface WireField {
  readonly number: number;
  /** A varint, or the bytes of a text, of bytes or of a message. */
  readonly value: bigint | Uint8Array;
}

/**
 * The fields of one message, in their order (protocol buffers' wire format, types 0, 1, 2 and 5). The bytes are not copied.
 * @throws WireError
 */
export function* wireFields(bytes: Uint8Array): IterableIterator<WireField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new WireError('unexpected end of a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError('a number is longer than 10 bytes');
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new WireError('unexpected end of a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    if (number === 0) throw new WireError('a field has the number 0');
    switch (Number(tag & 7n)) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: take(8) };
        break;
      case 2: {
        const length = varint();
        if (length > BigInt(bytes.length)) throw new WireError('unexpected end of a field');
        yield { number, value: take(Number(length)) };
        break;
      }
      case 5:
        yield { number, value: take(4) };
        break;
      default:
        throw new WireError(`wire type ${tag & 7n} is not known`);
    }
  }
}
