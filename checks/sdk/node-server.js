'use strict';

/**
 * A server that assigns users and tells Segment with @segment/analytics-node.
 *
 * Usage: node node-server.js <address of the receiver>
 * Prints: JSON, list of warnings.
 */

const { Analytics } = require('@segment/analytics-node');
const { create } = require('../../instrumentation/node/segment-experiments.js');

const SEARCH = 'search-results-ranking-2026-11';
const PRICE = 'pricing-page-annual-toggle-2026-11';

(async () => {
  const analytics = new Analytics({ writeKey: 'KEY', host: process.argv[2], flushAt: 5 });
  const warnings = [];
  const options = { warn: (text) => warnings.push(text) };
  const experiments = create(analytics, options);
  const assignedAt = new Date('2026-11-02T10:00:00.000Z');

  const first = { userId: 'n-once', experimentId: SEARCH, variant: 'new-ranking', assignedAt };
  experiments.assigned(first);
  experiments.assigned(first);
  create(analytics, options).assigned(first); // another process

  const changing = { userId: 'n-reassigned', experimentId: SEARCH };
  experiments.assigned({ ...changing, variant: 'control', assignedAt });
  experiments.assigned({ ...changing, variant: 'new-ranking', assignedAt: new Date('2026-11-03') });
  experiments.assigned({ ...changing, variant: 'control', assignedAt: new Date('2026-11-04') });

  const visitor = { anonymousId: 'n-visitor', experimentId: SEARCH, variant: 'control' };
  experiments.assigned({ ...visitor, assignedAt });
  const login = { userId: 'n-user', anonymousId: 'n-visitor', alias: true };
  experiments.authenticated({ ...login, experiments: { [SEARCH]: 'control' } });
  experiments.authenticated(login);
  experiments.assigned({
    ...{ userId: 'n-user', anonymousId: 'n-visitor', experimentId: PRICE, variant: 'annual-first' },
    ...{ assignedAt, experiments: { [SEARCH]: 'control' } },
  });

  experiments.assigned({ ...first, variant: 1 });
  experiments.assigned({ ...first, experimentId: 'Search Test' });
  experiments.assigned({ ...first, userId: 'undefined' });
  experiments.authenticated({ userId: 'n-user' });

  await analytics.closeAndFlush();
  process.stdout.write(JSON.stringify(warnings));
})();
