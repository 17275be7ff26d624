import type { JobData, JobName, QueueContract } from '@herald/contracts';
import { applyDecorators, type ArgumentsHost, Catch, type RpcExceptionFilter, UseFilters } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';
import type { ReceivedJob } from './job-run.js';

/** The server decides what an error means for the job, so it must get the error that was thrown. */
@Catch()
class AsThrown implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

const asThrown = new AsThrown();

/** The method that works off one kind of job; its argument is `JobOf<contract, name>`. */
export function OnJob<C extends QueueContract, N extends JobName<C>>(contract: C, name: N): MethodDecorator {
  const pattern = { queue: contract.queue, job: name };
  const Pattern = contract.jobs[name]?.kind === 'request' ? MessagePattern : EventPattern;
  return applyDecorators(Pattern(pattern), UseFilters(asThrown));
}

export type JobOf<C extends QueueContract, N extends JobName<C>> = ReceivedJob<JobData<C, N>>;
