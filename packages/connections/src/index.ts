/** What keeps a listening server fair to its clients: the address behind a connection, and limits by it. */
export { addressGroup, isAddressRange, isLoopback, TrustedProxies } from './client-address.ts';
export { type ConnectionLimits, limitConnections } from './limit-connections.ts';
export { type GateLimits, Limiter, type Visitor } from './limiter.ts';
