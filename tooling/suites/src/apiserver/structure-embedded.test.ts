import { startEmbedded } from './embedded-target.ts';
import { structure } from './structure/structure.ts';

structure('embedded', startEmbedded);
