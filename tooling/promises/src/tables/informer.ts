import type { KeptPromise } from '../check-promises.ts';

const src = 'packages/informer/src';
const handlers = `${src}/handlers/handlers.test.ts`;
const iterator = `${src}/handlers/delta-iterator.test.ts`;
const fairness = `${src}/handlers/fairness.test.ts`;
const pinned = `${src}/handlers/pinned.test.ts`;
const sync = `${src}/reflector/reflector-sync.test.ts`;
const watch = `${src}/reflector/reflector-watch.test.ts`;
const fruitless = `${src}/reflector/reflector-fruitless.test.ts`;
const steps = `${src}/reflector/next-step.test.ts`;
const scopes = `${src}/scopes/scopes.test.ts`;
const follower = `${src}/scopes/scope-follower.test.ts`;
const guard = `${src}/scopes/program-guard.test.ts`;
const snapshot = `${src}/snapshot/snapshot.test.ts`;
const identity = `${src}/snapshot/server-identity.test.ts`;
const failed = `${src}/informer/failed-scopes.test.ts`;
const life = `${src}/informer/life.test.ts`;
const options = `${src}/informer/options.test.ts`;
const factory = `${src}/informer/informer-factory.test.ts`;
const waits = `${src}/freshness/wait-for.test.ts`;
const tracker = `${src}/freshness/write-tracker.test.ts`;
const barrier = `${src}/contract/write-barrier.test.ts`;
const suites = 'tooling/suites/src/informer';

export const kept: readonly KeptPromise[] = [
  // The view.
  { says: 'is shown as a state with a reason, an age and counters', test: steps, named: '%s after %s' },
  { says: 'which appears in one step', test: sync, named: 'a streamed list is shown at once, at its end bookmark' },
  { says: 'a reader never sees a part of a list', test: sync, named: 'a list that breaks between pages shows nothing of it' },
  {
    says: 'Objects are frozen; `entry.mutable()` gives a copy',
    test: handlers,
    named: 'objects handed out cannot be written to, and a copy can',
  },
  {
    says: 'Within an epoch an object never goes back to an older resourceVersion, through any reconnect or list. Once the server no longer changes, the view becomes equal to it.',
    test: `${src}/oracle/oracle.test.ts`,
    named: 'whatever the history, the faults and the handlers: every promise holds at quiescence',
  },
  {
    says: 'is told as a `deleted` of the old UID, then an `added` of the new UID',
    test: watch,
    named: 'an object made again under its name is a delete of the old UID and an add of the new, in a watch and after a list',
  },
  {
    says: 'A `deleted` delta always has a `cause`.',
    test: `${src}/oracle/oracle.test.ts`,
    named: 'whatever the history, the faults and the handlers: every promise holds at quiescence',
  },
  {
    says: '`unknown`: the server went back to an older state, a list lacked objects that could not be read',
    test: sync,
    named: 'a list that skipped an object never says of a missing one that it was deleted',
  },
  // Handlers.
  {
    says: 'never delays the watch, the view, or another handler',
    test: handlers,
    named: 'a handler that hangs costs only itself: the view and the other handlers go on',
  },
  {
    says: 'Whenever it is registered, it first gets each object of the view once, as `added` (origin `initial`), then the changes.',
    test: handlers,
    named: 'a handler added mid-stream sees each object once, with no gap to the changes',
  },
  {
    says: 'Deltas of one key are delivered in order and one at a time;',
    test: handlers,
    named: 'one key is never handled twice at once, and a change while it runs is handed out after',
  },
  {
    says: 'different keys are handled concurrently',
    test: handlers,
    named: 'a slow key does not block the others, and nobody jumps the line within a key',
  },
  {
    says: 'Changes of one object that the handler has not taken yet are merged into one',
    test: handlers,
    named: 'changes of one object that wait fold into one, with the newest state',
  },
  {
    says: 'an add and a delete that it did not see cancel out',
    test: handlers,
    named: 'an add and a delete that never reached the handler cancel out',
  },
  {
    says: 'The number of deltas that wait is therefore bounded by the number of objects.',
    test: handlers,
    named: 'changes of one object that wait fold into one, with the newest state',
  },
  {
    says: 'the queue holds keys only',
    test: handlers,
    named: 'beyond the buffer only keys wait, the newest state is delivered all the same, and deletes keep their last state',
  },
  { says: 'than `pinnedBytes` of records alive', test: pinned, named: 'what waits for a stuck handler pins no more than its bytes' },
  {
    says: 'the handler goes on with the next delta',
    test: handlers,
    named: 'a handler that throws or rejects is counted, its complaint is heard, and everything else goes on',
  },
  {
    says: '`handle.synced` resolves when its last initial item was *processed*',
    test: handlers,
    named: 'a handler is synced when its last initial item is processed, not when it is queued',
  },
  {
    says: 'an object that begins to match is an add',
    test: handlers,
    named: 'a filter turns changes into it and out of it into adds and deletes',
  },
  {
    says: 'All handlers of one informer take turns and together yield to the event loop',
    test: fairness,
    named: 'twenty handlers together hold the event loop no longer than one',
  },
  {
    says: 'gets the whole store again once it has caught up',
    test: handlers,
    named: 'a handler whose initial items were dropped by its overflow is synced when the replay that brings them is processed',
  },
  {
    says: '`withPrevious` together with it is refused',
    test: options,
    named: 'options of handlers that cannot work are refused at once',
  },
  {
    says: '`return()`, `throw()` and `await using` end the iteration at once',
    test: iterator,
    named: 'return() and throw() end an iteration at once while a next() waits, which resolves as done',
  },
  // Sharing, the end.
  {
    says: 'share one watch and one view, which end when the last of them is stopped',
    test: factory,
    named: 'stopping one takes its own handlers away; the watch ends with the last',
  },
  {
    says: 'belong to the informer that registered them, and end with its `stop()`',
    test: factory,
    named: 'a lease that was stopped is told of nothing more, while the others go on',
  },
  { says: 'after it the factory makes no more', test: factory, named: 'a factory that was stopped gives nothing more' },
  {
    says: '`stop()` removes all handlers at once and resolves when the streams have ended, and after the last save of a restored informer;',
    test: life,
    named: 'all that waits when stop() is called is told at once, whatever the streams do; later calls give the same promise',
  },
  { says: 'throw `InformerStoppedError`', test: life, named: 'after stop() nothing can be begun, nothing waits, and no stream is opened' },
  {
    says: 'Promises that are pending when `stop()` is called are settled at once.',
    test: life,
    named: 'all that waits when stop() is called is told at once',
  },
  // Scopes from the cluster.
  {
    says: 'the last valid content stays in force',
    test: follower,
    named: 'while it says nothing usable, and after it is gone, what it said last stays',
  },
  {
    says: 'reject with it unless their condition already holds',
    test: factory,
    named: 'a lease that was stopped tells what holds, and rejects what it would have to wait for',
  },
  {
    says: 'or an informer that it follows is stopped',
    test: life,
    named: 'a follower of an informer that is stopped before there is an answer lets nobody wait',
  },
  {
    says: 'It rejects with `InformerStoppedError` when the follower is disposed',
    test: life,
    named: 'a follower never lets anybody wait for what cannot come',
  },
  // Restarts.
  {
    says: 'each `everyMs`, by `save()`, and on `stop()`',
    test: snapshot,
    named: 'it is saved on an interval, on demand and on stop; a save that fails is reported and nothing else',
  },
  {
    says: 'While no list was complete, the interval and `stop()` leave the file as it is.',
    test: snapshot,
    named: 'what was never complete takes the place of no good file, neither on the interval nor on stop',
  },
  {
    says: 'Readers see the loaded view before `start()`',
    test: snapshot,
    named: 'after a restart readers are served at once, marked stale with their age, and the watch resumes without a list',
  },
  {
    says: 'If the version is too old, a list follows',
    test: snapshot,
    named: 'a saved version that is too old is listed over',
  },
  {
    says: 'A file that is damaged, or of other selectors or another projection, is reported (`snapshot-unused`) and not used.',
    test: snapshot,
    named: 'a file of another selector, or a damaged one, is reported and not used',
  },
  {
    says: 'each takes its own part, also from a file of all namespaces',
    test: snapshot,
    named: 'a file that was saved of all namespaces serves those that are asked for now, and nothing of the others',
  },
  {
    says: 'is not saved as complete',
    test: snapshot,
    named: 'a view that lacks an object is not saved as complete',
  },
  {
    says: 'a file made by a transform of another name is not used',
    test: identity,
    named: 'a file whose transform has another name is not used',
  },
  {
    says: 'after `start()` the UID is requested before the resource is read',
    test: identity,
    named: 'the server is asked for its UID once, after it was away; nothing is read before',
  },
  {
    says: 'the objects leave the view with the cause `unknown`',
    test: identity,
    named: 'a file of another server at the same address is dropped at the first contact, with the cause unknown',
  },
  {
    says: '`restoreInformer` requests the UID for at most 5 s',
    test: identity,
    named: 'a server at another address that never answers keeps nobody waiting for long',
  },
  {
    says: 'uses the file only if the UID is the same',
    test: identity,
    named: 'a file of another address or other authorities is not shown, unless the server’s UID says that it is the same',
  },
  {
    says: 'objects that the first list does not show leave with the cause `unknown`',
    test: identity,
    named: 'what a list does not show after a restore left with the cause unknown',
  },
  // Resync and freshness.
  {
    says: '`resyncMs` delivers each object of the view to the handler again',
    test: handlers,
    named: 'a resync hands the store again to the handlers that ask for it, marked, and to no other',
  },
  {
    says: '`ageMs` (since the last event or bookmark) of each scope',
    test: waits,
    named: 'freshness is told per scope: the version, and the age since the last event or bookmark',
  },
  {
    says: 'A quiet server sends a bookmark each 60 s, so a stream without an event or a bookmark for 75 s is closed and opened again; the 75 s begin anew with each stream.',
    test: watch,
    named: 'a stream that falls silent is given up after the idle limit, asked about, and resumed',
  },
  {
    says: 'resolves when your write is in the view (deletes by UID included)',
    test: waits,
    named: 'a write can be waited for: it is in the view when the promise resolves',
  },
  {
    says: 'An event is compared only with the waits for its version or its key.',
    test: tracker,
    named: 'an event wakes those whose version it reaches and those of its key, and looks at nobody else',
  },
  {
    says: 'a version at or below one seen before the write sets the state `Regressed` at once',
    test: barrier,
    named: 'a write answered below what was seen before it shows Regressed',
  },
  {
    says: 'sends cheap lists (of a name that does not exist)',
    test: barrier,
    named: 'while the old state is shown it is asked for by a list of nobody, not by whole lists',
  },
  // Scopes.
  {
    says: 'or a list of names (one stream for each)',
    test: scopes,
    named: 'each namespace that is named has a stream and a state of its own',
  },
  {
    says: 'no object that stays leaves the view or goes back to an older version',
    test: scopes,
    named: 'from single namespaces to all, no object leaves or is added twice',
  },
  {
    says: 'the name of the cluster is the first part of each key. A scope that is dead or forbidden blocks no other.',
    test: scopes,
    named: 'clusters stand in one view under their own keys, each with its own state; a dead one blocks no other',
  },
  {
    says: 'Not every intermediate state.',
    test: handlers,
    named: 'changes of one object that wait fold into one, with the newest state',
  },
  // States and failures.
  {
    says: 'the informer goes on trying, with full jitter from 0.8 s to 30 s',
    test: watch,
    named: 'too many requests are waited out for at least what the server asks, and do not cause a list',
  },
  {
    says: 'While it cannot reach the server, the view stays as it was and its age grows.',
    test: watch,
    named: 'refused connections are backed off and do not cause a list',
  },
  {
    says: 'a request that cannot be sent, such as a header with a line break (`RequestError`)',
    test: `${suites}/broken-watches.test.ts`,
    named: 'that cannot be sent, and the state says so without showing it',
  },
  {
    says: 'the view and the version stay as they were',
    test: guard,
    named: 'a list that the store cannot take is an error of the program: the view and the version stay, and it is tried again',
  },
  {
    says: 'no further request: make a new client and a new informer',
    test: guard,
    named: 'a client that is closed under an informer is a final state that says so, and nothing is tried again',
  },
  {
    says: 'After four in a row a list in pages of the newest state follows',
    test: fruitless,
    named: 'watches from one version that end at once, while the server answers, are listed over within seconds, and that is reported',
  },
  {
    says: 'It ends only at the bookmark whose annotation `k8s.io/initial-events-end` is exactly `"true"`;',
    test: sync,
    named: 'only a bookmark whose annotation is exactly "true" ends the streamed list',
  },
  {
    says: 'no streamed list for 30 min',
    test: sync,
    named: 'a server that refuses streamed lists gets a paged list at once, and is remembered',
  },
  {
    says: 'Thrown at once (functions that return a promise reject), before any change',
    test: options,
    named: 'an option that cannot work is refused at once, by its name and value',
  },
  {
    says: 'it throws, returns a promise or no object, changes name, namespace, UID or resourceVersion, or returns a value that JSON cannot express',
    test: guard,
    named: 'an object whose transform %s is not kept, in a list, a watch and a relist, and everything else is',
  },
  {
    says: 'The first hundred failures of a function are reported',
    test: guard,
    named: 'an extractor that throws for every object is reported a bounded number of times, and counted each time',
  },
  {
    says: '`whenSynced()` waits through all of these states.',
    test: failed,
    named: 'whenSynced waits while a scope is %s for %s, and resolves when that is mended',
  },
  {
    says: 'It rejects with `ScopeFailedError` where waiting cannot help: the client of a scope that has no complete list was closed.',
    test: failed,
    named: 'a scope whose client was closed before its first list rejects all that wait for it, at once and later, with the reason',
  },
  {
    says: '`handle.synced` rejects with the same error, and so does the `ready` of a follower.',
    test: failed,
    named: 'the lease of a factory and a follower are told as well',
  },
];
