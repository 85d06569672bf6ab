import { startEmbedded } from './embedded-target.ts';
import { observed } from './observed/observed.ts';

observed('embedded', startEmbedded);
