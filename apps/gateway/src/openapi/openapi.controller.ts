import { Open, Unlisted } from '@herald/bootstrap';
import { Controller, Get, Inject, Req, Res, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayEnv } from '../gateway.env.js';
import { documentOf } from './document.js';
import { KeptFile } from './kept-file.js';

/** Serves the OpenAPI document of this gateway with its settings. */
@Controller()
export class OpenApiController {
  private document: KeptFile | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject('GATEWAY_ENV') private readonly settings: GatewayEnv,
  ) {}

  /** Built on the first request, so that it does not delay the start. */
  @Open()
  @Unlisted()
  @Get('openapi.json')
  async describe(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    this.document ??= new KeptFile('application/json; charset=utf-8', JSON.stringify(this.describeAll()), 'no-cache');
    await this.document.send(request, reply);
  }

  private describeAll() {
    return documentOf(
      this.discovery.getControllers().map(({ metatype }) => metatype as Type),
      { validationStatus: this.settings.MERCHANT_VALIDATION_STATUS },
    );
  }
}
