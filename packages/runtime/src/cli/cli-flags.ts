import { parseArgs } from 'node:util';
import { FlagError } from '../errors.ts';

/** One flag of a command. Without `value` it is a switch. */
export interface Flag {
  readonly name: string;
  /** What stands for its value in the help: `FILE`. */
  readonly value?: string;
  readonly help: string;
  /** May be given more than once; in the environment its values are separated by commas. */
  readonly many?: boolean;
}

/** What was given, on the command line or by the environment; the command line wins. */
export interface GivenFlags {
  readonly positionals: readonly string[];
  /** A switch: false also by `--no-NAME`. */
  on(name: string, fallback?: boolean): boolean;
  text(name: string): string | undefined;
  all(name: string): readonly string[];
  /** A number within bounds, `whole` or not. @throws FlagError */
  number(name: string, fallback: number, bounds: { readonly min?: number; readonly max: number; readonly whole?: boolean }): number;
  /** One of the words. @throws FlagError */
  oneOf<const T extends string>(name: string, words: readonly T[], fallback: T): T;
}

export interface FlagsOptions {
  /** KUBECAST_, default. */
  readonly environmentPrefix?: string;
  /** How many arguments without a flag may come. Default 0. */
  readonly positionals?: number;
}

/** The environment's name of a flag: `--redis-url` is KUBECAST_REDIS_URL. */
export function environmentNameOf(flag: string, prefix = 'KUBECAST_'): string {
  return `${prefix}${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** Lines for a printed help, one a flag. */
export function describeFlags(flags: readonly Flag[]): string {
  return flags
    .map((flag) => {
      const head = `  --${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}`;
      return head.length > 26 ? `${head}\n${' '.repeat(27)}${flag.help}` : `${head.padEnd(26)} ${flag.help}`;
    })
    .join('\n');
}

/**
 * Reads a command line and the environment. A name that is no flag, a value that is missing, an argument too many: FlagError, which a
 * program prints and answers with status 2.
 */
export function readFlags(
  flags: readonly Flag[],
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  options: FlagsOptions = {},
): GivenFlags {
  const prefix = options.environmentPrefix ?? 'KUBECAST_';
  const given = parse(flags, argv);
  const byName = new Map(flags.map((flag) => [flag.name, flag]));
  const most = options.positionals ?? 0;
  if (given.positionals.length > most) {
    throw new FlagError(
      most === 0
        ? `unexpected argument ${JSON.stringify(given.positionals[0])}; --help lists what there is`
        : `too many arguments: at most ${most}, but ${given.positionals.length} are given`,
    );
  }
  const values = (name: string): readonly string[] => {
    const flag = byName.get(name);
    if (flag === undefined) throw new TypeError(`no flag is named ${name}`);
    const found = given.values.get(name);
    if (found !== undefined) return found;
    const text = environment[environmentNameOf(name, prefix)];
    if (text === undefined) return [];
    return flag.many === true ? text.split(',').filter((part) => part !== '') : [text];
  };
  const text = (name: string): string | undefined => values(name).at(-1);
  return {
    positionals: given.positionals,
    text,
    all: values,
    on(name, fallback = false) {
      if (given.values.has(name)) return given.values.get(name)?.at(-1) !== 'false';
      const variable = environmentNameOf(name, prefix);
      const word = environment[variable];
      if (word === undefined || word === '') return fallback;
      if (word === 'true' || word === '1') return true;
      if (word === 'false' || word === '0') return false;
      throw new FlagError(`${variable} is ${JSON.stringify(word)}; it takes true or false`);
    },
    number(name, fallback, { min = 0, max, whole = false }) {
      const word = text(name);
      if (word === undefined) return fallback;
      const value = Number(word);
      if (word.trim() === '' || !Number.isFinite(value) || value < min || value > max || (whole && !Number.isInteger(value))) {
        throw new FlagError(`--${name} is ${JSON.stringify(word)}; it takes a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
      }
      return value;
    },
    oneOf(name, words, fallback) {
      const word = text(name) ?? fallback;
      const found = words.find((candidate) => candidate === word);
      if (found === undefined) throw new FlagError(`--${name} is ${JSON.stringify(word)}; it takes ${words.join(', ')}`);
      return found;
    },
  };
}

function parse(
  flags: readonly Flag[],
  argv: readonly string[],
): { readonly values: ReadonlyMap<string, readonly string[]>; readonly positionals: readonly string[] } {
  const options = Object.fromEntries(
    flags.map((flag) => [flag.name, { type: flag.value === undefined ? ('boolean' as const) : ('string' as const), multiple: true }]),
  );
  let tokens;
  try {
    ({ tokens } = parseArgs({ args: [...argv], options, strict: true, allowPositionals: true, allowNegative: true, tokens: true }));
  } catch (error) {
    throw new FlagError(`${(error as Error).message.split('\n')[0]?.split('. To specify')[0] ?? ''}; --help lists the flags`, {
      cause: error,
    });
  }
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    // The token of --no-x is named x, on Deno no-x; the raw name is the same everywhere.
    const raw = token.rawName.replace(/^--?/, '');
    const negative = raw.startsWith('no-') && !flags.some((flag) => flag.name === raw);
    const name = negative ? raw.slice(3) : raw;
    const switched = flags.find((flag) => flag.name === name)?.value === undefined;
    values.set(name, [...(values.get(name) ?? []), switched ? String(!negative) : (token.value ?? '')]);
  }
  return { values, positionals };
}
