import { randomUUID } from 'node:crypto';
import { revokeCredential } from '@herald/database';
import { anAction } from '../support/actions.js';
import { call } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Herald } from '../support/herald.js';
import { EventReader } from './event-reader.js';
