'use strict';

/**
 * Sends the assignments that a server makes to Segment, with @segment/analytics-node: `identify`
 * with all current experiments of the user and `track('Experiment Viewed')`, once per user,
 * experiment and variant. See README.md in the folder above.
 */

const { createHash } = require('node:crypto');

const NAMING_CONVENTION = /^[a-z0-9]+(-[a-z0-9]+){2,}-20[0-9]{2}-(0[1-9]|1[0-2])$/;
const NOBODY = ['', 'null', 'undefined', 'anonymous', 'none', '0', '-1'];

/**
 * @param {object} analytics an Analytics of @segment/analytics-node
 * @param {object} [options]
 * @param {RegExp|null} [options.namingConvention] of experiment ids; null accepts every id
 * @param {function(string): boolean} [options.isNew] whether a key comes for the first time; default
 *     the memory of this process (the last 100,000 keys). Several processes share one with a
 *     database; without, their repetitions carry the same message ids and are harmless.
 * @param {function(string)} [options.warn] default console.warn
 */
function create(analytics, options) {
  const settings = {
    namingConvention: NAMING_CONVENTION,
    isNew: firstTimes(100000),
    warn: (text) => console.warn('segment-experiments: ' + text),
    ...options,
  };

  return {
    /**
     * A user was assigned to a variant.
     *
     * @param {object} assignment
     * @param {string} [assignment.userId] at least one of userId and anonymousId
     * @param {string} [assignment.anonymousId]
     * @param {string} assignment.experimentId readable, as the naming convention wants it
     * @param {string} assignment.variant readable; numbers are refused
     * @param {Date} [assignment.assignedAt] of your assignment store; a return to an earlier variant
     *     is only told from a repetition by it. Default now.
     * @param {Object<string, string>} [assignment.experiments] all other current experiments of the
     *     user and his variants: destinations keep only what the last identify carried
     * @returns {boolean} whether it was sent
     */
    assigned({ userId, anonymousId, experimentId, variant, assignedAt, experiments }) {
      const person = personOf(userId, anonymousId);
      const problem =
        problemWith(experimentId, variant, settings.namingConvention) ||
        (Object.keys(person).length === 0 && 'an assignment of nobody: ' + experimentId);
      if (problem) {
        settings.warn(problem);
        return false;
      }
      const content = [
        person.userId || person.anonymousId,
        ...[experimentId, variant, assignedAt ? assignedAt.toISOString() : ''],
      ];
      if (!settings.isNew(messageId('track', content))) return false;

      analytics.identify({
        ...person,
        traits: { experiments: { ...experiments, [experimentId]: variant } },
        messageId: messageId('identify', content),
      });
      analytics.track({
        ...person,
        event: 'Experiment Viewed',
        properties: {
          experimentId,
          variant,
          assignedAt: (assignedAt || new Date()).toISOString(),
        },
        messageId: messageId('track', content),
      });
      return true;
    },

    /**
     * An anonymous visitor has logged in or signed up, and the browser does not tell Segment.
     *
     * @param {object} authentication
     * @param {string} authentication.userId
     * @param {string} authentication.anonymousId of the visitor until now
     * @param {object} [authentication.traits]
     * @param {Object<string, string>} [authentication.experiments] all current ones of the user
     * @param {boolean} [authentication.alias] a destination needs the alias call; it is sent before
     *     identify, once per visitor and user
     * @returns {boolean} whether it was sent
     */
    authenticated({ userId, anonymousId, traits, experiments, alias }) {
      const person = personOf(userId, anonymousId);
      if (!person.userId || !person.anonymousId) {
        settings.warn('an authentication needs a userId and an anonymousId');
        return false;
      }
      const content = [person.anonymousId, person.userId];
      const isTransition = person.userId !== person.anonymousId;
      if (alias && isTransition && settings.isNew(messageId('alias', content))) {
        analytics.alias({
          userId: person.userId,
          previousId: person.anonymousId,
          messageId: messageId('alias', content),
        });
      }
      analytics.identify({
        ...person,
        traits: experiments ? { ...traits, experiments } : { ...traits },
      });
      return true;
    },
  };
}

/** The ids of a person, without those that identify nobody. */
function personOf(userId, anonymousId) {
  const person = {};
  for (const [key, id] of Object.entries({ userId, anonymousId })) {
    if (id != null && !NOBODY.includes(String(id).trim().toLowerCase())) person[key] = String(id);
  }
  return person;
}

/** Why an assignment is not sent, in a sentence; null when it is fine. */
function problemWith(experimentId, variant, namingConvention) {
  if (typeof experimentId !== 'string' || experimentId.trim() === '') {
    return `the experiment id ${JSON.stringify(experimentId)} is no text`;
  }
  if (namingConvention && !namingConvention.test(experimentId)) {
    return `the experiment id ${experimentId} breaks the convention ${namingConvention}`;
  }
  if (typeof variant !== 'string' || /^\s*([-+]?[0-9.]+)?\s*$/.test(variant)) {
    return (
      `the variant ${JSON.stringify(variant)} of ${experimentId} ` +
      'must be a readable text such as "control"'
    );
  }
  return null;
}

/** An id that is the same whenever the same thing is sent again, and another for each call. */
function messageId(call, content) {
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return `exp-${call}-${digest.slice(0, 40)}`;
}

/** A function that says whether a key comes for the first time, and forgets the oldest keys. */
function firstTimes(limit) {
  const keys = new Set();
  return (key) => {
    if (keys.has(key)) return false;
    keys.add(key);
    if (keys.size > limit) keys.delete(keys.values().next().value);
    return true;
  };
}

module.exports = { create };
