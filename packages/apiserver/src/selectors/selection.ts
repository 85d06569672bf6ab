import { isStoreError, matchesLabels, parseLabelSelector, type LabelSelector } from '@kubecast/store';
import { badRequest } from '../status/status-error.ts';
import type { Context } from '../verbs/context.ts';
import type { StoredObject } from '../storage/stored-object.ts';
import { parseFieldSelector, type FieldSelector } from './field-selector.ts';

/** Which objects a list, a watch or a deletecollection is about. */
export interface Selection {
  /** Of keys. */
  readonly prefix: string;
  readonly labels: LabelSelector | undefined;
  readonly fields: FieldSelector | undefined;
  /** Whether more than the namespace restricts it. */
  readonly narrowed: boolean;
  matches(stored: StoredObject): boolean;
}

/** @throws StatusError 400 for a selector that cannot be parsed or names an unknown field */
export function selectionOf(context: Context): Selection {
  const labelText = context.query.get('labelSelector') ?? '';
  const fieldText = context.query.get('fieldSelector') ?? '';
  const labels = labelText.trim() === '' ? undefined : parseLabels(labelText);
  const fields = parseFieldSelector(fieldText, context.resource);
  const named = context.path.name;
  const namespace = context.path.namespace;
  return {
    prefix: namespace === undefined ? '' : `${namespace}/`,
    labels,
    fields,
    narrowed: labels !== undefined || fields !== undefined,
    matches: (stored) =>
      (named === undefined || stored.name === named) &&
      (labels === undefined || matchesLabels(labels, stored.labels)) &&
      (fields === undefined || fields.matches(stored)),
  };
}

function parseLabels(text: string): LabelSelector | undefined {
  try {
    const selector = parseLabelSelector(text);
    return selector.requirements.length === 0 ? undefined : selector;
  } catch (error) {
    if (isStoreError(error)) throw badRequest(error.message);
    throw error;
  }
}
