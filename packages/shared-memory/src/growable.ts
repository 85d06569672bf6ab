/** What a growable SharedArrayBuffer is made of in all three runtimes; TypeScript's own type of it is younger than our target. */
export function growable(bytes: number, maxBytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes, { maxByteLength: maxBytes });
}
