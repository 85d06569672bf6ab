// The rules of names (k8s.io/apimachinery/pkg/util/validation), in the server's words.

const labelPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomainPattern = `${labelPattern}(\\.${labelPattern})*`;
const label1035Pattern = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedPattern = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValuePattern = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';

const encoder = new TextEncoder();
const bytes = (text: string): number => encoder.encode(text).length;
const matches = (pattern: string, text: string): boolean => new RegExp(`^(?:${pattern})$`, 'u').test(text);

function explained(rule: string, pattern: string, ...examples: string[]): string {
  return `${rule} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${pattern}')`;
}

// The server counts bytes in both cases, though one text says characters.
const tooLong = (maximum: number): string => `must be no more than ${maximum} bytes`;
const tooLongName = (maximum: number): string => `must be no more than ${maximum} characters`;

/** What keeps the text from being a lowercase RFC 1123 subdomain; empty if nothing. */
export function subdomainProblems(text: string): readonly string[] {
  const problems: string[] = [];
  if (bytes(text) > 253) problems.push(tooLongName(253));
  if (!isSubdomain(text)) {
    problems.push(
      explained(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        subdomainPattern,
        'example.com',
      ),
    );
  }
  return problems;
}

function isSubdomain(text: string): boolean {
  return text.split('.').every((part) => matches(labelPattern, part));
}

/** What keeps the text from being a lowercase RFC 1123 label; empty if nothing. */
export function labelProblems(text: string): readonly string[] {
  const problems: string[] = [];
  if (bytes(text) > 63) problems.push(tooLongName(63));
  if (!matches(labelPattern, text)) {
    // The length was checked above, so a subdomain that is not a label has dots.
    if (matches(subdomainPattern, text)) return [...problems, 'must not contain dots'];
    problems.push(
      explained(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
        labelPattern,
        'my-name',
        '123-abc',
      ),
    );
  }
  return problems;
}

/** What keeps the text from being an RFC 1035 label, which begins with a letter. */
export function label1035Problems(text: string): readonly string[] {
  const problems: string[] = [];
  if (bytes(text) > 63) problems.push(tooLongName(63));
  if (!matches(label1035Pattern, text)) {
    problems.push(
      explained(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        label1035Pattern,
        'my-name',
        'abc-123',
      ),
    );
  }
  return problems;
}

/** What keeps the text from being a qualified name: label keys, annotation keys, finalizers. */
export function qualifiedNameProblems(text: string): readonly string[] {
  const rule = explained(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    qualifiedPattern,
    'MyName',
    'my.name',
    '123-abc',
  );
  const parts = text.split('/');
  const problems: string[] = [];
  if (parts.length > 2) return [`a valid label key ${rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  if (parts.length === 2) {
    const prefix = parts[0] as string;
    if (prefix === '') problems.push('prefix part must be non-empty');
    else
      problems.push(...subdomainProblems(prefix).map((problem) => `prefix part ${problem === tooLongName(253) ? tooLong(253) : problem}`));
  }
  const name = parts.at(-1) as string;
  if (name === '') problems.push('name part must be non-empty');
  else if (bytes(name) > 63) problems.push(`name part ${tooLong(63)}`);
  if (!matches(qualifiedPattern, name)) problems.push(`name part ${rule}`);
  return problems;
}

/** What keeps the text from being a label's value. */
export function labelValueProblems(text: string): readonly string[] {
  const problems: string[] = [];
  if (bytes(text) > 63) problems.push(tooLong(63));
  if (!matches(labelValuePattern, text)) {
    problems.push(
      explained(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        labelValuePattern,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  }
  return problems;
}
