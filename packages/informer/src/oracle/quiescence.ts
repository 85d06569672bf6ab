import { TWIN, wireState } from '../testing/index.ts';
import type { ModelObject, ModelRig } from '../testing/index.ts';
import type { Witness } from './witness.ts';

/** What is wrong once the world is calm: views, handlers and states beside the servers. `isShown`: whether a view may hold an object. */
export function wrongAtTheEnd(
  rig: ModelRig,
  witnesses: readonly Witness[],
  namespaces: readonly string[],
  isShown: (object: ModelObject) => boolean,
): string[] {
  const { informer, server, twin } = rig;
  const isWatched = ({ namespace }: ModelObject): boolean => namespaces.includes('') || namespaces.includes(namespace);
  const truth = wireState(server.state(), (object) => isWatched(object) && isShown(object)).sort();
  const wrong = difference('the view differs from the server', rig.held(), truth);
  if (twin !== undefined)
    wrong.push(...difference('the second cluster differs from its server', rig.held(TWIN), wireState(twin.server.state(), isShown).sort()));
  if (!informer.hasSynced) wrong.push('not synced');
  for (const scope of informer.scopes()) {
    if (scope.state !== 'Watching') wrong.push(`scope ${scope.scope} ends in ${scope.state}: ${scope.reason}`);
    if (scope.ageMs > 75_000) wrong.push(`scope ${scope.scope} is ${scope.ageMs} ms old`);
  }
  for (const witness of witnesses) wrong.push(...wrongOf(witness, truth));
  return wrong;
}

function wrongOf(witness: Witness, truth: readonly string[]): string[] {
  const { kind, handle } = witness;
  if (kind === 'late-leaver' && witness.gone) return witness.wrong;
  const expected = truth.filter((line) => witness.sees(Number(line.slice(line.lastIndexOf(' ') + 1))));
  const wrong = [...witness.wrong, ...difference(`${kind} was told another state`, witness.lines(), expected)];
  if (handle !== undefined && !handle.hasSynced) wrong.push(`${kind} was never synced`);
  if (handle !== undefined && handle.waiting !== 0) wrong.push(`${kind} still has ${handle.waiting} waiting`);
  return wrong;
}

function difference(what: string, shown: readonly string[], truth: readonly string[]): string[] {
  const lines = [...shown].sort();
  return lines.join('\n') === truth.join('\n') ? [] : [`${what}:\n  shows  ${lines.join(', ')}\n  server ${truth.join(', ')}`];
}
