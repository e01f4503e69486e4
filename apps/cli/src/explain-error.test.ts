import { expect, test } from '@jest/globals';
import { explainError, isDatabaseRefusal } from './explain-error.ts';

const withCode = (code: string) => Object.assign(new Error('it says this'), { code });

test('known failures are explained by their code', () => {
  expect(explainError(withCode('ECONNREFUSED'))).toBe('nothing listens there (ECONNREFUSED)');
  expect(explainError(withCode('42P01'))).toContain('nexmdm migrate');
  expect(explainError(new Error('WRONGPASS invalid username-password pair'))).toBe(
    'the password in REDIS_URL is wrong (WRONGPASS)',
  );
});

test('a database that is not our own is not made or migrated', () => {
  expect(explainError(withCode('3D000'))).toContain('create it');
  expect(explainError(withCode('3D000'), '--from')).toBe(
    'the database named in --from does not exist; check its name (3D000)',
  );
  expect(explainError(withCode('42P01'), '--from')).not.toContain('migrate');
});

test.each([
  ['28P01', true],
  ['0A000', true],
  ['ECONNREFUSED', false],
  ['EPIPE', false],
])('%s is the word of PostgreSQL: %j', (code, expected) => {
  expect(isDatabaseRefusal(withCode(code))).toBe(expected);
});

test('what wraps the failure is looked through', () => {
  const both = new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')]);
  expect(explainError(new TypeError('fetch failed', { cause: both }))).toContain('ECONNREFUSED');
});

test('anything else speaks for itself', () => {
  const error = new Error('the entry is not JSON', { cause: new SyntaxError('Unexpected token') });
  expect(explainError(error)).toBe('the entry is not JSON');
  expect(explainError('x')).toBe('x');
});
