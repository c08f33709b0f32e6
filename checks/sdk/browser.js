'use strict';

/**
 * Visits a small shop in Chromium with the genuine analytics.js and the module of
 * instrumentation/browser, and prints what the testing tool on its pages really assigned.
 *
 * Usage: node browser.js <address of the receiver> <path of Chromium>
 * Prints: JSON, scenario -> list of visits {anonymousId, userId, assigned, warnings, errors}.
 */

const fs = require('node:fs');
const path = require('node:path');
const { chromium } = require('playwright-core');
const snippet = require('@segment/snippet');

const [receiver, executablePath] = process.argv.slice(2);
const HERO = 'homepage-hero-headline-2026-11';
const CART = 'cart-banner-free-shipping-2026-11';
const BUNDLES = path.join(path.dirname(require.resolve('@segment/analytics-next/package.json')), 'dist/umd');
const MODULE = fs.readFileSync(
  path.join(__dirname, '../../instrumentation/browser/segment-experiments.js'),
  'utf8'
);
const SEGMENT_IO = { apiHost: receiver.replace('http://', '') + '/v1', protocol: 'http' };

const SNIPPET = snippet
  .max({
    host: receiver.replace('http://', ''),
    apiKey: 'KEY',
    page: true,
    useHostForBundles: true,
    load: { integrations: { 'Segment.io': SEGMENT_IO } },
  })
  .replaceAll('"https://', '"http://');

// Instead of the snippet: analytics.js as a package in the bundle of the site.
const PACKAGE = `
  window.analytics = AnalyticsNext.AnalyticsBrowser.load(
    { writeKey: 'KEY', cdnURL: '${receiver}' },
    { integrations: { 'Segment.io': ${JSON.stringify(SEGMENT_IO)} } }
  );
  analytics.page();
`;

// A testing tool that keeps its assignments in a cookie and reports them on every page.
const TOOL = `
  window.assigned = [];
  window.warnings = [];
  window.errors = [];
  window.addEventListener('error', (event) => errors.push(event.message));
  window.experiments = segmentExperiments.create({ warn: (text) => warnings.push(text) });
  const onAssignment = (experimentId, variantId, metadata) => {
    experiments.assigned(experimentId, variantId, metadata.assignedAt);
  };
  const cookie = document.cookie.split('; ').find((entry) => entry.startsWith('tool='));
  const kept = cookie ? JSON.parse(decodeURIComponent(cookie.slice(5))) : {};
  for (const [experimentId, variant] of new URLSearchParams(location.search)) {
    if (!kept[experimentId] || kept[experimentId].variant !== variant) {
      kept[experimentId] = { variant, assignedAt: Date.now() };
      assigned.push([experimentId, variant, kept[experimentId].assignedAt]);
    }
  }
  document.cookie = 'tool=' + encodeURIComponent(JSON.stringify(kept)) + '; max-age=86400; path=/';
  for (const [experimentId, entry] of Object.entries(kept)) {
    onAssignment(experimentId, entry.variant, { assignedAt: entry.assignedAt });
  }
`;

function pageHtml(isPackage) {
  const start = isPackage
    ? `<script src="/analytics-next/bundles/index.js"></script><script>${PACKAGE}</script>`
    : `<script>${SNIPPET}</script>`;
  return `<!doctype html><title>Shop</title>${start}<script>${MODULE}</script><script>${TOOL}</script>`;
}

const results = {};
// Requests without an answer, by context: whoever leaves a page takes them back.
const underWay = new Map();
let browser;

async function device() {
  const context = await browser.newContext();
  underWay.set(context, 0);
  for (const [event, step] of [['request', 1], ['requestfinished', -1], ['requestfailed', -1]]) {
    context.on(event, () => underWay.set(context, underWay.get(context) + step));
  }
  await context.route(receiver + '/shop/**', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: pageHtml(route.request().url().includes('/shop/package')),
    })
  );
  await context.route(receiver + '/analytics.js/v1/KEY/analytics.min.js', (route) =>
    route.fulfill({ path: path.join(BUNDLES, 'standalone.js') })
  );
  await context.route(receiver + '/analytics-next/bundles/*', (route) =>
    route.fulfill({ path: path.join(BUNDLES, path.basename(route.request().url())) })
  );
  return context;
}

/** Waits until analytics.js has loaded, has had nothing to send for a while, and all is sent. */
async function settle(page) {
  do {
    await quiet(page);
  } while (underWay.get(page.context()) > 0);
}

async function quiet(page) {
  await page.evaluate(() => {
    window.quietSince = Infinity;
  });
  await page.waitForFunction(
    () => {
      const analytics = window.analytics.instance || window.analytics;
      const isQuiet =
        analytics.initialized && analytics.queue.isEmpty() && !analytics.queue.flushing;
      window.quietSince = isQuiet ? Math.min(window.quietSince, performance.now()) : Infinity;
      return performance.now() - window.quietSince > 400;
    },
    null,
    { polling: 50 }
  );
}

/** Opens a page of the shop, does something there, and notes what the tool assigned. */
async function visit(scenario, context, address, action) {
  const page = await context.newPage();
  await page.goto(receiver + '/shop/' + address);
  await settle(page);
  if (action) {
    await page.evaluate(action);
    await settle(page);
  }
  await note(scenario, page);
  return page;
}

async function note(scenario, page) {
  results[scenario] = results[scenario] || [];
  results[scenario].push(
    await page.evaluate(() => {
      const user = (window.analytics.instance || window.analytics).user();
      return {
        ...{ anonymousId: user.anonymousId(), userId: user.id() || null, traits: user.traits() },
        ...{ assigned: window.assigned, warnings: window.warnings, errors: window.errors },
        current: window.experiments.current(),
      };
    })
  );
}

const scenarios = {
  async reload() {
    const context = await device();
    const page = await visit('reload', context, `?${HERO}=control`);
    for (let times = 0; times < 3; times++) {
      await page.reload();
      await settle(page);
    }
    await visit('reload', context, 'product');
  },

  async cleared() {
    const context = await device();
    const page = await visit('cleared', context, `?${HERO}=control`);
    // No page of the shop may be open: analytics.js would write its cookie again.
    await page.goto(receiver + '/empty');
    await page.evaluate(() => localStorage.clear());
    await context.clearCookies();
    await visit('cleared', context, `?${HERO}=video-hero`);
  },

  async login_twice() {
    const context = await device();
    const login = () => experiments.authenticated('u-twice', { plan: 'pro' }, { alias: true });
    await visit('login_twice', context, `?${HERO}=short-headline`, login);
    await visit('login_twice', context, 'account', login);
  },

  async logout() {
    const context = await device();
    const login = () => experiments.authenticated('u-logout', {}, { alias: true });
    await visit('logout', context, `?${HERO}=control`, login);
    await visit('logout', context, 'account', () => analytics.reset());
    await visit('logout', context, 'again', login);
  },

  async two_tabs() {
    const context = await device();
    await visit('two_tabs', context, 'before');
    await Promise.all([
      visit('two_tabs', context, `?${HERO}=control`),
      visit('two_tabs', context, `product?${HERO}=control`),
    ]);
  },

  async second_device() {
    const login = () => experiments.authenticated('u-devices');
    await visit('second_device', await device(), `?${HERO}=video-hero`, login);
    await visit('second_device', await device(), `?${HERO}=video-hero`, login);
  },

  async other_variant_on_second_device() {
    const login = () => experiments.authenticated('u-crossover');
    await visit('other_variant_on_second_device', await device(), `?${HERO}=control`, login);
    await visit('other_variant_on_second_device', await device(), `?${HERO}=video-hero`, login);
  },

  async reassigned() {
    const context = await device();
    for (const variant of ['control', 'short-headline', 'control']) {
      await visit('reassigned', context, `?${HERO}=${variant}`);
    }
  },

  async two_experiments() {
    const context = await device();
    await visit('two_experiments', context, `?${HERO}=control`);
    await visit('two_experiments', context, `?${CART}=banner`, () =>
      analytics.identify({ newsletter: true, experiments: experiments.current() })
    );
  },

  async users_of_one_browser() {
    const context = await device();
    const address = `?${HERO}=control`;
    await visit('users_of_one_browser', context, address, () => experiments.authenticated('u-ann'));
    await visit('users_of_one_browser', context, '', () => experiments.authenticated('u-bob'));
    await visit('users_of_one_browser', context, 'product');
  },

  async forbidden_storage() {
    const context = await device();
    await context.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', {
        get() {
          throw new DOMException('forbidden', 'SecurityError');
        },
      });
    });
    await visit('forbidden_storage', context, `?${HERO}=control`);
    await visit('forbidden_storage', context, 'product');
  },

  async full_storage() {
    const context = await device();
    await context.addInitScript(() => {
      const setItem = Storage.prototype.setItem;
      Storage.prototype.setItem = function (key, value) {
        if (key === 'segment_experiments') throw new DOMException('full', 'QuotaExceededError');
        setItem.call(this, key, value);
      };
    });
    await visit('full_storage', context, `?${HERO}=control`);
    await visit('full_storage', context, 'product');
  },

  async refused() {
    await visit('refused', await device(), '?Hero%20Test=control&homepage-hero-color-2026-11=1', () => {
      experiments.assigned(`homepage-hero-size-2026-11`, 2);
      experiments.assigned(undefined, 'control');
      experiments.authenticated('null');
    });
  },

  async package() {
    await visit('package', await device(), `package?${HERO}=short-headline`, () =>
      experiments.authenticated('u-package')
    );
  },
};

(async () => {
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    // Several at a time: most of the time is waiting.
    await Promise.all(Object.values(scenarios).map((scenario) => scenario()));
  } finally {
    await browser.close();
  }
  process.stdout.write(JSON.stringify(results));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
