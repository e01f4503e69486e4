import { describe, expect, test } from '@jest/globals';
import { bulkDeviceSchema, deviceChangeSchema, rotateTokenRequestSchema } from './registry.ts';

describe('a change of a device', () => {
  test.each([
    { alias: ' Kiosk 7 ' },
    { monitored_package: 'io.unitynodes.unityapp' },
    { monitored_package: null, monitored_app_name: null },
    { monitored_threshold_min: 1_440, monitor_enabled: false },
  ])('may be %j', (change) => {
    expect(Object.keys(deviceChangeSchema.parse(change))).toEqual(Object.keys(change));
  });

  test('is trimmed', () => {
    expect(deviceChangeSchema.parse({ alias: ' Kiosk 7 ' })).toEqual({ alias: 'Kiosk 7' });
  });

  test.each([
    [{}, 'at least one field'],
    [{ alias: null }, 'alias'],
    [{ alias: ' ' }, 'alias'],
    [{ alias: 'a\0b' }, 'alias'],
    [{ token_id: 'x' }, 'token_id'],
    [{ monitored_package: 'android' }, 'monitored_package'],
    [{ monitored_package: 'io..app' }, 'monitored_package'],
    [{ monitored_package: 'io.1app' }, 'monitored_package'],
    [{ monitored_package: 'io.app; drop' }, 'monitored_package'],
    [{ monitored_package: `io.${'x'.repeat(198)}` }, 'monitored_package'],
    [{ monitored_app_name: '' }, 'monitored_app_name'],
    [{ monitored_threshold_min: 0 }, 'monitored_threshold_min'],
    [{ monitored_threshold_min: 1_441 }, 'monitored_threshold_min'],
    [{ monitored_threshold_min: 1.5 }, 'monitored_threshold_min'],
    [{ monitored_threshold_min: null }, 'monitored_threshold_min'],
    [{ monitor_enabled: 'yes' }, 'monitor_enabled'],
  ])('is refused and says why: %j', (change, named) => {
    const issues = deviceChangeSchema.safeParse(change).error?.issues ?? [];
    expect(issues.map(({ path, message }) => `${path.join('.')} ${message}`).join()).toContain(
      named,
    );
  });
});

describe('a rotation', () => {
  test('leaves the token until now good for a day', () => {
    expect(rotateTokenRequestSchema.parse({})).toEqual({ grace_seconds: 86_400 });
  });

  test.each([-1, 2_592_001, 1.5, '60', null])('is refused for %j seconds', (grace_seconds) => {
    expect(rotateTokenRequestSchema.safeParse({ grace_seconds }).success).toBe(false);
  });
});

describe('a device of a bulk registration', () => {
  test('has no field that nobody knows', () => {
    expect(bulkDeviceSchema.safeParse({ alias: 'A', hardware_id: 'h' }).success).toBe(true);
    expect(bulkDeviceSchema.safeParse({ alias: 'A', color: 'red' }).success).toBe(false);
  });
});
