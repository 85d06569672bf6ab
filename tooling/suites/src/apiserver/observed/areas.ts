import { authorization } from './authorization.ts';
import { builtinKinds } from './builtin-kinds.ts';
import { cel } from './cel.ts';
import { creates } from './creates.ts';
import { dataMaps } from './data-maps.ts';
import { deletes } from './deletes.ts';
import { envelope } from './envelope.ts';
import { events } from './events.ts';
import { lists } from './lists.ts';
import { metadataRules, namespaceFinalizers } from './metadata-rules.ts';
import type { Observation } from './observation.ts';
import { oddInput } from './odd-input.ts';
import { patches } from './patches.ts';
import { roleRules } from './role-rules.ts';
import { schemas } from './schemas.ts';
import { strictFields } from './strict-fields.ts';
import { updates } from './updates.ts';

/** The observations by the file of their recorded answers. */
export const areas: Readonly<Record<string, readonly Observation[]>> = {
  updates,
  patches,
  deletes,
  lists,
  creates,
  schemas,
  'builtin-kinds': builtinKinds,
  envelope,
  authorization,
  cel,
  'strict-fields': strictFields,
  events,
  'data-maps': dataMaps,
  'role-rules': roleRules,
  'metadata-rules': [...metadataRules, namespaceFinalizers],
  'odd-input': oddInput,
};
