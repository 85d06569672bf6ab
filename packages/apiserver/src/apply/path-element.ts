import { isObject } from '@kubecast/crd';

/**
 * One step of a path into an object, in the notation of FieldsV1: `f:name` a field, `k:{...}` an item of a list that is a map
 * (its keys sorted, defaults filled in), `v:...` an item of a list that is a set. Two elements are the same if the texts are.
 */
export type PathElement = string;

export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

export function keyElement(keys: readonly (readonly [string, unknown])[]): PathElement {
  const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `k:{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

export function valueElement(value: unknown): PathElement {
  return `v:${JSON.stringify(value)}`;
}

/** The name of a field element; undefined for items. */
export function fieldName(element: PathElement): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined;
}

/** Whether the text is an element that FieldsV1 may hold: what a client sends is checked by it. */
export function isPathElement(text: string): boolean {
  if (text.startsWith('f:')) return true;
  if (text.startsWith('i:')) return /^i:-?\d+$/.test(text);
  if (!text.startsWith('k:') && !text.startsWith('v:')) return false;
  try {
    const value: unknown = JSON.parse(text.slice(2));
    return text.startsWith('v:') || isObject(value);
  } catch {
    return false;
  }
}

/** As conflicts and errors name it: `.spec`, `[name="a",proto="TCP"]`, `[="x"]`. */
export function elementText(element: PathElement): string {
  if (element.startsWith('f:')) return `.${element.slice(2)}`;
  if (element.startsWith('k:')) {
    const keys = JSON.parse(element.slice(2)) as Record<string, unknown>;
    return `[${Object.entries(keys)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join(',')}]`;
  }
  if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
  return `[${element.slice(2)}]`;
}
