import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { heartbeatAt, IngestClient, waitFor, type RegisteredDevice } from '@nexmdm/testing';
import { nexmdm } from './cli-process.ts';
import { startRegistryServices, type RegistryServices } from './registry-services.ts';

const NO_DEVICE = '6f1c2f0e-5d0b-4c55-9f0e-3a3f1e1f9a10';

let services: RegistryServices;
let client: IngestClient;
let device: RegisteredDevice;
let alias: string;
let registered = 0;

beforeAll(async () => {
  services = await startRegistryServices(5);
  client = new IngestClient(services.ingestUrl);
});
afterAll(async () => {
  await services.close();
});
beforeEach(async () => {
  registered += 1;
  alias = `Kiosk 店舗 ${registered}`;
  device = await client.register(alias);
});

const run = (command: string, ...args: string[]) =>
  nexmdm(['devices', command, device.device_id, ...args], services.env);
const row = async () => {
  const rows = await services.database.query<Record<string, unknown>>(
    'SELECT * FROM devices WHERE id = $1',
    [device.device_id],
  );
  return rows[0];
};
const send = async (token: string) =>
  (await client.heartbeat({ device_token: token }, heartbeatAt(Date.now()))).status;
const tokenIn = (stdout: string) => /^device_token {2}(\S+)$/m.exec(stdout)?.[1] ?? '';

/** What a dry run says, after a look that it changed nothing. */
async function dryRun(command: string, ...args: string[]): Promise<string> {
  const before = await row();
  const { code, stdout, stderr } = await run(command, ...args, '--dry-run');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.toLowerCase()).toContain('nothing was changed');
  const json = await run(command, ...args, '--dry-run', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ dry_run: true, device_id: device.device_id });
  expect(await row()).toEqual(before);
  return stdout;
}

describe('devices rename', () => {
  test('gives another alias', async () => {
    expect(await dryRun('rename', 'new')).toContain(`alias  ${alias} -> new`);
    const { code, stdout } = await run('rename', `${alias} new`);
    expect(code).toBe(0);
    expect(stdout).toContain(`alias  ${alias} -> ${alias} new`);
    expect(await row()).toMatchObject({ alias: `${alias} new` });
    expect((await run('rename', `${alias} new`)).stdout).toBe('It was so already.\n');
  });

  test('says when the alias is taken, or not one', async () => {
    await client.register(`${alias} taken`);
    const taken = await run('rename', `${alias} taken`);
    expect(taken).toMatchObject({ code: 1, stdout: '' });
    expect(taken.stderr).toContain('Another device has this alias');
    expect(await run('rename', `${alias} taken`, '--dry-run')).toEqual(taken);
    expect(await dryRun('rename', alias)).toBe('It is so already; nothing was changed.\n');
    const empty = await run('rename', ' ');
    expect(empty.stderr).toContain('The alias is not valid');
  });
});

describe('devices set', () => {
  test('sets the monitoring', async () => {
    const args = ['--monitored-package', 'org.example.app', '--app-name', 'Example'];
    const more = ['--threshold-min', '15', '--monitor', 'off'];
    expect(await dryRun('set', ...more)).toContain('monitored_threshold_min  10 -> 15');
    const { code, stdout } = await run('set', ...args, ...more, '--json');
    expect(code).toBe(0);
    const settings = {
      monitored_package: 'org.example.app',
      monitored_app_name: 'Example',
      monitored_threshold_min: 15,
      monitor_enabled: false,
    };
    expect(JSON.parse(stdout)).toMatchObject({ id: device.device_id, ...settings });
    expect(await row()).toMatchObject(settings);
    await run('set', '--monitored-package', '', '--app-name', '', '--monitor', 'on');
    expect(await row()).toMatchObject({
      monitored_package: null,
      monitored_app_name: null,
      monitored_threshold_min: 15,
      monitor_enabled: true,
    });
  });

  test('says when there is nothing to set, or it is not valid', async () => {
    expect((await run('set')).stderr).toContain('Say what to set');
    const wrong = await run('set', '--monitored-package', 'no package');
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toContain('The monitored_package is not valid');
  });
});

describe('devices rotate-token', () => {
  test('prints the new token once; the old one stays good for the grace', async () => {
    expect(await dryRun('rotate-token')).toContain('for 86400 s more, unless it was revoked.');
    const { code, stdout, stderr } = await run('rotate-token');
    expect(code).toBe(0);
    expect(stderr).toContain('shown this once');
    expect(stderr).toMatch(/good until \d{4}-/);
    expect(await send(tokenIn(stdout))).toBe(202);
    expect(await send(device.device_token)).toBe(202);
    const json = await run('rotate-token', '--grace', '0', '--json');
    const { device_token } = JSON.parse(json.stdout) as RegisteredDevice;
    expect(await send(device_token)).toBe(202);
    await waitFor('a 410', async () => (await send(device.device_token)) === 410);
  });
});

describe('devices revoke', () => {
  test('ends the tokens until the next rotation', async () => {
    await dryRun('revoke');
    expect(await send(device.device_token)).toBe(202);
    const { code, stdout, stderr } = await run('revoke');
    expect([code, stdout]).toEqual([0, `Revoked the tokens of "${alias}".\n`]);
    expect(stderr).toContain('rotate-token');
    await waitFor('a 410', async () => (await send(device.device_token)) === 410);
    expect(await send(tokenIn((await run('rotate-token')).stdout))).toBe(202);
  });
});

describe('devices delete and restore', () => {
  test('delete hides a device, restore brings it back', async () => {
    expect(await dryRun('delete')).toContain(alias);
    const deleted = await run('delete');
    expect([deleted.code, deleted.stdout]).toEqual([0, `Deleted "${alias}".\n`]);
    expect(deleted.stderr).toContain(`nexmdm devices restore ${device.device_id}`);
    expect((await run('delete')).stderr).toContain('The device was deleted at');

    const list = await nexmdm(['devices', 'list', '--deleted', '--limit', 'all'], services.env);
    expect(list.stdout).toContain(alias);
    expect(list.stdout).toContain(device.device_id);
    const json = await nexmdm(
      ['devices', 'list', '--deleted', '--limit', '1', '--json'],
      services.env,
    );
    expect(JSON.parse(json.stdout)).toMatchObject({
      devices: [{ id: device.device_id, alias }],
      pagination: {},
    });

    expect(await dryRun('restore')).toContain(alias);
    const restored = await run('restore', '--json');
    expect(JSON.parse(restored.stdout)).toMatchObject({ id: device.device_id, alias });
    expect(await row()).toMatchObject({ alias, deleted_at: null });
    for (const args of [[], ['--dry-run']]) {
      const again = await run('restore', ...args);
      expect(again).toMatchObject({ code: 1, stdout: '' });
      expect(again.stderr).toContain('is not deleted');
    }
  });

  test('restore wants another alias when the one from before is taken', async () => {
    await run('delete');
    await client.register(alias);
    for (const args of [[], ['--alias', alias]]) {
      const taken = await run('restore', ...args);
      expect(taken).toMatchObject({ code: 1, stdout: '' });
      expect(taken.stderr).toBe(
        'Error: Another device has the alias by now; restore it with another alias. Use --alias <alias>.\n',
      );
      expect(await run('restore', ...args, '--dry-run')).toEqual(taken);
    }
    const empty = await run('restore', '--alias', ' ', '--dry-run');
    expect(empty.stderr).toContain('The alias is not valid');
    expect(await dryRun('restore', '--alias', `${alias} again`)).toContain(`"${alias} again"`);
    const restored = await run('restore', '--alias', `${alias} again`);
    expect(restored.stdout).toContain(`Restored "${alias} again"`);
    expect(restored.stderr).toBe('Within 2 s its tokens are as they were before the deletion.\n');
  });
});

test('devices show shows every field, with its newest state', async () => {
  const shown = await run('show');
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toMatch(/^FIELD +VALUE\n/);
  expect(shown.stdout).toMatch(new RegExp(`^alias +${alias}$`, 'm'));
  expect(shown.stdout).toMatch(/^battery_pct +-$/m);
  await send(device.device_token);
  await services.database.query(
    `INSERT INTO device_last_status (device_id, last_ts, last_seen_at, battery_pct, plugged)
     VALUES ($1, now(), now(), 61, true)`,
    [device.device_id],
  );
  const { stdout } = await run('show');
  expect(stdout).toMatch(/^status +online$/m);
  expect(stdout).toMatch(/^last_seen +\S+Z \(\d+ s ago\)$/m);
  expect(stdout).toMatch(/^battery_pct +61$/m);
  expect(stdout).toMatch(/^plugged +yes$/m);
  const json = JSON.parse((await run('show', '--json')).stdout) as object;
  expect(json).toMatchObject({ id: device.device_id, alias, battery_pct: 61, plugged: true });
});

test.each([
  ['show'],
  ['rename', 'x'],
  ['set', '--monitor', 'on'],
  ['rotate-token'],
  ['revoke'],
  ['delete'],
  ['restore'],
  ['restore', '--dry-run'],
])('devices %s says that there is no such device', async (command, ...args) => {
  const { code, stdout, stderr } = await nexmdm(
    ['devices', command, NO_DEVICE, ...args],
    services.env,
  );
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('There is no device with this id');
});
