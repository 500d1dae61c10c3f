// A client for each configured CA: wiring for main.cc.

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "cert/acme/acme_client.h"
#include "cert/acme/bounded_transport.h"
#include "cert/acme/curl_transport.h"
#include "cert/acme/metered_transport.h"
#include "cert/config.h"
#include "cert/options.h"
#include "cert/reconcile/services.h"

namespace cert {

// Immutable.
class Authorities {
 public:
  // `clock` and `metrics` must outlive it.
  Authorities(const Config& config, const base::Clock& clock, base::Metrics& metrics) {
    for (const Config::CertificateAuthority& ca : config.certificate_authorities) {
      auto bounded = std::make_unique<BoundedTransport>(
          std::make_unique<CurlTransport>(CurlTransport::Options{.tls_ca_file = ca.tls_ca_file}),
          ShareOfThreads(config));
      transports_.push_back(
          std::make_unique<MeteredTransport>(std::move(bounded), ca.name, metrics));
      clients_.push_back(std::make_unique<HttpAcmeClient>(
          HttpAcmeClient::Options{.directory_url = ca.directory_url,
                                  .contacts = ca.contacts,
                                  .external_account = ca.external_account},
          *transports_.back(), clock));
      list_.push_back({.name = ca.name,
                       .client = clients_.back().get(),
                       .issuer_roots = IssuerRoots(ca.issuer_roots_file),
                       .preferred_chain = ca.preferred_chain,
                       .profile = ca.profile,
                       .caa_identities = ca.caa_identities,
                       .limits = ca.limits,
                       .authorization_lifetime = ca.authorization_lifetime,
                       .profile_authorization_lifetimes = ca.profile_authorization_lifetimes});
    }
  }

  // In the configured order; valid as long as this object.
  const std::vector<CertificateAuthority>& list() const { return list_; }

 private:
  std::vector<std::unique_ptr<MeteredTransport>> transports_;
  std::vector<std::unique_ptr<HttpAcmeClient>> clients_;
  std::vector<CertificateAuthority> list_;
};

}  // namespace cert
