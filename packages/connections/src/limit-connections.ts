import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressGroup } from './client-address.ts';

export type ConnectionLimits = {
  /** Connections at once. */
  max: number;
  /** Of one address, or of one /64 network of IPv6. */
  maxPerAddress: number;
  /** Addresses that many clients share, as a proxy's: they have no limit of their own. */
  isShared: (address: string) => boolean;
};

type Connection = { group: string; requests: number };

/**
 * Bounds the connections of a server. Where there are too many, in all or of one address, the one that has been without
 * a request for longest is closed for the new one; where none is, the new one is. So silent connections take nothing
 * from clients that ask for something.
 */
export function limitConnections(server: Server, { max, maxPerAddress, isShared }: ConnectionLimits): void {
  /** Those without a request come first that have been so for longest. */
  const open = new Map<Socket, Connection>();
  const ofGroup = new Map<string, number>();

  const isIdle = ([, { requests }]: [Socket, Connection]) => requests === 0;
  const closeIdle = (ofWhom: (connection: Connection) => boolean): boolean => {
    const idle = open.entries().find((entry) => isIdle(entry) && ofWhom(entry[1]));
    if (idle === undefined) return false;
    forget(idle[0]);
    idle[0].destroy();
    return true;
  };
  const forget = (socket: Socket) => {
    const connection = open.get(socket);
    if (connection === undefined) return;
    open.delete(socket);
    const left = (ofGroup.get(connection.group) ?? 1) - 1;
    if (left === 0) ofGroup.delete(connection.group);
    else ofGroup.set(connection.group, left);
  };

  server.on('connection', (socket: Socket) => {
    const { remoteAddress: address = '' } = socket;
    const group = isShared(address) ? 'shared' : addressGroup(address);
    const count = ofGroup.get(group) ?? 0;
    const isFair = group === 'shared' || count < maxPerAddress || closeIdle((other) => other.group === group);
    if (!isFair || (open.size >= max && !closeIdle(() => true))) {
      socket.destroy();
      return;
    }
    open.set(socket, { group, requests: 0 });
    ofGroup.set(group, (ofGroup.get(group) ?? 0) + 1);
    socket.once('close', () => forget(socket));
  });
  const began = ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = open.get(socket);
    if (connection === undefined) return;
    connection.requests += 1;
    response.once('close', () => {
      connection.requests -= 1;
      // To the end of the line: it has just been useful.
      if (open.delete(socket)) open.set(socket, connection);
    });
  };
  server.on('request', began);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (server.listenerCount('checkContinue') > 1) return began(request, response);
    // Node does this by itself only where nothing listens.
    response.writeContinue();
    server.emit('request', request, response);
  });
}
