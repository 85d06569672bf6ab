const TABLE: Uint16Array = (() => {
  const table = new Uint16Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
    table[byte] = crc;
  }
  return table;
})();

/** The slot of a key in a Redis Cluster: CRC16 (XMODEM) of its hash tag, else of the whole key, modulo 16384 (Redis Cluster specification). */
export function keySlot(key: Uint8Array): number {
  let from = 0;
  let to = key.length;
  const open = key.indexOf(0x7b);
  if (open >= 0) {
    const close = key.indexOf(0x7d, open + 1);
    if (close > open + 1) [from, to] = [open + 1, close];
  }
  let crc = 0;
  for (let i = from; i < to; i += 1) crc = ((crc << 8) & 0xffff) ^ (TABLE[((crc >> 8) ^ (key[i] as number)) & 0xff] as number);
  return crc & 16383;
}
