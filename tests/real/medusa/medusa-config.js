// A Medusa server for the integration tests: no dashboard, a database of its own, and
// nothing but the modules that come along. Shop and products come from the tests.
const { defineConfig } = require("@medusajs/framework/utils");

module.exports = defineConfig({
  admin: { disable: true },
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    databaseDriverOptions: { connection: { ssl: false } },
    http: {
      storeCors: "",
      adminCors: "",
      authCors: "",
      jwtSecret: "of-a-loopback-server",
      cookieSecret: "of-a-loopback-server",
    },
  },
});
