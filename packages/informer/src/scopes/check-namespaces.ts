import { InformerOptionsError } from '../errors.ts';
import { isDnsLabel, shown, wrongOption } from '../contract/option-checks.ts';

/** The namespaces to watch: `['']` for all, or names, each once. Undefined, where the option was left out, is all. */
export function checkNamespaces(option: string, namespaces: unknown): ReadonlySet<string> {
  if (!Array.isArray(namespaces)) throw wrongOption(option, namespaces, "give a list of names, [''] for all namespaces, or [] for none");
  const wanted = new Set<string>();
  for (const name of namespaces as readonly unknown[]) {
    if (name !== '' && !isDnsLabel(name))
      throw wrongOption(option, name, 'give the name of a namespace (RFC 1123: lower-case letters, digits and "-", at most 63)');
    if (wanted.has(name)) throw wrongOption(option, name, 'name each namespace once');
    wanted.add(name);
  }
  if (wanted.has('') && wanted.size > 1)
    throw new InformerOptionsError(
      `${option}: '' means all namespaces and cannot stand beside ${shown([...wanted].find((name) => name !== ''))}; give [''] alone, or names alone`,
    );
  return wanted;
}
