/** A planted bug: the oracle must not stay green with it. */
export interface Mutant {
  /** The seed of the schedules that meet it, where those of the default do not. */
  readonly seed?: string;
  readonly name: string;
  /** Whose source it stands in; default: the informer's. */
  readonly of?: 'store';
  /** It shows in a store that is full alone. */
  readonly full?: true;
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly find: string;
  readonly put: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: 'bookmarks are dropped',
    file: 'reflector/live-watch.ts',
    find: '    heard(head.version);\n    return;',
    put: '    return;',
  },
  {
    name: 'any bookmark ends the streamed list',
    file: 'reflector/streamed-list.ts',
    find: "if (head.initialEventsEnd !== 'true' && this.#ended === '') continue;",
    put: '',
  },
  {
    name: 'the annotation’s value does not matter',
    file: 'reflector/object-head.ts',
    find: "initialEventsEnd: typeof end === 'string' ? end : undefined",
    put: "initialEventsEnd: typeof end === 'string' ? 'true' : undefined",
  },
  {
    name: 'a watch resumes at a too-new version',
    file: 'reflector/position.ts',
    find: '    this.#version = version;\n    return true;',
    put: '    this.#version = String(Number(version) + 1);\n    return true;',
  },
  {
    name: 'versions are compared as texts',
    file: 'reflector/live-watch.ts',
    find: 'const order = compareResourceVersions(head.version, position.version);',
    put: 'const order = head.version < position.version ? -1 : head.version === position.version ? 0 : 1;',
  },
  {
    name: 'a streamed list that breaks off is shown',
    file: 'reflector/streamed-list.ts',
    find: "      throw new Fault('connection', 'the streamed list ended before its last bookmark');",
    put: "      complete = true;\n      return { kind: 'complete', version: String(9000 + this.#skipped), collection: this.#collection, skipped: this.#skipped, stream: open };",
  },
  {
    name: 'a paged list that breaks off is shown',
    file: 'reflector/paged-list.ts',
    find: "if (!complete) throw new Fault('connection', 'the list ended before its last page');",
    put: '',
  },
  {
    name: '410 is taken for a version that the server will know in a moment',
    file: 'server/fault.ts',
    find: "if (code === 410 || byReason === 'expired' || ((code === 0 || code === 400 || code >= 500) && TOO_OLD.test(message))) return 'expired';",
    put: "if (code === 410 || byReason === 'expired') return 'too-large';",
  },
  {
    name: 'a missing end bookmark is waited for without end',
    file: 'reflector/streamed-list.ts',
    find: 'if (quiet >= limits.bookmarkDeadlineMs || now - stream.begun >= limits.streamedListMs) throw new EndMissing(quiet);',
    put: '',
  },
  {
    name: 'a silent stream is trusted',
    file: 'reflector/reflector.ts',
    find: "if (quiet >= limits.idleMs) throw new Fault('idle',",
    put: "if (quiet >= limits.idleMs && quiet < 0) throw new Fault('idle',",
  },
  { name: 'a resume is not proven', file: 'reflector/reflector.ts', find: '      await this.#prove(signal);\n', put: '' },
  {
    name: 'a server that went back is waited for without end',
    file: 'reflector/reflector.ts',
    find: "const newest = kind === 'too-large' ? await this.#probe.newestBelow(position.version, this.#wakeable(signal)) : undefined;",
    put: "const newest = undefined as { below: boolean; newest: string } | undefined; if (kind === 'too-large') this.#runs.over();",
  },
  {
    name: 'a list below the last version is shown',
    file: 'reflector/position.ts',
    find: "if (this.#regressing || this.#version === '' || compareResourceVersions(version, this.#version) !== -1) return undefined;",
    put: 'if (version !== undefined) return undefined;',
  },
  {
    name: 'an object deleted inside the initial stream comes back',
    file: 'reflector/streamed-list.ts',
    find: 'if (grave === undefined || grave.uid !== head.uid || compareResourceVersions(head.version, grave.version) === 1) return false;',
    put: 'return false;',
  },
  {
    name: 'deletes inside the initial stream are skipped',
    file: 'reflector/streamed-list.ts',
    find: "this.#collection.remove({ cluster: '', namespace: head.namespace, name: head.name }, head.uid);",
    put: '',
  },
  {
    name: 'an unreadable object is never asked for again',
    file: 'reflector/relist-schedule.ts',
    find: 'if (now >= this.#skippedAt) return',
    put: 'if (now < 0) return',
  },
  {
    name: 'a relist’s deletes are not told',
    file: 'scopes/scope-run.ts',
    find: 'const walk = map(both(gone, changes), (change) => () => tell(change, origin, causeOf(change)));',
    put: "const walk = map(both(gone, changes), (change) => () => { if (change.type !== 'deleted') tell(change, origin, causeOf(change)); });",
  },
  {
    name: 'a new epoch does not take older versions',
    file: 'scopes/scope-run.ts',
    find: "origin === 'regressed' ? this.#host.acceptingOlder(() => replacement.commit(version)) : replacement.commit(version)",
    put: 'replacement.commit(version)',
  },
  {
    name: 'a difference told in slices is overtaken by a removal',
    file: 'scopes/scope-run.ts',
    find: '    this.finishWalk();\n    const replacement',
    put: '    const replacement',
  },
  {
    name: 'a scope removal is reported as a deletion',
    file: 'scopes/scope-set.ts',
    find: "    this.#retire(run);\n    run.clear('scope-removed');",
    put: "    this.#retire(run);\n    run.clear('deleted');",
  },
  {
    name: 'narrowing drops what it should hand over',
    file: 'scopes/scope-set.ts',
    find: 'this.#host.writer.move(all.scope.id, run.scope.id, namespace);',
    put: '',
  },
  {
    name: 'a wide scope takes over before it has caught up',
    seed: '11',
    file: 'reflector/position.ts',
    find: 'if (this.#synced || this.#regressing) return false;',
    put: 'return false;',
  },
  {
    name: 'a late handler loses the first object',
    file: 'handlers/replay.ts',
    find: '    this.#at = key;',
    put: '    const first = this.#at === undefined;\n    this.#at = key;\n    if (first && this.fresh) return PASSED;',
  },
  {
    name: 'a late handler sees what changed meanwhile twice',
    file: 'handlers/replay.ts',
    find: 'if (this.#overtaken.delete(encode(key))) return PASSED;',
    put: '',
  },
  {
    name: 'a recreation folds into an update',
    file: 'handlers/pending-queue.ts',
    find: 'queue.items.findIndex((item) => item.uid === offer.entry.uid)',
    put: 'queue.items.length - 1',
  },
  {
    name: 'an add and a delete never delivered are both delivered',
    file: 'handlers/pending.ts',
    find: 'if (!waiting.known) return false;',
    put: '',
  },
  {
    name: 'one key is handled twice at once',
    file: 'handlers/pending-queue.ts',
    find: 'if (queue.running || queue.ready || queue.items.length === 0) return;',
    put: 'queue.running = false;\n    if (queue.ready || queue.items.length === 0) return;',
  },
  {
    name: 'what came before the wait is given as the last delivered',
    file: 'handlers/pending.ts',
    find: '    given: !withPrevious || offer.type',
    put: "    given: offer.type === 'updated' ? offer.entry : !withPrevious || offer.type",
  },
  {
    name: 'what leaves a filter is not told',
    file: 'handlers/pending.ts',
    find: "return before ? { type: 'deleted', unmatched: true } : undefined;",
    put: 'return undefined;',
  },
  {
    name: 'a rejecting handler keeps its key for ever',
    file: 'handlers/listener.ts',
    find: '        this.#failed(error, delta);\n        this.#settled(id, item, true);',
    put: '        this.#failed(error, delta);',
  },
  {
    name: 'a cancelled initial item keeps a handler from being synced',
    file: 'handlers/pending-queue.ts',
    find: 'if (waiting.initial) this.initialSettled();',
    put: '',
  },
  {
    name: 'a stopped watch leaves its timer',
    file: 'server/frame-reader.ts',
    find: '        await clock.sleep(wait, signal);',
    put: '        await clock.sleep(wait);',
  },
  {
    name: 'what comes after the end moves the version that the file is saved at',
    seed: '11',
    file: 'reflector/live-watch.ts',
    find: '      signal.throwIfAborted();\n      takeFrame(parts, frame, heard);',
    put: '      takeFrame(parts, frame, heard);',
  },
  {
    name: 'what a file holds of other scopes stays for ever',
    file: 'informer/object-informer.ts',
    find: 'if (restoring?.restored !== undefined) this.#scopes.clearUnowned();',
    put: '',
  },
  {
    name: 'a handler that is woken while it is at its limit is forgotten',
    file: 'handlers/listener.ts',
    find: '    this.#scheduler.wake(this);\n    this.#onSettled();\n  }',
    put: '    this.#onSettled();\n  }',
  },
  {
    name: 'a scope that came later does not count as incomplete',
    file: 'scopes/scope-set.ts',
    find: 'if (!run.filled) this.#unfilled.add(run);',
    put: 'if (!run.filled && !this.#started) this.#unfilled.add(run);',
  },
  {
    name: 'a list that was taken over leaves its scope incomplete',
    file: 'scopes/scope-set.ts',
    find: '    this.#unfilled.delete(run);\n    this.#fromFile.delete(run);\n    this.#sources.get(run)?.committed();',
    put: '    this.#fromFile.delete(run);\n    this.#sources.get(run)?.committed();',
  },
  {
    name: 'what was dropped is not handed out again',
    file: 'handlers/listener.ts',
    find: '    this.#replayAgain = true;\n  }',
    put: '  }',
  },
  {
    name: 'watches that bring nothing are resumed for ever',
    file: 'reflector/relist-schedule.ts',
    find: '    this.#fruitless = 0;\n    this.#fruitlessWait = Math.min',
    put: '    if (livedMs >= 0) return false;\n    this.#fruitlessWait = Math.min',
  },
  {
    name: 'a watch of nothing but bookmarks of the version that is held counts as one that brought something',
    file: 'reflector/position.ts',
    find: "if (version === '' || version === this.#version) return false;",
    put: "if (version === '') return false;\n    if (version === this.#version) version = `0${version}`;",
  },
  {
    name: 'an extractor that throws ends the list or loses the event',
    file: 'scopes/program-guard.ts',
    find: 'return this.#failed(name, entry, `threw ${kindOf(error)}`, error);',
    put: 'throw error;',
  },
  {
    name: 'an extractor that gives no array is believed',
    file: 'scopes/program-guard.ts',
    find: "if (Array.isArray(values) && values.every((value) => typeof value === 'string')) return values;",
    put: 'return values as string[];',
  },
  {
    name: 'an object that the transform failed for is kept as it came',
    file: 'scopes/program-guard.ts',
    find: 'throw new TransformFailed(before, `threw ${kindOf(error)}`, error);',
    put: 'return object;',
  },
  {
    name: 'the version before one that the transform failed for stays',
    file: 'scopes/scope-run.ts',
    find: "if (stands !== undefined) this.#host.changed(writer.remove(stands.key, stands.uid), 'watch', () => 'unknown');",
    put: '',
  },
  {
    name: 'what the transform failed for amid a list is not taken out of it',
    seed: '11',
    file: 'scopes/scope-run.ts',
    find: 'replacement.remove(this.#keyOf(error), error.uid);',
    put: '',
  },
  {
    name: 'the position moves before the list is committed',
    file: 'reflector/reflector.ts',
    find: "tell = collection.swap(version, this.#position.regressing ? 'regressed' : 'relist', skipped > 0);",
    put: "const origin = this.#position.regressing ? 'regressed' : 'relist';\n      this.#position.took(version);\n      tell = collection.swap(version, origin, skipped > 0);",
  },
  {
    name: 'a bug of the program is the last word',
    file: 'reflector/next-step.ts',
    find: "return { state: 'Failed', reason: `an error of the program: ${message}`, next: 'again',",
    put: "return { state: 'Failed', reason: `an error of the program: ${message}`, next: 'end',",
  },
  {
    name: 'a replica that lags is taken for a server that went back',
    file: 'server/server-probe.ts',
    find: 'return { newest, below: isBelow(newest, version) };',
    put: 'return { newest, below: true };',
  },
  {
    name: 'the server of a file is not compared',
    file: 'snapshot/server-check.ts',
    find: "return this.#answered && this.#uid !== undefined && saved !== '' && this.#uid !== saved;",
    put: 'return this.#uid === `no ${saved}`;',
  },
  {
    name: 'what came from a file of another server stays',
    file: 'scopes/scope-set.ts',
    find: "      run.clear('unknown');\n",
    put: '',
  },
  {
    name: 'what leaves with another server counts as deleted',
    file: 'scopes/scope-set.ts',
    find: "      run.clear('unknown');\n",
    put: "      run.clear('deleted');\n",
  },
  {
    name: 'a file at another URL is used unasked',
    file: 'informer/restore-informer.ts',
    find: 'return check.proven ? undefined : mismatch;',
    put: 'return undefined;',
  },
  {
    name: 'the objects of a file are saved as those of the server that was met last',
    file: 'snapshot/server-check.ts',
    find: 'this.#answered && (this.#disowned || !this.foreign)',
    put: 'this.#answered',
  },
  {
    name: 'scopes wait by turns for an answer that was lost',
    file: 'snapshot/server-check.ts',
    find: '          if (this.#question === question) this.#question = undefined;\n          reject',
    put: '          reject',
  },
  {
    name: 'who was stopped as the answer came begins anew',
    file: 'snapshot/checked-source.ts',
    find: '    signal.throwIfAborted();\n    this.#checked = true;',
    put: '    this.#checked = true;',
  },
  {
    name: 'the version of a file is trusted though the server went back',
    file: 'reflector/position.ts',
    find: "    this.#need = 'watch';\n    this.#unproven = true;",
    put: "    this.#need = 'watch';",
  },
  {
    name: 'a walk that waits takes what another hands out',
    file: 'handlers/listener.ts',
    find: 'if (fresh) for (const before of this.#replays) before.leave(query);',
    put: '',
  },
  {
    name: 'a full store drops an event and says nothing',
    full: true,
    file: 'reflector/object-reader.ts',
    find: '      else this.#counters.programErrors += 1;\n      this.#onSkipped();',
    put: '      else return true;\n      this.#onSkipped();',
  },
  {
    name: 'a full store refuses removals',
    full: true,
    of: 'store',
    file: 'object-store.ts',
    find: '      this.#content.prepare([], [slot]);\n      const stands',
    put: '      if (this.#shared) {\n        const { slab, offset } = this.#view.slabs.allocate(1 << 16);\n        this.#view.slabs.undo((slab.index << 17) | (offset >> 3));\n      }\n      this.#content.prepare([], [slot]);\n      const stands',
  },
  {
    name: 'the rest of the batch that ends a streamed list is dropped',
    file: 'reflector/streamed-list.ts',
    find: '        open.unread(batch.slice(end));\n',
    put: '',
  },
];
