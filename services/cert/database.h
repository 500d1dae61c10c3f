// Everything in PostgreSQL, behind the store's interfaces: wiring for main.cc.

#pragma once

#include "base/random.h"
#include "cert/config.h"
#include "cert/store/connection_pool.h"
#include "cert/store/postgres_account_store.h"
#include "cert/store/postgres_event_log.h"
#include "cert/store/postgres_http_token_store.h"
#include "cert/store/postgres_store.h"
#include "cert/store/postgres_work_queue.h"
#include "cert/store/tenant_list.h"

namespace cert {

// Claiming is one short statement at a time, by one thread, and rows given back; now and then a
// list of tenants.
inline constexpr int kClaimConnections = 2;
// Anybody may ask for http-01 tokens: they wait for each other, and nothing else for them.
inline constexpr int kTokenConnections = 2;

struct Database {
  Database(const Config::Database& config, base::Random& random)
      : pool({.connection_string = config.connection_string, .size = config.pool_size}),
        claim_pool(
            {.connection_string = config.claim_connection_string, .size = kClaimConnections}),
        store(pool, random),
        accounts(pool),
        events(pool),
        work(claim_pool),
        tenants(claim_pool),
        token_pool({.connection_string = config.connection_string, .size = kTokenConnections}),
        http_tokens(token_pool) {}

  ConnectionPool pool;
  ConnectionPool claim_pool;
  PostgresStore store;
  PostgresAccountStore accounts;
  PostgresEventLog events;
  PostgresWorkQueue work;
  TenantList tenants;
  ConnectionPool token_pool;  // opens none until it is asked for one
  PostgresHttpTokenStore http_tokens;
};

}  // namespace cert
