import { Module } from '@nestjs/common';
import { FeedController } from './feed.controller.js';
import { FeedMarksController } from './feed-marks.controller.js';
import { LiveModule } from '../live/live.module.js';
import { FeedQuery } from './feed.query.js';
import { FeedStream } from './feed.stream.js';
import { MessageTraceController } from './message-trace.controller.js';
import { MessageTraceQuery } from './message-trace.query.js';

@Module({
  imports: [LiveModule],
  controllers: [FeedController, FeedMarksController, MessageTraceController],
  providers: [FeedQuery, FeedStream, MessageTraceQuery],
})
export class DeliveryModule {}
