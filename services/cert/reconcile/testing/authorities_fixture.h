// Two CAs: "fake" and, after it, "second".

#pragma once

#include <map>
#include <string>
#include <vector>

#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {

inline AcmeProblem Problem(const std::string& type, int http_status, const std::string& detail) {
  return {
      .type = "urn:ietf:params:acme:error:" + type, .detail = detail, .http_status = http_status};
}

class AuthoritiesTest : public ReconcileTest {
 protected:
  AuthoritiesTest() { std::ofstream(second_roots_) << second_.RootPem(); }

  Services MakeServices() override {
    Services services = ReconcileTest::MakeServices();
    services.authorities.push_back(
        {.name = "second", .client = &second_, .issuer_roots = IssuerRoots(second_roots_)});
    for (std::size_t i = 0; i < services.authorities.size(); ++i) {
      if (looks_at_caa_) services.authorities[i].caa_identities = {kIdentities.at(i)};
    }
    services.authorities.front().limits = limits_;
    services.authorities.front().authorization_lifetime = authorization_lifetime_;
    services.authorities.front().profile_authorization_lifetimes = profile_lifetimes_;
    return services;
  }

  Domain Make(const Caller& caller, const CreateDomainInput& input) {
    absl::StatusOr<DomainDetails> made = all_domains_.Create(caller, input);
    EXPECT_THAT(made, IsOk());
    return made->domain;
  }
  Domain AddWith(const std::string& tenant, const std::string& hostname,
                 const std::vector<std::string>& authorities) {
    return Make(Operator(tenant), {.parent = "tenants/" + tenant,
                                   .hostname = hostname,
                                   .settings = {.authorities = authorities}});
  }
  Domain AddByHand(const std::string& hostname, const CertificateSettings& settings) {
    return Make(Operator("a"), {.parent = "tenants/a",
                                .hostname = hostname,
                                .method = ValidationMethod::kTxt,
                                .settings = settings});
  }

  // The CAA records let only these issue; what the others see is `outcome`.
  void AllowByCaa(const std::vector<std::string>& identities, observation::Outcome outcome) {
    prober_.Answer([=](const Question& question, const std::string&) {
      const bool allowed =
          !question.caa ||
          std::ranges::find(identities, question.caa->issuer_domains.front()) != identities.end();
      if (allowed) return testing::Agrees(question);
      View view = testing::Disagrees(outcome);
      if (outcome == observation::Outcome::kServfail) {
        view.observations.front().vote = observation::Vote::kCouldNotTell;
      }
      return view;
    });
  }

  std::string IssuedBy(const Domain& domain) {
    const Certificate certificate = CertificateOf(domain);
    if (!certificate.issuance) return "";
    return Read(domain.tenant,
                [&](Transaction& it) { return it.GetIssuance(*certificate.issuance); })
        .ca;
  }

  ::testing::AssertionResult EventuallyFinds(const Domain& domain, FindingCode code) {
    return Eventually([&] {
      const std::optional<Finding> finding = CertificateOf(domain).finding;
      return finding.has_value() && finding->code == code;
    });
  }

  ::testing::AssertionResult EventuallyActive(const Domain& domain) {
    return Eventually([&] {
      HurryAll();
      return CertificateOf(domain).progress.state == CertificateState::kActive;
    });
  }

  std::string Value(const std::string& sql) {
    pqxx::connection connection(database_->ConnectionString("postgres"));
    return pqxx::nontransaction(connection).exec1(sql)[0].as<std::string>();
  }

  const std::vector<std::string> kIdentities{"first.example", "second.example"};
  FakeAcmeClient second_{{.base_url = "https://second.test"}, base::SystemClock()};
  const std::string second_roots_ =
      absl::StrFormat("%spadlock_second_roots_%d.pem", ::testing::TempDir(), getpid());
  Domains all_domains_{
      store_, base::SystemRandom(), {.delegation_zone = kZone, .authorities = {"fake", "second"}}};
  bool looks_at_caa_ = false;
  std::vector<CaLimit> limits_;
  absl::Duration authorization_lifetime_ = absl::InfiniteDuration();
  std::map<std::string, absl::Duration> profile_lifetimes_;
};

}  // namespace cert
