import { Described, Dto, MayBeAbsent } from '@herald/contracts';
import { IsString } from 'class-validator';

/** The response header of a list with the position at which it was read (contracts README, "Streams"). */
export const STREAM_POSITION = 'Stream-Position';

/** Describes that header. */
export const POSITION_HEADER = {
  [STREAM_POSITION]: 'As the `Last-Event-ID` of a stream, continues this list without a gap',
};

/** The parameter of every stream (contracts README, "Streams"). */
@Dto({ ignoresOthers: true })
export class StreamParams {
  @MayBeAbsent()
  @IsString()
  @Described('Continue after this event, for clients that cannot set the header `Last-Event-ID`')
  last_event_id?: string;
}
