// node --import: resends without a cool-down, so that a test need not wait for one.
const dist = (path) => import(new URL(`../../../dist/${path}`, import.meta.url));
const { EmbeddedDatabase } = await dist('prisma/embedded-database.js');
const { PostgresDatabase } = await dist('prisma/postgres-database.js');

const without = {
  start_verification: (values, order) => {
    const index = order.indexOf('starts');
    const starts = JSON.parse(values[index]).map((start) => ({ ...start, cooldown_secs: 0 }));
    return values.with(index, JSON.stringify(starts));
  },
  resend_verification: (values, order) => values.with(order.indexOf('cooldowns'), [0]),
};
for (const { prototype } of [EmbeddedDatabase, PostgresDatabase]) {
  const { query } = prototype;
  prototype.query = function (statement, values) {
    return query.call(this, statement, without[statement.name]?.(values, statement.order) ?? values);
  };
}
