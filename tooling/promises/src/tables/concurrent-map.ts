import type { KeptPromise } from '../check-promises.ts';

export const kept: readonly KeptPromise[] = [
  {
    says: '**Versions** grow with each write of the map.',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'versions grow with each write of the map',
  },
  {
    says: 'A map for many asyncs of one thread',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'changes are told in order and without a gap from a sequence on, by one who lags too',
  },
  {
    says: 'loses every update that came in between',
    test: 'packages/concurrent-map/src/concurrent/lost-updates.test.ts',
    named: 'a plain Map loses updates across an await, and each way of a ConcurrentMap and of a SharedMap keeps them all',
  },
  {
    says: 'The table shows 1,000 asyncs that each add 1',
    test: 'packages/concurrent-map/src/concurrent/lost-updates.test.ts',
    named: 'a plain Map loses updates across an await, and each way of a ConcurrentMap and of a SharedMap keeps them all',
  },
  {
    says: '**One step each.**',
    test: 'packages/concurrent-map/src/concurrent/histories.test.ts',
    named: 'histories of four clients are linearizable, aborted calls included',
  },
  {
    says: '20,000 in every test run',
    test: 'packages/concurrent-map/src/concurrent/histories.test.ts',
    named: 'histories of four clients are linearizable, aborted calls included',
  },
  {
    says: '**Any string is a key**',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'any string is a key: __proto__, the empty one, NUL, half a surrogate and 253 characters',
  },
  {
    says: 'The map hands out the very values it was given and copies nothing',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'undefined is no value, and null, NaN and 0 are values',
  },
  {
    says: 'A key that was deleted and written again never has a version that it had before, so `compareAndSet` is safe from a value that went and came back',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'versions grow with each write of the map, and compareAndSet writes only over the version it read',
  },
  {
    says: 'refuses an async function and a function that writes the same key',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'compute refuses a function that writes its key and takes the write back',
  },
  {
    says: 'calls `load` once for all who ask',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'one load serves 100,000 who wait for it',
  },
  {
    says: 'A load that asks for its own key gets a `ReentryError`',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named:
      'a load that asks for its own key, and a replaceAll within the content of another, are told so instead of waiting for themselves',
  },
  {
    says: 'a task that it started may ask once the section has ended',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'a task that a section or a load left running may ask for the key once that has ended',
  },
  {
    says: 'It guards sections against each other, not against a bare `set`',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'sections of one key run one after another in the order of the calls, those of other keys beside them',
  },
  {
    says: 'It returns the exact difference',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'replaceAll gives the exact difference, keeps the versions of what is equal, and is one step for readers',
  },
  {
    says: 'content that throws changes nothing',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'writes amid a replaceAll are told and then replaced; content that throws changes nothing',
  },
  {
    says: 'While it lives, each write keeps what it replaces',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'snapshots stand still whatever happens, and a disposed one says so',
  },
  {
    says: 'snapshot keeps at most as many entries as it shows',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'a snapshot keeps no more entries than it shows, however many come and go while it lives',
  },
  {
    says: 'tells each change in order and without a gap',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'changes are told in order and without a gap from a sequence on, by one who lags too',
  },
  {
    says: '`return()` and `signal` end a wait at once',
    test: 'packages/concurrent-map/src/concurrent/concurrent-map.test.ts',
    named: 'a subscription ends at once by return(), by its signal and by await using, while next() waits too',
  },
  {
    says: 'each write moves at most 32 entries or splits one part of some 512',
    test: 'packages/concurrent-map/src/concurrent/model.test.ts',
    named: 'a table that grows past one Map keeps every entry, and its parts stay small',
  },
  {
    says: 'Parts are chosen by at most 20 characters of a key',
    test: 'packages/concurrent-map/src/concurrent/model.test.ts',
    named: 'keys that agree in all the characters that are hashed are told apart',
  },
  {
    says: 'an entry that stands all along is met exactly once',
    test: 'packages/concurrent-map/src/concurrent/model.test.ts',
    named: 'an entry that stands all along is met once by a walk, however the table is split meanwhile',
  },
  {
    says: "no tenant can evict another's entries",
    test: 'packages/concurrent-map/src/tenant/tenant-cache.test.ts',
    named: 'one tenant can neither evict nor see what another holds, and names that look alike are two tenants',
  },
  {
    says: 'An expired entry is never served, collected or not',
    test: 'packages/concurrent-map/src/tenant/tenant-cache.test.ts',
    named: 'an expired entry is never served, collected or not, and the TTL of a tenant can be changed for what it holds',
  },
  {
    says: 'The quota holds at every moment',
    test: 'packages/concurrent-map/src/tenant/tenant-cache.test.ts',
    named: 'a quota holds at every moment, can be changed live, and a value that is larger than all of it is not taken',
  },
  {
    says: 'A collection begins every 30 s',
    test: 'packages/concurrent-map/src/tenant/tenant-cache.test.ts',
    named: 'run() begins a collection every 30 s until its signal, and not twice at once',
  },
  {
    says: 'It removes at most 256 entries and takes at most 1 ms at a time, one such slice a turn of the event loop',
    test: 'packages/concurrent-map/src/tenant/tenant-cache.test.ts',
    named: 'of a million entries, four fifths of them expired, none is served late and all are freed in slices of at most 256',
  },
  {
    says: 'parts that are more than 70% expired first, until nothing expired is left',
    test: 'packages/concurrent-map/src/tenant/tenant-cache.test.ts',
    named: 'a slice ends after a millisecond, and parts that are mostly expired come first',
  },
  {
    says: 'Asking under a name that holds nothing',
    test: 'packages/concurrent-map/src/tenant/tenant-cache.test.ts',
    named: 'whoever only asks makes no tenant, whatever names he thinks of, and his misses are counted',
  },
  {
    says: 'tells at most 100 tenants apart',
    test: 'packages/concurrent-map/src/tenant/tenant-cache.test.ts',
    named: 'counters tell a bounded number of tenants apart and never go back, though empty tenants are forgotten',
  },
  {
    says: 'Under the key of an object that was deleted and made again there is nothing',
    test: 'packages/concurrent-map/src/stateful/stateful-map.test.ts',
    named: 'a state ends with its UID',
  },
  {
    says: 'tries again at most 5 times',
    test: 'packages/concurrent-map/src/stateful/stateful-map.test.ts',
    named: 'update calls again with what stands there when another write was first, and gives up after its tries',
  },
  {
    says: 'at most 500 levels deep',
    test: 'packages/concurrent-map/src/stateful/stateful-map.test.ts',
    named: 'members that JSON would lose, and states that are nested without end, are refused with their place',
  },
  {
    says: 'With a `log` each write is kept by the log before the map shows it',
    test: 'packages/concurrent-map/src/stateful/stateful-map.test.ts',
    named: 'with a log a write is kept before it is shown, a log that fails leaves the map as it was, and a restart finds everything',
  },
  {
    says: 'A key or index function that throws changes nothing',
    test: 'packages/concurrent-map/src/keyed/keyed.test.ts',
    named: 'an index function that throws changes nothing: add, replace and addIndexers leave all as it was',
  },
  {
    says: 'Two different keys never have one text',
    test: 'packages/concurrent-map/src/keyed/keyed.test.ts',
    named: 'two composite keys never have one text, and each is read back',
  },
  {
    says: 'holds the last versions of each object',
    test: 'packages/concurrent-map/src/keyed/keyed.test.ts',
    named: 'of an object no more versions are held than asked for, whatever the order in which they come',
  },
  {
    says: 'the cache holds at most `keep` versions of each object',
    test: 'packages/concurrent-map/src/keyed/keyed.test.ts',
    named: 'of an object no more versions are held than asked for, whatever the order in which they come',
  },
  {
    says: 'changes in order, waiting for the next, or those that are there',
    test: 'packages/concurrent-map/src/threads/shared-history.test.ts',
    named: 'changes are told in order and without a gap from a sequence on, with what was before',
  },
  {
    says: 'tears nothing and stops nobody: 20,000 histories of four real threads',
    test: 'packages/concurrent-map/src/threads/thread-histories.test.ts',
    named: 'histories of four threads are linearizable, killed calls included',
  },
  {
    says: 'All changes of all keys stand in one order',
    test: 'packages/concurrent-map/src/threads/shared-history.test.ts',
    named: 'a snapshot and the changes after it make the map',
  },
  {
    says: 'A key that was deleted and written again never has a version that it had before.',
    test: 'packages/concurrent-map/src/threads/shared-map.test.ts',
    named: 'versions grow with each write of the map, and compareAndSet writes only over the version it read',
  },
  {
    says: 'Numbers are doubles and keep every bit',
    test: 'packages/concurrent-map/src/threads/shared-map.test.ts',
    named: 'any value that JSON holds comes back as it was: numbers beyond 2^53 as the same double, half a surrogate pair, __proto__, null',
  },
  {
    says: 'are a `MapValueError` that names map, key and place',
    test: 'packages/concurrent-map/src/threads/shared-map.test.ts',
    named: 'what JSON does not hold is refused with map, key and place, and nothing is changed',
  },
  {
    says: 'A value with its key takes at most a quarter of `maxBytes`.',
    test: 'packages/concurrent-map/src/threads/shared-map.test.ts',
    named: 'a map that is full says so with map and key, changes nothing, can be emptied, and takes values again',
  },
  {
    says: '**Keys are strings of at most 1,024 characters**',
    test: 'packages/concurrent-map/src/threads/shared-map.test.ts',
    named: 'any string of at most 1,024 characters is a key; a longer one, and what is no string, is a KeyError',
  },
  {
    says: 'at most 16,777,216) and `changes` (16,384; at most 65,536) are given when the map is made.',
    test: 'packages/concurrent-map/src/threads/shared-map.test.ts',
    named: 'options that cannot work, and what is no handle, are refused by name',
  },
  {
    says: 'Past a bound a write throws a `MapFullError` that names map, key and option, and nothing was changed.',
    test: 'packages/concurrent-map/src/threads/shared-map.test.ts',
    named: 'a map that is full says so with map and key, changes nothing, can be emptied, and takes values again',
  },
  {
    says: '160 bytes for a value of 97 bytes under a key of 8',
    test: 'packages/concurrent-map/src/threads/shared-map.test.ts',
    named: 'an entry of 97 bytes of JSON under a key of 8 takes 160 bytes',
  },
  {
    says: 'takes along at most the block that it wrote and the one that it was about to free',
    test: 'packages/concurrent-map/src/threads/interleavings.test.ts',
    named:
      'a write that is killed before any of its steps takes along at most the block that it wrote and the one that it was about to free',
  },
  {
    says: 'then it throws a `SnapshotExpiredError` and shows nothing wrong',
    test: 'packages/concurrent-map/src/threads/reader-interleavings.test.ts',
    named: 'writes between any two steps of a reader: a value is whole, and a snapshot shows its moment or says that it expired',
  },
  {
    says: 'behind what is kept there is a `ChangesLostError`, never a silent gap',
    test: 'packages/concurrent-map/src/threads/shared-history.test.ts',
    named: 'behind what the map keeps there is a ChangesLostError, never a silent gap',
  },
  {
    says: 'A writer that is killed right after a change may wake nobody; a wait therefore looks again after a second.',
    test: 'packages/concurrent-map/src/threads/shared-history.test.ts',
    named: 'a wait does not outlive a second, so that a writer that was killed before it woke anybody holds up nobody',
  },
  {
    says: '**A walk** meets an entry that stands all along exactly once.',
    test: 'packages/concurrent-map/src/threads/shared-history.test.ts',
    named: 'an entry that stands all along is met once by a walk, whatever comes and goes',
  },
  {
    says: 'Each thread keeps what it decoded within `hotBytes`',
    test: 'packages/concurrent-map/src/threads/shared-map.test.ts',
    named: 'values that a thread has decoded are kept within hotBytes',
  },
  {
    says: 'When it resolves, the write and all before it survive SIGKILL',
    test: 'packages/concurrent-map/src/level/disk.test.ts',
    named: 'loses nothing that was acknowledged, and nothing of the rest is half there',
  },
  {
    says: 'Other writes may be there after a crash or not, but none is half there, and none is there without those before it.',
    test: 'packages/concurrent-map/src/level/disk.test.ts',
    named: 'loses nothing that was acknowledged, and nothing of the rest is half there',
  },
  {
    says: '`compareAndSet`, `compareAndDelete` and `getOrInsert` are one step each, as in a ConcurrentMap.',
    test: 'packages/concurrent-map/src/level/durable-map.test.ts',
    named: 'whatever is done, in whatever order, over restarts, the map equals a plain Map',
  },
  {
    says: 'At most 64 MiB (`maxPendingBytes`) wait for the disk; a write beyond that is refused with a `DurablePendingError` and changes nothing.',
    test: 'packages/concurrent-map/src/level/durable-map.test.ts',
    named: 'more than may wait for the disk is refused, and the map is unchanged',
  },
  {
    says: 'Each entry has a checksum, the whole has one, and the last acknowledged sequence is noted beside it.',
    test: 'packages/concurrent-map/src/level/damage.test.ts',
    named: 'an entry that is missing, changed, exchanged with another or added behind our back is found',
  },
  {
    says: 'leaves the folder as it was found',
    test: 'packages/concurrent-map/src/level/damage.test.ts',
    named: 'a byte that was changed anywhere is found or does no harm, the folder is left as it was',
  },
  {
    says: 'Opening reads all keys and values and parses none.',
    test: 'packages/concurrent-map/src/level/durable-map.test.ts',
    named: '100,000 entries come back, and a value that is parsed is one that was asked for',
  },
  {
    says: 'The next `flushed()`, or a write one second later (`retryMs`), tries again.',
    test: 'packages/concurrent-map/src/level/write-queue.test.ts',
    named: 'the disk is tried again by a write after retryMs, or by flushed() at once',
  },
  {
    says: 'a write one second later',
    test: 'packages/concurrent-map/src/level/disk.test.ts',
    named: 'all of it is written when there is room again',
  },
];
