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
  {
    name: 'the parsed object outlives a change of its record',
    file: 'object-store.ts',
    find: '    this.#view.hot.drop(slot);\n    this.#view.sequence',
    put: '    this.#view.sequence',
  },
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
    name: 'the key of a loaded record is not compared with its row',
    file: 'object-store.ts',
    find: '&& this.#probe.fromRecord(slab, offset).hash === hash;',
    put: '&& this.#probe.fromRecord(slab, offset).hash !== hash + 0.5;',
  },
  {
    name: 'a relist takes a damaged record for the one that it brings',
    file: 'collection.ts',
    find: 'found >= 0 && this.#isSound(found) ? found : -1',
    put: 'found',
  },
  {
    name: 'the checksum of a loaded record is not compared',
    file: 'store-view.ts',
    find: 'const sound = isIntact(this.table.slab(slot).words, this.table.offset(slot) >> 2);',
    put: 'const sound = true;',
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
    find: 'partEquals(stands, at, slab, offset, VERSION) &&\n        jsonEquals(stands, at, slab, offset)',
    put: 'partEquals(stands, at, slab, offset, VERSION)',
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
    find: 'return sameObject\n',
    put: 'return slot >= 0\n',
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
    find: 'prepared.push(own.place(slot) < 0 ? [] : this.#preparedOr(collection.prepared(slot), own.place(slot)));',
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
  {
    name: 'the room of a slab is given again under readers who hold a lease',
    file: 'shared/leases.ts',
    find: 'this.#pending.push(free);',
    put: 'free();',
  },
  {
    name: 'the lease of a reader that was killed is honoured for ever',
    file: 'shared/leases.ts',
    find: 'else if (now - since > this.#limitMs) {',
    put: 'else if (now < since) {',
  },
  {
    name: 'a reader goes on after its lease',
    file: 'shared/lease.ts',
    find: ' || this.#clock.now() > this.#until)',
    put: ')',
  },
  {
    name: 'a reader does not see that the writer took its lease',
    file: 'shared/lease.ts',
    find: 'Atomics.load(this.#control, LEASES + this.#at) !== this.#ticket || ',
    put: '',
  },
  {
    name: 'an object that a reader kept is shown for the next record in its place: the generation is not validated',
    file: 'shared/attach.ts',
    find: '            cached.generation === generation &&\n',
    put: '',
  },
  {
    name: 'a copied record is not validated: its room may have been given to another meanwhile',
    file: 'shared/attach.ts',
    find: 'if (memory.place(slot) !== place || memory.generation(place) !== generation) {',
    put: 'if (place < 0) {',
  },
  {
    name: 'the checksum of a record in shared memory is not compared',
    file: 'shared/shared-memory.ts',
    find: 'if (!isIntact(words, to)) return undefined;',
    put: '',
  },
  {
    name: 'a table that was written anew in the same room is taken for the one before: ABA',
    file: 'shared/table-writer.ts',
    find: 'this.#stamp = (this.#stamp + 1) | 0;',
    put: 'this.#stamp = 1;',
  },
  {
    name: 'a reader does not look again though the table was replaced',
    file: 'shared/shared-memory.ts',
    find: 'if (Atomics.load(this.control, root) === table && this.word(table + TABLE_STAMP) === stamp) return;',
    put: 'return;',
  },
  {
    name: 'a record is published before the log tells of it',
    file: 'shared/shared-writer.ts',
    find: '    this.#log.add(LOG_SET, slot, this.#slots[slot * 2] as number);\n    Atomics.store(this.#slots, slot * 2, place);\n',
    put: '    const before = this.#slots[slot * 2] as number;\n    Atomics.store(this.#slots, slot * 2, place);\n    this.#log.add(LOG_SET, slot, before);\n',
  },
  {
    name: 'a change is shown before its operation is complete',
    file: 'shared/change-log.ts',
    find: '    Atomics.store(this.#control, HEAD, this.#head);\n  }\n\n  commit',
    put: '    Atomics.store(this.#control, HEAD, this.#head);\n    this.commit();\n  }\n\n  commit',
  },
  {
    name: 'a reader takes a log that was written over for its own',
    file: 'shared/past-log.ts',
    find: 'if (((Atomics.load(control, HEAD) - from) | 0) >= LOG_SIZE)',
    put: 'if (count < 0)',
  },
  {
    name: 'a removal from a shared table ends the search of other keys',
    file: 'shared/table-writer.ts',
    find: 'const DELETED = -1;',
    put: 'const DELETED = 0;',
  },
  {
    name: "the writer's own entries lose their bytes when the room is given again",
    file: 'shared/slab-region.ts',
    find: 'slab.bytes = new Uint8Array(copy);',
    put: '',
  },
  {
    name: 'a chunk of the order is written over while it is read',
    file: 'shared/order-writer.ts',
    find: '    const chunk = this.#copy(slots, count);\n    this.#chunks[number] = chunk;',
    put: '    const chunk = before;\n    for (let i = 0; i < count; i += 1) this.#arena.words[chunk + LIST_ENTRIES + i] = slots[i] as number;\n    this.#arena.words[chunk] = count;\n    this.#chunks[number] = chunk;',
  },
  {
    name: 'of two values of an index in shared memory one is shown for the other',
    file: 'shared/shared-memory.ts',
    find: 'return this.word(posting + POSTING_INDEX) === index && sameText(this.#arena, posting + POSTING_TEXT, text);',
    put: 'return this.word(posting + POSTING_INDEX) === index;',
  },
];
