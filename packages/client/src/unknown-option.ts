/**
 * What is wrong with an option that nobody reads: a misspelt `namespace` or `context` would ask another place than was meant. Undefined where each
 * name is known; an option that is undefined is absent. Values are not quoted: they may be secrets.
 */
export function unknownOption(options: object, names: readonly string[]): string | undefined {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !names.includes(name))
      return `there is no option ${JSON.stringify(name.slice(0, 100))}; there are ${names.join(', ')}`;
  return undefined;
}
