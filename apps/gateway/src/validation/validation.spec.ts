import { Dto, IsLine } from '@herald/contracts';
import { Body, Controller, Get, Module, Param, Post, Query, type Type } from '@nestjs/common';
import { APP_PIPE, DiscoveryModule, NestFactory } from '@nestjs/core';
import { Validation } from './validation.js';

@Dto()
class Word {
  @IsLine(5)
  word: string;
}

class NoDto {
  word: string;
}

interface Shape {
  word: string;
}

@Controller('say')
class Careful {
  @Post()
  say(@Body() body: Word) {
    return body;
  }

  /** A parameter taken by name is text that the handler parses itself. */
  @Get(':id')
  find(@Param('id') id: string) {
    return id;
  }
}

@Controller('say')
class Plain {
  @Post()
  say(@Body() body: NoDto) {
    return body;
  }
}

@Controller('say')
class OfAnInterface {
  @Post()
  say(@Body() body: Shape) {
    return body;
  }
}

@Controller('say')
class Queried {
  @Get()
  say(@Query() query: NoDto) {
    return query;
  }
}

@Module({})
class Gateway {}

/** Starts a gateway's modules and pipes with these controllers. */
async function start(...controllers: Type[]): Promise<void> {
  const providers = [{ provide: APP_PIPE, useClass: Validation }];
  const module = { module: Gateway, imports: [DiscoveryModule], controllers, providers };
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  await app.close();
}

describe('a gateway', () => {
  it('starts where a DTO class checks every body', async () => {
    await expect(start(Careful)).resolves.toBeUndefined();
  });

  it.each<[string, Type]>([
    ['a body of a class that is no DTO', Plain],
    ['a body of an interface, which is gone at run time', OfAnInterface],
    ['a query string that nothing checks', Queried],
  ])('does not start with %s', async (_, controller) => {
    await expect(start(Careful, controller)).rejects.toThrow(`${controller.name}.say`);
  });
});
