import type { IncomingMessage } from 'node:http';
import { unauthorized } from '../status/status-error.ts';
import type { User } from './user.ts';
import type { Ask } from './ask.ts';
import { demand, type Authorizer } from './authorizer.ts';
import { Impersonation } from './impersonation.ts';
import { anonymous, shownCertificate, type Users } from './users.ts';

interface Parts {
  readonly users: Users;
  readonly authorizer: Authorizer;
  /** Whether a request without credentials is the anonymous user; otherwise it is refused. */
  readonly anonymous: boolean;
}

/** Authentication, impersonation and authorization of a request, in this order, before anything else of it is read. */
export class Access {
  readonly users: Users;
  readonly authorizer: Authorizer;
  readonly #impersonation: Impersonation;
  readonly #anonymous: boolean;

  constructor(parts: Parts) {
    this.users = parts.users;
    this.authorizer = parts.authorizer;
    this.#impersonation = new Impersonation(parts.authorizer);
    this.#anonymous = parts.anonymous;
  }

  /** @throws StatusError 401 */
  identify(request: IncomingMessage): User {
    const user = this.users.authenticate(request.headers.authorization, shownCertificate(request.socket));
    if (user === anonymous && !this.#anonymous) throw unauthorized();
    return user;
  }

  /**
   * The user that the request runs as.
   * @throws StatusError 403; 400 for impersonation without a user
   */
  admit(user: User, request: IncomingMessage, ask: Ask): User {
    const as = this.#impersonation.as(user, request.rawHeaders, ask) ?? user;
    demand(this.authorizer, as, ask);
    return as;
  }
}
