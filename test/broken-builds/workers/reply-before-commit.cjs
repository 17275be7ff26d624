/** A broken worker of merchant answers: it says that an answer was given, and then gives it. */
const { Answers } = require('../../../dist/apps/merchant-answers/src/answers.js');

const { give } = Answers.prototype;
Answers.prototype.give = async function (answer) {
  give.call(this, answer).catch(() => undefined);
  return { verdict: { message: 'Notification answered successfully' }, replayed: false };
};
