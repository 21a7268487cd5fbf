// A Vendure server for the integration tests: loopback, a database file of its own, one
// zone, one tax, one way to ship, one way to pay. Products and orders come from the tests.
// Usage: node server.js PORT DATABASE_FILE. Prints "ready" when it can be asked.
'use strict';

process.env.VENDURE_DISABLE_TELEMETRY = 'true';

const { bootstrap, DefaultLogger, LanguageCode, LogLevel, PaymentMethodHandler } =
    require('@vendure/core');
const { populate } = require('@vendure/core/cli');

const [port, database] = process.argv.slice(2);

// Pays at once, or promises to where the test says so; pays back whatever is asked.
const payment = new PaymentMethodHandler({
    code: 'test-payment',
    description: [{ languageCode: LanguageCode.en, value: 'Pays for tests' }],
    args: {},
    createPayment: (ctx, order, amount, args, metadata) => ({
        amount,
        state: metadata.promise ? 'Authorized' : 'Settled',
        transactionId: `payment-${order.code}`,
    }),
    settlePayment: () => ({ success: true }),
    createRefund: (ctx, input, amount, order) => ({
        state: 'Settled',
        transactionId: `refund-${order.code}`,
    }),
});

const config = {
    apiOptions: { hostname: '127.0.0.1', port: Number(port) },
    authOptions: {
        tokenMethod: ['bearer', 'api-key'],
        superadminCredentials: { identifier: 'superadmin', password: process.env.PASSWORD },
        cookieOptions: { secret: 'of-no-use-without-cookies' },
    },
    dbConnectionOptions: { type: 'better-sqlite3', database, synchronize: true },
    paymentOptions: { paymentMethodHandlers: [payment] },
    logger: new DefaultLogger({ level: LogLevel.Error }),
};

const start = {
    defaultLanguage: LanguageCode.en,
    defaultZone: 'Europe',
    countries: [
        { code: 'DE', name: 'Germany', zone: 'Europe' },
        { code: 'AT', name: 'Austria', zone: 'Europe' },
    ],
    taxRates: [{ name: 'Standard Tax', percentage: 20 }],
    shippingMethods: [{ name: 'Standard Shipping', price: 500 }],
    paymentMethods: [{ name: 'Test payment', handler: { code: payment.code, arguments: [] } }],
    collections: [],
};

populate(() => bootstrap(config), start).then(
    () => console.log('ready'),
    error => {
        console.error(error);
        process.exit(1);
    },
);
