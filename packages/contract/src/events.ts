import Type, { type Static } from 'typebox';
import { FAMILIES, type Family } from './calls.ts';
import { MAX_EVENTS_PER_PAGE } from './limits.ts';

const OfFiles = Type.Object({ file_name: Type.String() });

/** The closed list of what happens to projects, and what each event says in `data`. */
const EVENT_DATA = {
  'project.created': Type.Object({
    name: Type.String(),
    flow: Type.Enum(Object.keys(FAMILIES) as Family[], { description: 'Which family the project is in.' }),
  }),
  'file.uploaded': Type.Object({
    files: Type.Array(
      Type.Object({
        ...OfFiles.properties,
        size: Type.Integer({ minimum: 0, description: 'Bytes.' }),
        etag: Type.String({ description: "Storage's entity tag, without quotes." }),
      }),
    ),
  }),
  'file.damaged': Type.Object({ files: Type.Array(OfFiles) }),
  'upload.aborted': Type.Object({ ...OfFiles.properties, upload_id: Type.String() }),
  'token.exhausted': Type.Object({
    token_id: Type.String({ format: 'uuid' }),
    limits: Type.Array(Type.Enum(['max_files', 'max_bytes']), { description: 'Of which nothing is left.' }),
  }),
} as const;

export type EventType = keyof typeof EVENT_DATA;
export type EventData<Name extends EventType> = Static<(typeof EVENT_DATA)[Name]>;

const eventOf = <Name extends EventType>(type: Name) =>
  Type.Object({
    id: Type.String({ format: 'uuid', description: 'The same each time the event is returned.' }),
    type: Type.Literal(type),
    created_at: Type.String({ format: 'date-time', description: 'When the server recorded it. ISO 8601, UTC.' }),
    project_uuid: Type.String({ format: 'uuid' }),
    data: EVENT_DATA[type],
  });

const Event = Type.Union(
  [
    eventOf('project.created'),
    eventOf('file.uploaded'),
    eventOf('file.damaged'),
    eventOf('upload.aborted'),
    eventOf('token.exhausted'),
  ],
  { title: 'Event' },
);

export const EventsQuery = Type.Object({
  cursor: Type.Optional(Type.String()),
  limit: Type.Integer({ minimum: 1, maximum: MAX_EVENTS_PER_PAGE, default: MAX_EVENTS_PER_PAGE }),
});

export const EventList = Type.Object({
  events: Type.Array(Event),
  next_cursor: Type.String({ description: 'Ask with it for what comes next, now or later. Never null.' }),
});

export type EventList = Static<typeof EventList>;
