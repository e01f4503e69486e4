import { connect } from 'node:net';
import { StartError } from './start-error.ts';

/** One command as Redis' protocol writes it. */
function encode(command: readonly string[]): string {
  const parts = command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${command.length}\r\n${parts.join('')}`;
}

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

/**
 * Authenticates and sends PING over a connection of its own; resolves to the one-line answer to
 * the PING: `PONG`, or an error such as `LOADING …` while the data is still being read.
 */
export async function pingRedis(address: RedisAddress, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port });
    let answer = '';
    socket.setTimeout(timeoutMs, () => socket.destroy(new StartError('Redis does not answer')));
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('close', () => reject(new StartError('Redis closed the connection')));
    socket.on('connect', () => {
      socket.write(encode(['AUTH', address.password]) + encode(['PING']));
    });
    socket.on('data', (chunk: string) => {
      answer += chunk;
      // Two complete lines: the answer to AUTH and the one to PING.
      const lines = answer.split('\r\n').slice(0, -1);
      const [auth, ping] = lines;
      const reply = auth?.startsWith('-') ? auth : ping;
      if (reply === undefined) return;
      resolve(reply.slice(1));
      socket.destroy();
    });
  });
}
