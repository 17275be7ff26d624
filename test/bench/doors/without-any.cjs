for (const door of ['headers', 'cap', 'login', 'checks']) require(`./without-${door}.cjs`);
