import type { Environment, Optional } from '@marcbachmann/cel-js';
import {
  label1035Problems,
  labelProblems,
  labelValueProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from '../../schema/object-names.ts';
import { isOfFormat } from '../../schema/string-formats.ts';
import { optionalOf } from './texts.ts';

type Problems = (text: string) => readonly string[];

class NameFormat {
  readonly problems: Problems;

  constructor(problems: Problems) {
    this.problems = problems;
  }
}

/** The rule for a prefix, of which more will follow. */
const prefix =
  (problems: Problems): Problems =>
  (text) =>
    problems(text.endsWith('-') ? `${text.slice(0, -1)}a` : text);

const ofFormat =
  (format: string, text: string): Problems =>
  (value) =>
    isOfFormat(format, value) ? [] : [text];

const formats = new Map<string, Problems>([
  ['dns1123Label', labelProblems],
  ['dns1123Subdomain', subdomainProblems],
  ['dns1035Label', label1035Problems],
  ['qualifiedName', qualifiedNameProblems],
  ['dns1123LabelPrefix', prefix(labelProblems)],
  ['dns1123SubdomainPrefix', prefix(subdomainProblems)],
  ['dns1035LabelPrefix', prefix(label1035Problems)],
  ['labelValue', labelValueProblems],
  ['uri', ofFormat('uri', 'invalid URI')],
  ['uuid', ofFormat('uuid', 'does not match the UUID format')],
  ['byte', ofFormat('byte', 'invalid base64')],
  ['date', ofFormat('date', 'invalid date')],
  ['datetime', ofFormat('datetime', 'invalid datetime')],
]);

/** What the name `format` stands for. */
class NameFormats {
  readonly formats = formats;
}

/** Kubernetes' named formats: `format.dns1123Label().validate(text)` gives the problems, or nothing. */
export function registerFormats(env: Environment): void {
  const type = 'kubernetes.NamedFormat';
  env.registerType(type, NameFormat).registerType('kubernetes.NamedFormats', NameFormats);
  env.registerConstant('format', 'kubernetes.NamedFormats', new NameFormats());
  for (const [name, problems] of formats)
    env.registerFunction(`kubernetes.NamedFormats.${name}(): ${type}`, () => new NameFormat(problems));
  env.registerFunction(
    `kubernetes.NamedFormats.named(string): optional<${type}>`,
    ({ formats: known }: NameFormats, name: string): Optional => {
      const problems = known.get(name);
      return optionalOf(problems === undefined ? undefined : new NameFormat(problems));
    },
  );
  env.registerFunction(`${type}.validate(string): optional<list<string>>`, (format: NameFormat, text: string): Optional => {
    const problems = format.problems(text);
    return optionalOf(problems.length === 0 ? undefined : [...problems]);
  });
}
