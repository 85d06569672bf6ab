import type { KeptPromise } from '../check-promises.ts';

const store = 'packages/store/src/object-store.test.ts';
const model = 'packages/store/src/object-store.model.test.ts';
const attach = 'packages/store/src/shared/attached/attach.test.ts';
const between = 'packages/store/src/shared/interleavings.test.ts';
const full = 'packages/store/src/shared/full-store.test.ts';
const records = 'packages/store/src/records/large-records.test.ts';
const steady = 'packages/store/src/views/frozen-and-steady.test.ts';
const digits = 'packages/store/src/views/exact-digits.test.ts';
const callbacks = 'packages/store/src/writing/callbacks.test.ts';
const wrong = 'packages/store/src/writing/wrong-input.test.ts';
const hot = 'packages/store/src/entries/hot-tier.test.ts';
const file = 'packages/store/src/file/store-file.test.ts';
const runtimes = 'tooling/runtime-tests/src/store.test.ts';

export const kept: readonly KeptPromise[] = [
  { says: 'runs the same on Node, Bun and Deno', test: runtimes, named: 'store: thousands of updates and removes leave what a Map holds' },
  {
    says: 'it knows no network and no Kubernetes client, depends on nothing outside this repository',
    test: 'tooling/floors/src/floors.test.ts',
    named: 'import',
  },
  { says: 'A view has no method that writes.', test: records, named: 'a view has what reads, and nothing that writes' },
  {
    says: 'readers see nothing of it before `commit`, and all of it after.',
    test: store,
    named: 'a relist is not seen before its commit, and then gives the exact difference',
  },
  { says: '`commit` gives the exact difference.', test: model, named: 'whatever is done in whatever order, the store equals a plain Map' },
  { says: '`abort` leaves nothing.', test: store, named: 'an aborted relist leaves nothing' },
  { says: 'A value is frozen all the way down at every read', test: steady, named: 'a value is frozen all the way down at every read' },
  {
    says: 'Integers beyond 2^53 keep their digits',
    test: digits,
    named: 'what any read of a store gives is written back with the digits that the server sent',
  },
  { says: 'Taking one copies nothing;', test: records, named: 'a snapshot copies nothing when it is taken' },
  {
    says: 'it keeps what stood under each key that changes after it, up to 65,536 keys, and past that every read of it throws `SnapshotExpired`',
    test: store,
    named: 'a snapshot past its cap of changes expires aloud',
  },
  {
    says: 'So a callback that throws, or a store that is full, changes nothing.',
    test: callbacks,
    named: 'a callback that throws leaves a %s store as it was, in every operation and at every object',
  },
  {
    says: 'a write from within one is refused (`STORE_BUSY`)',
    test: callbacks,
    named: 'a callback that writes to the store that calls it is refused',
  },
  { says: 'It goes on in order;', test: store, named: 'a select goes on in order while the store changes under it' },
  {
    says: 'two keys never share an encoding.',
    test: 'packages/store/src/keys/keys.test.ts',
    named: 'two keys share an encoding only if they are the same key',
  },
  {
    says: 'A key that is asked for may leave out `cluster`.',
    test: steady,
    named: 'a key may leave out its cluster, in every call that takes one',
  },
  {
    says: 'a value that JSON has not is refused by its path',
    test: digits,
    named: 'a transform that gives what JSON cannot say, or a number whose digits it lost, is refused by the path',
  },
  {
    says: 'Records stand packed in slabs outside the JavaScript heap, the kept JSON and 64 bytes each;',
    test: records,
    named: 'a record takes its JSON and 64 bytes',
  },
  { says: 'Nothing is parsed before it is read.', test: records, named: 'nothing is parsed before it is read' },
  {
    says: 'a write moves at most eight records out of the most wasteful one',
    test: records,
    named: 'compaction never copies a large record inside the write of another, and little at once',
  },
  {
    says: 'A write that finds no room left moves at most 4 MiB more, out of four slabs.',
    test: records,
    named: 'a write that finds no room left moves at most four MiB out of four slabs',
  },
  {
    says: 'A record above 128 KiB has a slab of its own, and is never moved;',
    test: records,
    named: 'compaction never copies a large record inside the write of another',
  },
  {
    says: 'records of any sizes take at most 1.15 times their bytes.',
    test: records,
    named: 'records of mixed sizes take at most 1.15 times their bytes',
  },
  { says: '`byField(...path)` is an extractor that reads the kept bytes', test: records, named: 'by an index of a field neither' },
  { says: 'It gives an integer with all its digits.', test: digits, named: 'an index by a field tells integers beyond 2^53 apart' },
  {
    says: 'never a mixture of two, never an older one than was shown before, never one that was removed',
    test: between,
    named: 'what is read is whole and not older',
  },
  {
    says: 'show the store as it stood after one operation of the writer, in order',
    test: attach,
    named: 'a snapshot and an iteration show the moment at which they began, whatever is done meanwhile',
  },
  {
    says: 'past either it throws `IterationExpired`, and nothing wrong is shown.',
    test: attach,
    named: 'a lease ends after its time, for the reader with IterationExpired',
  },
  { says: '256 leases may be held at once;', test: attach, named: '256 readers may hold a lease, one more is refused until one is done' },
  {
    says: 'a lease past its time is taken over by whoever needs one',
    test: attach,
    named: 'leases past their time are taken over by a reader where the writer has nothing to write, and not before',
  },
  {
    says: 'The others stay packed, and each read parses them.',
    test: hot,
    named: 'an object is kept parsed at the read that hotReads names, and not before',
  },
  { says: '0 keeps none', test: hot, named: 'a budget beyond 32 bits, or none, keeps what is read often' },
  {
    says: 'An object that is written again leaves at once.',
    test: store,
    named: 'what is read twice is kept parsed and frozen, until it changes or the budget is spent',
  },
  {
    says: '`counters` tells, for each store and each reader by itself',
    test: hot,
    named: 'a reader of another thread’s store has a tier of its own, with the same options and counters',
  },
  {
    says: 'Each reader keeps what it reads often parsed and frozen, within `hotBytes`',
    test: attach,
    named: 'values read often are kept by the reader until their record changes',
  },
  {
    says: 'past them a write throws `SHARED_FULL`, which names the option, and nothing was changed.',
    test: full,
    named: 'a write that finds no room left of %s says so and changes nothing, whatever was done before',
  },
  {
    says: 'After every second object of a full store was removed, at least half of that room less one MiB takes records',
    test: full,
    named: 'after each second object of a full store was removed, records of any size fit into half of that room less one MiB',
  },
  { says: 'Saves of one path by one process wait for each other;', test: file, named: 'saves of one path wait for each other' },
  {
    says: 'A load compares the checksums of the header and of the rows, and each key with its row, before it shows anything',
    test: file,
    named: 'a file that is cut at any byte, or has more behind it, or has a byte of its header or its rows changed, is refused',
  },
  {
    says: 'each carries a checksum of its own, which is compared when it is first read, and it is parsed then. One that was damaged reads as absent and is counted (`counters.damaged`), never shown wrong;',
    test: file,
    named: 'a record with any one byte changed reads as absent and is counted, or is whole; nothing is ever shown wrong',
  },
  {
    says: 'compares the store with a plain Map under random operations, the scan of bytes with JSON.parse, and files with every byte of theirs changed',
    test: model,
    named: 'whatever is done in whatever order, the store equals a plain Map',
  },
  { says: 'before each single store of every operation', test: attach, named: 'the writer may be stopped before any store of %s' },
  {
    says: 'nothing was changed; the message names the place',
    test: store,
    named: 'what cannot be stored is refused with its place, and changes nothing',
  },
  {
    says: 'an option is misspelt or has another type, a limit is out of its range',
    test: wrong,
    named: 'an option of the wrong kind is refused by its name when the store is made',
  },
  {
    says: 'an extractor gave something else than a list of texts',
    test: wrong,
    named: 'an extractor that gives anything but a list of texts is refused by the name of its index',
  },
  {
    says: 'no key is given, a part of it is no text, or a removal has no UID',
    test: wrong,
    named: 'a call without what it takes is refused by the name of the method, on every view and writer',
  },
  {
    says: 'a query has a part that is misspelt or of another type',
    test: wrong,
    named: 'a query with a misspelt part or a value of the wrong type is refused by its name before it is walked',
  },
];
