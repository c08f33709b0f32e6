/**
 * Sends the assignments of experiments to Segment, from a page with analytics.js: `identify` with
 * all current experiments and `track('Experiment Viewed')`, once per user, experiment and variant.
 *
 * It does nothing by itself: call assigned() where your testing tool says that a visitor was
 * assigned, and authenticated() where a visitor has proven who he is. See README.md beside.
 *
 * No dependencies. As a script it adds `segmentExperiments` to the page; it can be imported, too.
 */
(function (root) {
  'use strict';

  const NAMING_CONVENTION = /^[a-z0-9]+(-[a-z0-9]+){2,}-20[0-9]{2}-(0[1-9]|1[0-2])$/;
  const NOBODY = ['', 'null', 'undefined', 'anonymous', 'none', '0', '-1'];
  const DAY = 24 * 60 * 60 * 1000;

  /**
   * @param {object} [options]
   * @param {function(): object} [options.analytics] the analytics.js object, looked up at each use
   *     because the snippet replaces it when it has loaded; default `window.analytics`
   * @param {RegExp|null} [options.namingConvention] of experiment ids; null accepts every id
   * @param {number} [options.currentDays] an experiment that no call named for so many days is not
   *     current any more, and no identify carries it; default 30
   * @param {string} [options.storageKey] key in localStorage; default 'segment_experiments'
   * @param {function(string)} [options.warn] default console.warn
   */
  function create(options) {
    const settings = Object.assign(
      {
        analytics: () => root.analytics,
        namingConvention: NAMING_CONVENTION,
        currentDays: 30,
        storageKey: 'segment_experiments',
        warn: (text) => console.warn('segment-experiments: ' + text),
      },
      options
    );
    // Stands in where the browser forbids localStorage: then "once" means once per page load, and
    // the message ids make the repeats harmless.
    let unsaved = null;

    function load() {
      try {
        return JSON.parse(root.localStorage.getItem(settings.storageKey)) || unsaved;
      } catch (error) {
        return unsaved;
      }
    }

    function save(record) {
      unsaved = record;
      try {
        root.localStorage.setItem(settings.storageKey, JSON.stringify(record));
      } catch (error) {
        // A full or forbidden storage must not keep the assignment from being sent.
      }
    }

    /** What was sent for the person at this browser; it is read anew each time, for other tabs. */
    function recordOf(user) {
      const person = { anonymousId: user.anonymousId(), userId: user.id() || null };
      const stored = load();
      const isSame =
        stored &&
        (stored.userId && person.userId
          ? stored.userId === person.userId
          : stored.anonymousId === person.anonymousId);
      return {
        anonymousId: person.anonymousId,
        userId: person.userId || (isSame ? stored.userId : null),
        experiments: (isSame && stored.experiments) || {},
        aliases: (stored && stored.anonymousId === person.anonymousId && stored.aliases) || [],
      };
    }

    function currentExperiments(record) {
      const since = Date.now() - settings.currentDays * DAY;
      const current = {};
      for (const [experimentId, sent] of Object.entries(record.experiments)) {
        if (sent.seenAt >= since) current[experimentId] = sent.variant;
      }
      return current;
    }

    function send(analytics, experimentId, variant, assignedAt) {
      const user = analytics.user();
      const record = recordOf(user);
      const sent = record.experiments[experimentId] || { number: 0 };
      const now = Date.now();
      if (sent.variant === variant) {
        // Only to know that the experiment still runs; a day is exact enough.
        if (now - sent.seenAt > DAY) {
          sent.seenAt = now;
          save(record);
        }
        return;
      }
      // The number tells a second assignment to the first variant from a repetition of the first.
      const number = sent.number + 1;
      record.experiments[experimentId] = { variant: variant, number: number, seenAt: now };
      // Before sending: another tab that comes to here sends the same message ids.
      save(record);

      const content = [record.userId || record.anonymousId, experimentId, variant, number];
      identify(analytics, user.id(), { experiments: currentExperiments(record) }, {
        messageId: messageId('identify', record.anonymousId, content),
      });
      analytics.track(
        'Experiment Viewed',
        { experimentId: experimentId, variant: variant, assignedAt: assignedAt },
        { messageId: messageId('track', record.anonymousId, content) }
      );
    }

    function sendAuthentication(analytics, userId, traits, wantsAlias) {
      const user = analytics.user();
      const before = user.id() || null;
      if (before === userId && Object.keys(traits).length === 0) return;

      const anonymousId = user.anonymousId();
      const aliases = recordOf(user).aliases;
      if (wantsAlias && !before && anonymousId !== userId && !aliases.includes(userId)) {
        // First, so that a destination that needs it knows the visitor when it gets the user.
        analytics.alias(userId, anonymousId, {
          messageId: messageId('alias', anonymousId, [anonymousId, userId]),
        });
        aliases.push(userId);
      }
      // What was sent for another user of this browser is not this user's.
      const record = recordOf({ anonymousId: () => anonymousId, id: () => userId });
      record.aliases = aliases;
      save(record);
      identify(analytics, userId, Object.assign({}, traits, {
        experiments: currentExperiments(record),
      }));
    }

    /** Runs a function with analytics.js once it has loaded: before, nobody knows who the user is. */
    function whenLoaded(run) {
      const safely = (action) => {
        try {
          action();
        } catch (error) {
          settings.warn(String(error));
        }
      };
      const tryToRun = () => {
        const analytics = settings.analytics();
        if (typeof analytics.user === 'function') run(analytics);
        // `initialize` comes shortly before the snippet's stub is replaced.
        else setTimeout(() => safely(tryToRun), 20);
      };
      safely(() => {
        const analytics = settings.analytics();
        if (!analytics) settings.warn('there is no analytics.js on this page');
        else if (analytics.instance) run(analytics.instance);
        else if (typeof analytics.then === 'function') {
          analytics.then((loaded) => safely(() => run(loaded[0])));
        } else if (typeof analytics.user === 'function') run(analytics);
        else analytics.on('initialize', () => safely(tryToRun));
      });
    }

    return {
      /**
       * A visitor was assigned to a variant. What was sent before for the same user, experiment and
       * variant is not sent again, so a tool may call it on every page.
       *
       * @param {string} experimentId readable, as the naming convention wants it
       * @param {string} variant readable: 'control', 'short-headline'; numbers are refused
       * @param {Date|string|number} [assignedAt] when the tool knows it; default now
       */
      assigned(experimentId, variant, assignedAt) {
        const problem = problemWith(experimentId, variant, settings.namingConvention);
        if (problem) {
          settings.warn(problem);
          return;
        }
        const at = new Date(assignedAt === undefined ? Date.now() : assignedAt);
        if (isNaN(at)) settings.warn('the assignment time ' + assignedAt + ' is none: now is taken');
        const text = (isNaN(at) ? new Date() : at).toISOString();
        whenLoaded((analytics) => send(analytics, experimentId, variant, text));
      },

      /**
       * A visitor has logged in or signed up; instead of calling analytics.identify() there. Nothing
       * is sent when he was known and there are no traits.
       *
       * @param {string} userId
       * @param {object} [traits] of the user
       * @param {{alias: boolean}} [options] alias: a destination needs the alias call; it is sent
       *     before identify, once per anonymous visitor and user
       */
      authenticated(userId, traits, options) {
        if (typeof userId !== 'string' || NOBODY.includes(userId.trim().toLowerCase())) {
          settings.warn('the user id ' + JSON.stringify(userId) + ' identifies nobody');
          return;
        }
        const wantsAlias = Boolean(options && options.alias);
        whenLoaded((analytics) => {
          sendAuthentication(analytics, userId, traits || {}, wantsAlias);
        });
      },

      /**
       * The current experiments and variants, for identify calls of your own:
       * `analytics.identify(id, {plan: 'pro', experiments: experiments.current()})`.
       *
       * @returns {Object<string, string>} empty while analytics.js has not loaded
       */
      current() {
        let current = {};
        const analytics = settings.analytics();
        const loaded = (analytics && analytics.instance) || analytics;
        if (loaded && typeof loaded.user === 'function' && typeof loaded.then !== 'function') {
          current = currentExperiments(recordOf(loaded.user()));
        }
        return current;
      },
    };
  }

  function identify(analytics, userId, traits, options) {
    if (userId) analytics.identify(userId, traits, options || {});
    else analytics.identify(traits, options || {});
  }

  /** Why an assignment is not sent, in a sentence; null when it is fine. */
  function problemWith(experimentId, variant, namingConvention) {
    if (typeof experimentId !== 'string' || experimentId.trim() === '') {
      return 'the experiment id ' + JSON.stringify(experimentId) + ' is no text';
    }
    if (namingConvention && !namingConvention.test(experimentId)) {
      return 'the experiment id ' + experimentId + ' breaks the convention ' + namingConvention;
    }
    if (typeof variant !== 'string' || /^\s*([-+]?[0-9.]+)?\s*$/.test(variant)) {
      return (
        'the variant ' + JSON.stringify(variant) + ' of ' + experimentId +
        ' must be a readable text such as "control"'
      );
    }
    return null;
  }

  /**
   * An id that is the same whenever the same thing is sent again, of at most 100 characters, and
   * another one for each call: Segment drops a message whose id it has seen, whoever sent it.
   */
  function messageId(call, anonymousId, content) {
    const text = JSON.stringify([anonymousId, content]);
    return ['exp', call, anonymousId.slice(0, 48), hash(text, 1) + hash(text, 2)].join('-');
  }

  /** FNV-1a of 32 bits, started from a seed, as 8 hexadecimal digits. */
  function hash(text, seed) {
    let value = Math.imul(0x811c9dc5 ^ seed, 0x01000193);
    for (let index = 0; index < text.length; index++) {
      value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
    }
    return (value >>> 0).toString(16).padStart(8, '0');
  }

  const api = { create: create };
  if (typeof module === 'object' && module.exports) module.exports = api;
  else root.segmentExperiments = api;
})(typeof window === 'undefined' ? globalThis : window);
