type AnyFunction = (...args: never[]) => unknown;

const names = ['load', 'store', 'add', 'sub', 'compareExchange'] as const;

/**
 * Calls `before` before each atomic step of this thread while `act` runs: code that takes no lock can be held up, or killed by a throw, between any two of its steps that
 * others see. `before` itself is not watched.
 */
export function watchAtomicSteps<R>(act: () => R, before: (step: number) => void): R {
  const undo = onAtomicSteps(before);
  try {
    return act();
  } finally {
    undo();
  }
}

/** The same from now on, until the returned function is called. */
export function onAtomicSteps(before: (step: number) => void): () => void {
  const originals = names.map((name) => Atomics[name] as AnyFunction);
  let steps = 0;
  let isInside = false;
  const undo = (): void => names.forEach((name, index) => Reflect.set(Atomics, name, originals[index]));
  names.forEach((name, index) => {
    const original = originals[index] as AnyFunction;
    Reflect.set(Atomics, name, (...args: never[]) => {
      if (!isInside) {
        isInside = true;
        steps += 1;
        try {
          before(steps);
        } finally {
          isInside = false;
        }
      }
      return original(...args);
    });
  });
  return undo;
}
