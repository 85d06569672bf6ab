import { informerSuite } from './informer-suite.ts';
import { embeddedServers } from './world.ts';

informerSuite('embedded API server', embeddedServers('1.36'));
informerSuite('embedded API server as 1.24', embeddedServers('1.24'));
informerSuite('embedded API server as 1.19', embeddedServers('1.19'));
