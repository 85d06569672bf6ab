import { setOwn } from '@kubecast/crd';
import type { KubeObject } from '../served-resource.ts';
import { messages } from './messages.ts';
import { WireError, wireFields } from './wire.ts';

/** The body cannot be read; the message says why and what to send instead. */
export class ProtobufError extends Error {
  override readonly name: string = 'ProtobufError';
  /** The bytes are valid, but have a kind or a field that is not supported. */
  readonly unsupported: boolean;

  constructor(message: string, unsupported: boolean) {
    super(message);
    this.unsupported = unsupported;
  }
}

const magic = [0x6b, 0x38, 0x73, 0x00];
const decoder = new TextDecoder('utf-8', { fatal: true });
/** More than the depth of any supported message. */
const depthLimit = 50;

/**
 * Decodes an object as `application/vnd.kubernetes.protobuf` carries it: four bytes `k8s\0`, then runtime.Unknown around the
 * kind's message. Zero values that Go does not keep apart from absent ones are left out, as its JSON leaves them out. A
 * field that is set and not known here is refused rather than lost.
 *
 * @throws ProtobufError
 */
export function decodeKubeProtobuf(bytes: Uint8Array): KubeObject {
  if (!magic.every((byte, index) => bytes[index] === byte))
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]', false);
  try {
    let apiVersion = '';
    let kind = '';
    let raw: Uint8Array = new Uint8Array(0);
    for (const { number, value } of wireFields(bytes.subarray(magic.length))) {
      if (typeof value === 'bigint') continue;
      if (number === 2) raw = value;
      if (number !== 1) continue;
      for (const part of wireFields(value)) {
        if (typeof part.value === 'bigint') continue;
        if (part.number === 1) apiVersion = decoder.decode(part.value);
        if (part.number === 2) kind = decoder.decode(part.value);
      }
    }
    if (!Object.hasOwn(messages, kind))
      throw new ProtobufError(
        `the protobuf form of ${kind === '' ? 'an object without a kind' : kind} is not read by this server: send JSON`,
        true,
      );
    return { kind, apiVersion, ...decodeMessage(kind, raw, 0) };
  } catch (error) {
    if (error instanceof WireError || error instanceof TypeError)
      throw new ProtobufError(`the protobuf message is damaged: ${error.message}`, false);
    throw error;
  }
}

function decodeMessage(name: string, bytes: Uint8Array, depth: number): KubeObject {
  if (depth > depthLimit) throw new WireError('messages are nested too deeply');
  const fields = messages[name] ?? [];
  const out: KubeObject = {};
  for (const { number, value } of wireFields(bytes)) {
    const field = fields.find(([known]) => known === number);
    if (field === undefined) {
      const zero = typeof value === 'bigint' ? value === 0n : value.length === 0;
      if (!zero) throw new ProtobufError(`field ${number} of ${name} is not read by this server in its protobuf form: send JSON`, true);
      continue;
    }
    const [, json, type] = field;
    if (type === 'ignored') continue;
    if (type.startsWith('map<')) {
      const map = (out[json] ??= {}) as KubeObject;
      const [key, inner] = mapEntry(type === 'map<bytes>', bytesOf(value));
      setOwn(map, key, inner);
    } else if (type.endsWith('[]')) {
      ((out[json] ??= []) as unknown[]).push(decodeValue(type.slice(0, -2), value, depth, true));
    } else {
      const pointer = type.endsWith('?');
      const decoded = decodeValue(pointer ? type.slice(0, -1) : type, value, depth, pointer);
      if (decoded !== undefined) out[json] = decoded;
    }
  }
  return out;
}

/** Undefined for a zero that means absent. */
function decodeValue(type: string, value: bigint | Uint8Array, depth: number, keepZero: boolean): unknown {
  const kept = <T>(decoded: T, zero: T): T | undefined => (decoded === zero && !keepZero ? undefined : decoded);
  switch (type) {
    case 'string':
      return kept(decoder.decode(bytesOf(value)), '');
    case 'int':
      return kept(Number(BigInt.asIntN(64, numberOf(value))), 0);
    case 'bool':
      return kept(numberOf(value) !== 0n, false);
    case 'time':
      return timeOf(bytesOf(value), 0);
    case 'microTime':
      return timeOf(bytesOf(value), 6);
    case 'intOrString':
      return intOrString(bytesOf(value));
    default: {
      const message = decodeMessage(type, bytesOf(value), depth + 1);
      return Object.keys(message).length === 0 && !keepZero ? undefined : message;
    }
  }
}

function bytesOf(value: bigint | Uint8Array): Uint8Array {
  if (typeof value === 'bigint') throw new WireError('a number stands where bytes belong');
  return value;
}

function numberOf(value: bigint | Uint8Array): bigint {
  if (typeof value !== 'bigint') throw new WireError('bytes stand where a number belongs');
  return value;
}

function mapEntry(binary: boolean, bytes: Uint8Array): [string, string] {
  let key = '';
  let value = '';
  for (const field of wireFields(bytes)) {
    const inner = bytesOf(field.value);
    if (field.number === 1) key = decoder.decode(inner);
    if (field.number === 2) value = binary ? btoa(Array.from(inner, (byte) => String.fromCharCode(byte)).join('')) : decoder.decode(inner);
  }
  return [key, value];
}

/** meta/v1 Time: seconds and nanoseconds; nothing at all is no time. */
function timeOf(bytes: Uint8Array, digits: number): string | undefined {
  let seconds: bigint | undefined;
  let nanos = 0n;
  for (const { number, value } of wireFields(bytes)) {
    if (number === 1) seconds = BigInt.asIntN(64, numberOf(value));
    if (number === 2) nanos = numberOf(value);
  }
  if (seconds === undefined) return undefined;
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) throw new WireError('a time is out of range');
  const fraction = digits === 0 ? '' : `.${String(nanos).padStart(9, '0').slice(0, digits)}`;
  return `${date.toISOString().slice(0, 19)}${fraction}Z`;
}

function intOrString(bytes: Uint8Array): number | string | undefined {
  let kind = 0n;
  let number = 0;
  let text = '';
  for (const field of wireFields(bytes)) {
    if (field.number === 1) kind = numberOf(field.value);
    if (field.number === 2) number = Number(BigInt.asIntN(64, numberOf(field.value)));
    if (field.number === 3) text = decoder.decode(bytesOf(field.value));
  }
  if (kind === 1n) return text;
  return number === 0 ? undefined : number;
}
