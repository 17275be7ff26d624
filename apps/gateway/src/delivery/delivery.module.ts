import { Module } from '@nestjs/common';
import { FeedController } from './feed.controller.js';
import { FeedQuery } from './feed.query.js';
import { MessageTraceController } from './message-trace.controller.js';
import { MessageTraceQuery } from './message-trace.query.js';

@Module({ controllers: [FeedController, MessageTraceController], providers: [FeedQuery, MessageTraceQuery] })
export class DeliveryModule {}
