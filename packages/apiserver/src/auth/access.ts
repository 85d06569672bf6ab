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
  /** Whether a request without credentials is somebody. */
  readonly anonymous: boolean;
}

/** The way of a request in: who asks, in whose name, and whether they may. Nothing else of the request is looked at before. */
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
   * @throws StatusError 403; 400 for impersonation of nobody
   */
  admit(user: User, request: IncomingMessage, ask: Ask): User {
    const as = this.#impersonation.as(user, request.rawHeaders, ask) ?? user;
    demand(this.authorizer, as, ask);
    return as;
  }
}
