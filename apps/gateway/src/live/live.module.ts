import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { Streams } from './streams.js';

/** Server-sent events. */
@Module({ imports: [AccessModule], providers: [Streams], exports: [Streams] })
export class LiveModule {}
