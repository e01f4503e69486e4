import { describe, expect, test } from '@jest/globals';
import { registerRequestSchema } from './register.ts';

describe('a registration', () => {
  test('is trimmed', () => {
    expect(
      registerRequestSchema.parse({ alias: '  Kiosk 7 – Nord ', hardware_id: ' a1 ' }),
    ).toEqual({
      alias: 'Kiosk 7 – Nord',
      hardware_id: 'a1',
    });
  });

  test.each([undefined, null])('needs no hardware id: %j', (hardware_id) => {
    expect(registerRequestSchema.safeParse({ alias: 'D23', hardware_id }).success).toBe(true);
  });

  test.each([
    [{}, 'alias'],
    [{ alias: null }, 'alias'],
    [{ alias: ' \t ' }, 'alias'],
    [{ alias: 'x'.repeat(201) }, 'alias'],
    [{ alias: 'D23', hardware_id: '' }, 'hardware_id'],
    [{ alias: 'D23', hardware_id: 'x'.repeat(201) }, 'hardware_id'],
  ])('is refused with the field named: %j', (request, path) => {
    const issues = registerRequestSchema.safeParse(request).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});
