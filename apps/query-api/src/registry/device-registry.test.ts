import { expect, test } from '@jest/globals';
import { openDatabase } from '@nexmdm/db';
import { createDeviceRegistry } from './device-registry.ts';

const ID = '0b6f8a54-3f0e-4c58-9d0e-5a1c7d2e9f10';

test('without the database a change is a 503 that doesn’t say it was not made', async () => {
  const { db, close } = openDatabase({
    url: 'postgresql://127.0.0.1:1/nobody_listens_there',
    poolMax: 1,
    applicationName: 'test',
    statementTimeoutMs: 1_000,
    connectTimeoutMs: 1_000,
    onConnectionError: () => {},
  });
  const registry = createDeviceRegistry({
    db,
    readDb: db,
    onlineWithinSeconds: 1_800,
    isFast: () => true,
    onChanged: () => {},
  });
  const changes = [
    () => registry.update(ID, { alias: 'x' }),
    () => registry.delete(ID),
    () => registry.restore(ID, undefined),
    () => registry.rotateToken(ID, { tokenId: 'x', graceSeconds: 0 }),
    () => registry.revokeToken(ID),
    () => registry.registerAll([{ id: ID, alias: 'x', hardware_id: null, token_id: 'x' }]),
    () => registry.find(ID),
  ];
  for (const change of changes) {
    await expect(change()).rejects.toMatchObject({
      status: 503,
      detail: expect.stringContaining('may or may not have been made; look before trying again'),
    });
  }
  await expect(registry.listTakenAliases(['x'])).rejects.toMatchObject({
    status: 503,
    detail: 'The database is not available; try again.',
  });
  await close();
});
