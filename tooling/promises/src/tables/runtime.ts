import type { KeptPromise } from '../check-promises.ts';

const at = (file: string, named: string, says: string): KeptPromise => ({ says, test: file, named });

export const kept: readonly KeptPromise[] = [
  at(
    'packages/runtime/src/serving/serving.test.ts',
    'the first signal asks for the end, the second ends at once',
    'a second one ends it at once with status 1.',
  ),
  at(
    'tooling/suites/src/manager/readme.test.ts',
    'while the server is away the controller says so on standard error',
    'While the API server is away, or refuses, standard error says so.',
  ),
  at(
    'tooling/runtime-tests/src/runtime.test.ts',
    'a manager that is told to end by SIGTERM leaves nothing that holds the process',
    'Then nothing of the manager holds the process.',
  ),
  at(
    'packages/runtime/src/manager/manager.test.ts',
    'a reconcile that ignores its signal is named when the deadline has passed, and everything else is closed',
    'all within `stopDeadlineMs`, after which `StopTimeoutError` names what did not end.',
  ),
  at(
    'packages/runtime/src/manager/manager.test.ts',
    'the same namespaces in another order, or one of them twice, share one informer',
    'Equal informers share one watch.',
  ),
  at(
    'packages/runtime/src/manager/manager.test.ts',
    'run works once; what comes after it is refused by name',
    '`run` works once; what is added after it is refused by name;',
  ),
  at(
    'packages/runtime/src/manager/manager.test.ts',
    'a stop that a reconcile asks for ends the manager',
    '`stop` may be called at any time.',
  ),
  at(
    'packages/runtime/src/logging/told-log.test.ts',
    'a state is told once, again at growing intervals while it lasts, and its end once',
    'By default one line of JSON on standard error for each change of a reason, and again after 5, 10, 20 s, up to 5 minutes, while it lasts: a failing reconcile',
  ),
  at(
    'tooling/suites/src/manager/manager.test.ts',
    'a reconcile that throws is told within a second, with key and count',
    'a failing reconcile with key and count,',
  ),
  at(
    'tooling/suites/src/manager/manager.test.ts',
    'what RBAC forbids is told within a second, with verb and resource',
    'a Forbidden with verb and resource,',
  ),
  at('tooling/suites/src/manager/manager.test.ts', 'a CRD that is not installed is told within a second', 'a CRD that is not installed,'),
  at(
    'packages/runtime/src/logging/told-log.test.ts',
    'ten thousand different reasons at once are twenty lines, then one a second, and what is left out is counted',
    'At most 20 lines at once, then one a second; lines left out are counted.',
  ),
  at('packages/runtime/src/logging/told-log.test.ts', 'no secret stands in a line', 'What looks like a password or token is taken out.'),
  at(
    'packages/runtime/src/queue/work-queue.test.ts',
    'no key runs twice at once, none is lost, the queue ends empty',
    "The rules are client-go's: one key never runs twice at once;",
  ),
  at(
    'packages/runtime/src/queue/work-queue.test.ts',
    'a key that is added many times before it is taken runs once',
    'any number of adds before a run is one run;',
  ),
  at(
    'packages/runtime/src/queue/work-queue.test.ts',
    'a key that is added during its run is not handed out before the run ends, and then once, behind the others',
    'any number of adds during a run is one more run, behind the keys that were ready;',
  ),
  at(
    'packages/runtime/src/queue/work-queue.test.ts',
    'a time that a key waits for is kept when the key runs in the meantime',
    'the earliest counts, and the key runs at that time also if it ran in between;',
  ),
  at(
    'packages/runtime/src/queue/work-queue.test.ts',
    'after shutDown what is ready is still handed out, what waits for a time is dropped, and adds are refused',
    'after `shutDown` keys that are ready are still handed out, times are dropped.',
  ),
  at(
    'packages/runtime/src/queue/work-queue.test.ts',
    'a key of low priority is not starved by keys that come back for ever',
    'a key at `lowPriority` is overtaken for 5 s at most)',
  ),
  at(
    'packages/runtime/src/queue/work-queue.test.ts',
    'with merged timers an immediate add cancels the timer, and a timer on a ready key is dropped',
    "`timers: 'merged'` (an immediate add cancels a time)",
  ),
  at(
    'packages/runtime/src/queue/work-queue.test.ts',
    'shutting down twice, and after a drain, is the same as once; who waits gets the end',
    'several drains at once all end, and a `shutDown` after another ends a drain.',
  ),
  at(
    'packages/runtime/src/queue/work-queue.test.ts',
    'a failed key waits twice as long each time, up to the cap, and forget starts anew',
    '5 ms doubled up to 1,000 s for each key,',
  ),
  at(
    'packages/runtime/src/queue/work-queue.test.ts',
    'all keys share a bucket: the 101st failure at once waits 100 ms, the 102nd 200 ms',
    '10 retries a second (burst 100) for all;',
  ),
  at(
    'packages/runtime/src/controller/controller.test.ts',
    'a wait of %d ms that an error asks for is an hour',
    "A server's Retry-After wins, for an hour at most.",
  ),
  at(
    'packages/runtime/src/controller/controller.test.ts',
    'requeueAfterMs 0 runs the key again at once, behind the keys that are ready',
    '`{ requeueAfterMs }` runs the key again later, 0 at once;',
  ),
  at(
    'packages/runtime/src/controller/controller.test.ts',
    'a reconcile that returns a wrong result fails by name',
    'fails the run by name.',
  ),
  at(
    'packages/runtime/src/controller/controller.test.ts',
    'that is thrown costs its own key one run and nothing else',
    'What is thrown costs its own key one run and nothing else.',
  ),
  at(
    'packages/runtime/src/controller/controller.test.ts',
    'check() of a run refuses when its time is over, when leadership is, also before its signal tells',
    '`context.check()` throws where the run may no longer act, also before the signal tells:',
  ),
  at(
    'packages/runtime/src/controller/controller.test.ts',
    'on the machine’s own clock the event loop gets its turn before 10 ms of CPU are used, while 100,000 keys run',
    'After 4 ms of runs of all controllers together the event loop gets its turn.',
  ),
  at(
    'packages/runtime/src/sources/sources.test.ts',
    'passes the changes that it is for, and everything that is no update',
    'They hide updates alone: adds, deletes and resyncs pass,',
  ),
  at(
    'packages/runtime/src/sources/sources.test.ts',
    'costs the one change, and is told with the object',
    'A map function or a predicate that throws is reported and costs that one change.',
  ),
  at(
    'packages/runtime/src/objects/writes.test.ts',
    'a conflict is tried again five times, other failures not at all',
    '`retryOnConflict` (5 tries, 10 ms),',
  ),
  at(
    'packages/runtime/src/objects/writes.test.ts',
    'createOrUpdate makes what is missing, changes what differs, and sends nothing for what is as it should be',
    '`createOrUpdate` (sends nothing if nothing differs),',
  ),
  at(
    'packages/runtime/src/objects/writes.test.ts',
    'patchStatus sends what differs, bound to uid and version, and nothing where nothing differs',
    '`patchStatus` (what differs, bound to uid and resourceVersion),',
  ),
  at(
    'packages/runtime/src/objects/writes.test.ts',
    'applyAll gives each object its own result, keeps the order, and tells what was not tried',
    '`applyAll` (each object has its own result).',
  ),
  at(
    'packages/runtime/src/election/leader-election.test.ts',
    'leadership ends before anybody else may take over, counted from the start of the last renewal',
    'It ends at the START of the last renewal that succeeded + lease - margin',
  ),
  at(
    'packages/runtime/src/election/leader-election.test.ts',
    'the moment another holder is seen, leadership ends',
    'at once when another holder is seen;',
  ),
  at(
    'packages/runtime/src/election/leader-election.test.ts',
    'when stopped, the work is told first, the Lease is renewed while it winds down, and given up last',
    'and never after a release.',
  ),
  at(
    'packages/runtime/src/election/leader-election.test.ts',
    'check() refuses before its timer fires',
    '`leadership.check()` refuses also when the event loop stalled or the machine slept.',
  ),
  at(
    'packages/runtime/src/election/leader-election.test.ts',
    'a Lease that another took unseen is not given up in its name',
    'then given up by the version of our own last write.',
  ),
  at(
    'packages/runtime/src/election/leader-election.test.ts',
    'a Lease that is deleted and made anew does not begin below a term that was seen',
    '`term` grows with each acquisition, also after the Lease was deleted, if a candidate that saw it still runs: fence writes with it.',
  ),
  at(
    'packages/runtime/src/election/leader-election.test.ts',
    'a leader that slept past its lease does not write over the next one’s record',
    'The Lease alone stops nobody who does not look: what holds a Lease is a convention, not a lock.',
  ),
  at(
    'packages/runtime/src/objects/finalizer.test.ts',
    'a finalizer that another puts on at the same time is not lost',
    "Each write carries uid and resourceVersion. Others' finalizers are never lost,",
  ),
  at(
    'packages/runtime/src/objects/finalizer.test.ts',
    'an object that is gone is not made anew, and one that was made again under the name is not touched',
    "Others' finalizers are never lost, an object that was made again under the name is never touched, one that is gone is never made anew.",
  ),
  at(
    'tooling/suites/src/manager/events.test.ts',
    'what createFinalizer refuses the server refuses, and what it takes the server takes',
    'A name that the server refuses is refused by `createFinalizer`.',
  ),
  at(
    'packages/runtime/src/objects/objects.test.ts',
    'an older generation never replaces a newer',
    'the time moves only with the status, and an older generation never replaces a newer.',
  ),
  at(
    'tooling/suites/src/manager/events.test.ts',
    'events of hostile texts and names are taken by the server, every one',
    'stand within every rule of the server, whatever they are made of:',
  ),
  at(
    'packages/runtime/src/events/event-recorder.test.ts',
    'are cut to what the server takes, by bytes and never within a character',
    'texts are cut by bytes, never within a character.',
  ),
  at(
    'packages/runtime/src/events/event-recorder.test.ts',
    'what repeats is one event with a count, also when the object changed, and another note is another event',
    'Repeats are one event with a count,',
  ),
  at(
    'packages/runtime/src/events/event-recorder.test.ts',
    'a series ends after six minutes without a repeat: its count is written, and the next is a new event',
    'written each minute and at the end, until six minutes pass without one;',
  ),
  at(
    'packages/runtime/src/events/event-recorder.test.ts',
    'an object has a budget of 25, then one each five minutes; another object has its own',
    '25 events an object, then one each 5 minutes.',
  ),
  at(
    'packages/runtime/src/events/event-recorder.test.ts',
    'no call of record is lost without a count, whatever the sink does',
    'Recording never waits or throws, and each call is counted once:',
  ),
  at(
    'packages/runtime/src/serving/serving.test.ts',
    'a check that hangs fails by its deadline and hides no other',
    'Checks run in parallel, each with a deadline of its own, and a failure is 503 with its reason:',
  ),
  at(
    'packages/runtime/src/serving/debug-server.test.ts',
    'connections that are held open without a request keep nobody away',
    'Of more than 512 connections the oldest is closed.',
  ),
  at(
    'packages/runtime/src/serving/serving.test.ts',
    'a check that gives false fails, and what is thrown need not be an error',
    'A check that gives `false` fails.',
  ),
  at('packages/runtime/src/serving/debug-server.test.ts', 'costs only their own connection', 'it costs them their connection.'),
  at(
    'packages/runtime/src/serving/debug-server.test.ts',
    'the page shows scopes and queues, escaped, without scripts and without secrets',
    'each scope with state, reason, age and last events, each queue with the keys that wait longest.',
  ),
  at(
    'packages/runtime/src/serving/debug-server.test.ts',
    'a request with the Host %j is answered %s',
    'answers only requests whose Host is a loopback name,',
  ),
  at(
    'packages/runtime/src/serving/metrics.test.ts',
    'a series that comes twice is told once: the server would refuse the whole answer',
    'are counted, and cost no other series.',
  ),
  at(
    'packages/runtime/src/queue/work-queue.test.ts',
    'a key that is added many times before it is taken runs once',
    'The queue holds one record for each key, in memory;',
  ),
  at(
    'packages/runtime/src/manager/manager.test.ts',
    'preparations run one after the other between the servers and the informers, and /readyz says what each waits for',
    'They run one after the other. Each has a check of /readyz under its own name, which fails with what the step last gave to `waitingFor` until the step has ended; the log tells it too.',
  ),
  at(
    'packages/runtime/src/manager/manager.test.ts',
    'a preparation that fails stops the manager before an informer starts, and run rejects with its error',
    'A step that rejects stops the manager before an informer starts.',
  ),
  at(
    'packages/runtime/src/manager/manager.test.ts',
    'a preparation is told to stop by its signal, and awaited',
    'At a stop its signal is aborted and the step is awaited;',
  ),
  at(
    'packages/runtime/src/manager/manager.test.ts',
    'a preparation that passes %s is a SyncTimeoutError that says what it waited for',
    "or the manager's `syncTimeoutMs`, is a `SyncTimeoutError`.",
  ),
  at(
    'packages/runtime/src/manager/manager.test.ts',
    'what the hook tells the log does not, and a hook that throws costs nothing',
    '`onReport` is given each thing as a value first; where it returns true the log does not tell it.',
  ),
  at(
    'packages/runtime/src/manager/manager.test.ts',
    'a kept state ends when its object is deleted, and an object that is made again begins without one',
    "it ends when the object is deleted or no longer matches the controller's selector, and an object that is made again begins without one.",
  ),
  at(
    'packages/runtime/src/controller/kept-states.test.ts',
    'a conflict runs the key again at once, behind the keys that are ready, and counts as no failure',
    'A `ConflictError` that a reconcile throws, also as a cause, runs the key again at once, behind the keys that are ready;',
  ),
  at(
    'packages/runtime/src/controller/kept-states.test.ts',
    'a conflict counts as the cause of another error too, but not where the error is terminal',
    'also as a cause, runs the key again at once',
  ),
  at(
    'packages/runtime/src/controller/kept-states.test.ts',
    'a reconcile that always conflicts runs at most five times at once, then backs off until it ends otherwise',
    'after five in a row the key backs off like any other failure.',
  ),
  at(
    'packages/runtime/src/manager/manager.test.ts',
    'states of objects that went before the manager ran end before a controller works; what no scope covers stays',
    'states of objects that went while no process ran end before a controller works.',
  ),
  at(
    'packages/runtime/src/manager/state-ends.test.ts',
    'a state ends where its object was deleted or left the selector, and where it may come back it stays',
    'it ends when the object is deleted or no longer matches',
  ),
];
