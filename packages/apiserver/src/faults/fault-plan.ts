import { checkFault } from './check-fault.ts';
import type { ActiveFault, Fault, FaultMatch, RequestFacts } from './fault.ts';

class Rule implements ActiveFault {
  readonly fault: Fault;
  readonly match: FaultMatch;
  readonly #remove: (rule: Rule) => void;
  #hits = 0;

  constructor(fault: Fault, match: FaultMatch, remove: (rule: Rule) => void) {
    this.fault = fault;
    this.match = match;
    this.#remove = remove;
  }

  get hits(): number {
    return this.#hits;
  }

  /** Whether it catches this request; counts it then. */
  take(facts: RequestFacts): boolean {
    if (!matches(this.match, facts)) return false;
    this.#hits++;
    if (this.match.times !== undefined && this.#hits >= this.match.times) this.remove();
    return true;
  }

  remove(): void {
    this.#remove(this);
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}

function matches(match: FaultMatch, facts: RequestFacts): boolean {
  if (match.verb !== undefined && !(typeof match.verb === 'string' ? [match.verb] : match.verb).includes(facts.verb)) return false;
  for (const field of ['group', 'resource', 'namespace', 'name', 'subresource', 'user'] as const) {
    if (match[field] !== undefined && match[field] !== facts[field]) return false;
  }
  return true;
}

/** The faults that are in force. A request is caught by every rule that matches it, in the order in which they were added. */
export class FaultPlan {
  #rules: Rule[] = [];

  /**
   * Puts a fault in force for the requests that match, from the next one on.
   * @throws ApiServerError ERR_APISERVER_OPTION
   */
  add(fault: Fault, match: FaultMatch = {}): ActiveFault {
    checkFault(fault, match);
    const rule = new Rule(fault, match, (gone) => {
      this.#rules = this.#rules.filter((other) => other !== gone);
    });
    this.#rules.push(rule);
    return rule;
  }

  clear(): void {
    this.#rules = [];
  }

  /** The faults of one request. */
  take(facts: RequestFacts): readonly Fault[] {
    if (this.#rules.length === 0) return none;
    return this.#rules.filter((rule) => rule.take(facts)).map((rule) => rule.fault);
  }
}

const none: readonly Fault[] = [];
