// From the configuration to the options of the parts that main.cc wires.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include <algorithm>

#include "base/admin_server.h"
#include "base/bulkhead.h"
#include "base/pulse.h"
#include "cert/config.h"
#include "cert/http/token_server.h"
#include "cert/publication/dns_update_publisher.h"
#include "cert/reconcile/reconciler.h"
#include "cert/reconcile/services.h"
#include "cert/rpc/api.h"
#include "cert/store/postgres_work_queue.h"

namespace cert {

inline DnsUpdatePublisher::Options PublisherOptions(const Config::DelegationZone& zone) {
  return {.zone = zone.zone, .servers = zone.servers, .key = zone.tsig_key};
}

// What one party outside that does not answer may hold up.
inline base::Bulkhead::Options ShareOfThreads(const Config& config) {
  return {.places = std::max(config.reconciler_threads * 3 / 4, 1),
          .slow = config.lease_duration / 6};
}

inline StepOptions StepOptionsOf(const Config& config) {
  return {.delegation_zone = config.delegation_zone.zone,
          .edge_addresses = config.edge_addresses,
          .policy = config.agreement,
          .deployment = config.deployment,
          .takeover_revocation = config.takeover_revocation,
          .check_timeout = config.lease_duration / 2,
          .commit_margin = config.lease_duration / 10};
}

inline Api::Options ApiOptions(const Config& config) {
  std::vector<std::string> authorities;
  std::size_t max_names = config.certificate_authorities.front().max_names;
  for (const Config::CertificateAuthority& ca : config.certificate_authorities) {
    authorities.push_back(ca.name);
    max_names = std::min(max_names, ca.max_names);
  }
  return {.address = config.grpc.address,
          .port = config.grpc.port,
          .tls = config.tls,
          .identities = config.identities,
          .policy = config.agreement,
          .delegation_zone = config.delegation_zone.zone,
          .reserved_zones = config.reserved_zones,
          .authorities = std::move(authorities),
          .answers_http = config.http.has_value(),
          .max_names = max_names,
          .threads = config.database.pool_size};
}

// Live as long as no part hangs, ready as long as the database answers.
inline base::AdminServer::Options AdminOptions(const transport::Endpoint& admin,
                                               base::Pulses pulses, PostgresWorkQueue& work) {
  return {.address = admin.address,
          .port = admin.port,
          .live = [pulses = std::move(pulses)] { return base::CheckPulses(pulses); },
          .ready = [&work] { return work.UntilNextDue().status(); }};
}

inline TokenServer::Options TokenOptions(const transport::Endpoint& http) {
  return {.address = http.address, .port = http.port};
}

inline Reconciler::Options ReconcilerOptions(const Config& config) {
  return {.threads = config.reconciler_threads, .lease = config.lease_duration};
}

}  // namespace cert
