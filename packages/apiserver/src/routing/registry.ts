import type { ServedResource } from '../served-resource.ts';
import type { ServedKind } from './served-kind.ts';

/** Everything that is served, by group, version and plural. */
export class Registry {
  readonly #kinds = new Map<string, ServedKind>();
  readonly #builtinGroups = new Set<string>();
  /** Grows with each change, for caches of discovery and OpenAPI documents. */
  generation = 0;

  add(kind: ServedKind): void {
    this.#kinds.set(`${kind.group}/${kind.plural}`, kind);
    if (kind.builtin) this.#builtinGroups.add(kind.group);
    this.generation++;
  }

  remove(kind: ServedKind): void {
    this.#kinds.delete(`${kind.group}/${kind.plural}`);
    this.generation++;
  }

  changed(): void {
    this.generation++;
  }

  kind(group: string, plural: string): ServedKind | undefined {
    return this.#kinds.get(`${group}/${plural}`);
  }

  kinds(): Iterable<ServedKind> {
    return this.#kinds.values();
  }

  /** Unknown paths below such a group are answered with a Status, not with plain text. */
  isBuiltinGroup(group: string): boolean {
    return this.#builtinGroups.has(group);
  }

  /** All served resources: built-in groups first, then in the order of addition. */
  resources(): ServedResource[] {
    const kinds = [...this.#kinds.values()];
    return [...kinds.filter((kind) => kind.builtin), ...kinds.filter((kind) => !kind.builtin)].flatMap((kind) => [
      ...kind.versions.values(),
    ]);
  }
}
