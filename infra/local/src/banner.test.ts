import { expect, test } from '@jest/globals';
import { formatBanner } from './banner.ts';

test('the banner says where everything is, the description of the API too', () => {
  const banner = formatBanner({
    urls: { ingest: 'http://host:1', query: 'http://host:2', writer: 'http://host:3' },
    adminKey: 'the-key',
    dataDir: '/data',
    simulatedDevices: 25,
  });
  for (const fact of ['http://host:1\n', 'http://host:2\n', 'http://host:2/docs\n', '/data\n']) {
    expect(banner).toContain(fact);
  }
});
