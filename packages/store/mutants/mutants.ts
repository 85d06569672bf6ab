/** A planted bug: the tests must turn red with it. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly find: string;
  readonly put: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: 'an object that changed stays under its old index values',
    file: 'object-store.ts',
    find: 'for (const postings of this.#view.indexes.values()) postings.remove(slot);',
    put: '',
  },
  { name: 'the parsed object outlives a change of its record', file: 'object-store.ts', find: 'this.#view.hot.drop(slot);', put: '' },
  {
    name: 'an old entry reads the record that later got the same place',
    file: 'store-view.ts',
    find: ' && this.slabs.holds(slab)',
    put: '',
  },
  {
    name: 'the checksum of the rows is not compared',
    file: 'store-file.ts',
    find: 'if (digest(rows) !== header.rowsDigest)',
    put: 'if (rows.length < 0)',
  },
  {
    name: 'the checksum of the records is not compared',
    file: 'store-file.ts',
    find: 'if (digest(new Int32Array(segment)) !== expected)',
    put: 'if (expected === undefined)',
  },
  {
    name: 'the checksum of the header is not compared',
    file: 'store-file.ts',
    find: 'if (digest(new Int32Array(headerBytes)) !== headerDigest)',
    put: 'if (headerDigest === undefined)',
  },
  {
    name: 'what stands behind the end of a file is not seen',
    file: 'store-file.ts',
    find: "if (position !== file.size) throw damaged('there is more behind its end');",
    put: '',
  },
  {
    name: 'a file of another source is taken',
    file: 'store-file.ts',
    find: 'if (header.identity !== identity)',
    put: 'if (identity === undefined)',
  },
  { name: 'everybody may read the file', file: 'node-file-system.ts', find: '0o600', put: '0o644' },
  {
    name: 'the last record of a segment is lost in the file',
    file: 'store-file.ts',
    find: 'bounds.push(image.records.length);',
    put: 'bounds.push(image.records.length - 1);',
  },
  {
    name: 'a removal leaves a hole that ends a search early',
    file: 'record-table.ts',
    find: 'for (let i = (hole + 1) & mask; shard[i] !== 0; i',
    put: 'for (let i = (hole + 1) & mask; shard[i] === -1; i',
  },
  {
    name: 'a relist takes equal versions for equal content',
    file: 'collection.ts',
    find: ' && jsonEquals(stands, at, slab, offset)) {',
    put: ') {',
  },
  {
    name: 'of two records in a relist the last stays, not the newest',
    file: 'collection.ts',
    find: 'if (partEquals(other, at, slab, offset, UID) && this.#compare(',
    put: 'if (offset < 0 && this.#compare(',
  },
  {
    name: 'a relist loses a record that was removed meanwhile',
    file: 'object-store.ts',
    find: 'adopted = collection.adopt(slot, place, this.#probe, adopted) || adopted;',
    put: 'void collection;',
  },
  {
    name: 'two relists own one record',
    file: 'collection.ts',
    find: 'const taken = shared ? moveRecord(this.#slabs, slab, offsetOf(place)) : place;',
    put: 'const taken = shared ? place : place;',
  },
  {
    name: 'a relist loses a record that compaction moved',
    file: 'object-store.ts',
    find: 'for (const collection of this.#collections.values()) collection.moved(slot, from, to);',
    put: '',
  },
  {
    name: 'a relist removes what belongs to other scopes',
    file: 'object-store.ts',
    find: 'else if (this.#scopes[slot] === scope && own.find(',
    put: 'else if (own.find(',
  },
  {
    name: 'an object made anew under a name is an update',
    file: 'object-store.ts',
    find: 'return sameObject ?',
    put: 'return slot >= 0 ?',
  },
  {
    name: 'an older version overwrites a newer one',
    file: 'object-store.ts',
    find: '(comparison === 1 && (sameObject || !relist))',
    put: 'comparison === undefined',
  },
  {
    name: 'an extractor that throws leaves its record behind',
    file: 'object-store.ts',
    find: 'prepared.push(own.place(slot) < 0 ? [] : this.#prepare(own.place(slot)));',
    put: 'void prepared;',
  },
  {
    name: 'a dropped member takes its comma along twice',
    file: 'scan-record.ts',
    find: 'if (keeps) cuts.push(end, this.#at);',
    put: 'if (keeps) cuts.push(end + 1, this.#at);',
  },
  {
    name: 'keys with escapes are other keys',
    file: 'scan-record.ts',
    find: '    if (escaped) {\n      const text',
    put: '    if (escaped && end < start) {\n      const text',
  },
  { name: 'overlong UTF-8 is taken', file: 'scan-record.ts', find: 'if (lead === 0xe0) low = 0xa0;', put: '' },
  { name: 'an earlier metadata shines through a later one', file: 'scan-record.ts', find: 'if (found?.metadata) this.#forget();', put: '' },
  {
    name: 'a record has what the one before it in its room had',
    file: 'packed-record.ts',
    find: '  words.fill(0, w + 1, w + HEAD / 4);\n',
    put: '',
  },
  { name: 'a snapshot shows the last change but one', file: 'snapshot-view.ts', find: 'if (this.#undo.has(id)) return;', put: '' },
  {
    name: 'a walk does not see that the order changed',
    file: 'store-view.ts',
    find: 'if (this.order.changes === changes) continue;',
    put: 'continue;',
  },
  { name: 'the parsed objects have no budget', file: 'hot-tier.ts', find: 'while (this.bytes > this.#budget) this.#evict();', put: '' },
  {
    name: 'two keys share an encoding',
    file: 'key-order.ts',
    find: "return namespace.includes('/') || name.includes('/') ? `${path}${END}${part(namespace)}` : path;",
    put: 'return path;',
  },
];
