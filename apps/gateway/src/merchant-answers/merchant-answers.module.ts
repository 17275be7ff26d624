import { Module } from '@nestjs/common';
import { LiveModule } from '../live/live.module.js';
import { MerchantAnswersController } from './merchant-answers.controller.js';
import { MerchantAnswersQuery } from './merchant-answers.query.js';
import { QuestionsStream } from './questions.stream.js';

@Module({
  imports: [LiveModule],
  controllers: [MerchantAnswersController],
  providers: [MerchantAnswersQuery, QuestionsStream],
})
export class MerchantAnswersModule {}
