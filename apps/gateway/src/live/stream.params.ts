import { Described, Dto, MayBeAbsent } from '@herald/contracts';
import { IsString } from 'class-validator';

/** The parameter of every stream (contracts README, "Streams"). */
@Dto({ ignoresOthers: true })
export class StreamParams {
  @MayBeAbsent()
  @IsString()
  @Described('Continue after this event, for clients that cannot set the header `Last-Event-ID`')
  last_event_id?: string;
}
