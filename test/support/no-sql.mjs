/** A rule of the linter: SQL stands in libs/database, not in apps. */
const SQL =
  /^\s*(with\s+\w+\s+as\s|select\s+(\S+\(|[\s\S]*?\bfrom\s+\w)|insert\s+into\s+\w+|update\s+\w+\s+(\w+\s+)?set\s|delete\s+from\s+\w+|analyze\s+\w)/i;

const noSql = {
  create(context) {
    const check = (node, text) => {
      if (SQL.test(text)) context.report({ node, message: 'SQL stands in libs/database, one file a statement.' });
    };
    return {
      Literal: (node) => typeof node.value === 'string' && check(node, node.value),
      TemplateLiteral: (node) => check(node, node.quasis.map(({ value }) => value.cooked).join('x')),
    };
  },
};

export default { meta: { name: 'herald' }, rules: { 'no-sql': noSql } };
