// Questions and answers between the bench and a process that it started, over Node's own channel.

/** In the child: answers `method` with what `work(params)` returns. */
export function answer(method, work) {
  process.on('message', async (question) => {
    if (question.method !== method) return;
    try {
      process.send({ id: question.id, value: await work(question.params) });
    } catch (error) {
      process.send({ id: question.id, error: error.stack });
    }
  });
  process.channel?.unref();
}

let asked = 0;

/** In the bench: @throws what the child threw, or when it has ended. */
export function ask(child, method, params) {
  const id = ++asked;
  return new Promise((resolve, reject) => {
    const done = () => {
      child.off('message', hear);
      child.off('exit', gone);
    };
    const gone = () => (done(), reject(new Error(`the process ended before it answered "${method}"`)));
    const hear = (reply) => {
      if (reply.id !== id) return;
      done();
      if (reply.error) reject(new Error(reply.error));
      else resolve(reply.value);
    };
    child.on('message', hear);
    child.on('exit', gone);
    child.send({ id, method, params });
  });
}
