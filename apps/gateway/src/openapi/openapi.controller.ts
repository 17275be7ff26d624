import { Open, Unlisted } from '@herald/bootstrap';
import { Controller, Get, Inject, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { GatewayEnv } from '../gateway.env.js';
import { documentOf } from './document.js';
import type { Json } from './schemas.js';

/** The description of this gateway, as it is set. */
@Controller()
export class OpenApiController {
  private document: Json | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject('GATEWAY_ENV') private readonly settings: GatewayEnv,
  ) {}

  /** Made when someone first asks for it: a start does not wait for it. */
  @Open()
  @Unlisted()
  @Get('openapi.json')
  describe(): Json {
    return (this.document ??= documentOf(
      this.discovery.getControllers().map(({ metatype }) => metatype as Type),
      { validationStatus: this.settings.MERCHANT_VALIDATION_STATUS },
    ));
  }
}
