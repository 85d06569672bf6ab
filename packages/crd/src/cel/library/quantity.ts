import type { Environment } from '@marcbachmann/cel-js';

const NANO = 1_000_000_000n;
const decimal = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const binary = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const form = /^([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,3})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|))$/u;

/** An amount with a suffix, as resources are given; what is below a billionth is rounded up. */
export class Quantity {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }

  static parse(text: string): Quantity | undefined {
    const match = text.length > 200 ? null : form.exec(text);
    if (match === null) return undefined;
    const [, sign, digits = '', exponent, suffix = ''] = match;
    const [whole = '', fraction = ''] = digits.split('.');
    const power = (exponent === undefined ? (decimal.get(suffix) ?? 0) : Number(exponent)) + 9 - fraction.length;
    const factor = 1024n ** BigInt(binary.indexOf(suffix) + 1);
    const amount = BigInt(whole + fraction) * factor;
    const nanos = power >= 0 ? amount * 10n ** BigInt(power) : (amount + 10n ** BigInt(-power) - 1n) / 10n ** BigInt(-power);
    return new Quantity(sign === '-' ? -nanos : nanos);
  }
}

function quantity(text: string): Quantity {
  const parsed = Quantity.parse(text);
  if (parsed === undefined) throw new Error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  return parsed;
}

const fits = ({ nanos }: Quantity): boolean => nanos % NANO === 0n && BigInt.asIntN(64, nanos / NANO) === nanos / NANO;
const compare = (a: Quantity, b: Quantity): bigint => (a.nanos < b.nanos ? -1n : a.nanos > b.nanos ? 1n : 0n);

/** Kubernetes' functions on quantities. */
export function registerQuantities(env: Environment): void {
  const type = 'kubernetes.Quantity';
  env.registerType(type, Quantity);
  env.registerFunction('isQuantity(string): bool', (text: string) => Quantity.parse(text) !== undefined);
  env.registerFunction(`quantity(string): ${type}`, quantity);
  env.registerOperator(`${type} == ${type}`, (a: Quantity, b: Quantity) => a.nanos === b.nanos);
  env.registerFunction(`sign(${type}): int`, ({ nanos }: Quantity) => (nanos < 0n ? -1n : nanos > 0n ? 1n : 0n));
  env.registerFunction(`${type}.isInteger(): bool`, fits);
  env.registerFunction(`${type}.asInteger(): int`, (value: Quantity) => {
    if (!fits(value)) throw new Error('cannot convert value to integer');
    return value.nanos / NANO;
  });
  env.registerFunction(`${type}.asApproximateFloat(): double`, ({ nanos }: Quantity) => Number(nanos / NANO) + Number(nanos % NANO) / 1e9);
  env.registerFunction(`${type}.isGreaterThan(${type}): bool`, (a: Quantity, b: Quantity) => a.nanos > b.nanos);
  env.registerFunction(`${type}.isLessThan(${type}): bool`, (a: Quantity, b: Quantity) => a.nanos < b.nanos);
  env.registerFunction(`${type}.compareTo(${type}): int`, compare);
  env.registerFunction(`${type}.add(${type}): ${type}`, (a: Quantity, b: Quantity) => new Quantity(a.nanos + b.nanos));
  env.registerFunction(`${type}.sub(${type}): ${type}`, (a: Quantity, b: Quantity) => new Quantity(a.nanos - b.nanos));
  env.registerFunction(`${type}.add(int): ${type}`, (a: Quantity, b: bigint) => new Quantity(a.nanos + b * NANO));
  env.registerFunction(`${type}.sub(int): ${type}`, (a: Quantity, b: bigint) => new Quantity(a.nanos - b * NANO));
}
