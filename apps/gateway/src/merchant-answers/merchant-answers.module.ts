import { Module } from '@nestjs/common';
import { MerchantAnswersController } from './merchant-answers.controller.js';
import { MerchantAnswersQuery } from './merchant-answers.query.js';

@Module({ controllers: [MerchantAnswersController], providers: [MerchantAnswersQuery] })
export class MerchantAnswersModule {}
