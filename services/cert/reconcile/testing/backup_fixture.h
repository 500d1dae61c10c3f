// Certificates with backups, and two CAs: "fake" and, after it, "second".

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cert/app/certificates.h"
#include "cert/app/shared_certificates.h"
#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {

class BackupTest : public ReconcileTest {
 protected:
  BackupTest() { std::ofstream(second_roots_) << second_.RootPem(); }

  Services MakeServices() override {
    Services services = ReconcileTest::MakeServices();
    services.authorities.push_back(
        {.name = "second", .client = &second_, .issuer_roots = IssuerRoots(second_roots_)});
    return services;
  }

  absl::StatusOr<DomainDetails> Create(const CertificateSettings& settings) {
    return all_domains_.Create(
        Operator("a"),
        {.parent = "tenants/a", .hostname = "shop.example.com", .settings = settings});
  }

  Domain Make(const CertificateSettings& settings = {.backup = true}) {
    absl::StatusOr<DomainDetails> made = Create(settings);
    EXPECT_THAT(made, IsOk());
    return made->domain;
  }

  Certificate Get(const CertificateId& id) {
    return Read(TenantId("a"), [&](Transaction& it) { return it.GetCertificate(id); });
  }
  Issuance Get(const IssuanceId& id) {
    return Read(TenantId("a"), [&](Transaction& it) { return it.GetIssuance(id); });
  }
  // Of the backup that the certificate has now; empty values while it has none.
  Certificate BackupOf(const Domain& domain) {
    const std::optional<CertificateId> backup = CertificateOf(domain).backup;
    return backup ? Get(*backup) : Certificate{};
  }
  std::string IssuedBy(const Certificate& certificate) {
    return certificate.issuance ? Get(*certificate.issuance).ca : "";
  }

  ::testing::AssertionResult EventuallyHasBackup(const Domain& domain) {
    return Eventually([&] {
      HurryAll();
      return CertificateOf(domain).progress.state == CertificateState::kActive &&
             BackupOf(domain).progress.state == CertificateState::kActive;
    });
  }

  // The issuance in use, and the certificate's renewal, as 23 hours before the end.
  void BringToLastDay(const Domain& domain) {
    const std::string id = domain.certificate.text();
    Execute(
        "UPDATE padlock.issuances SET not_before = now() - interval '89 days', not_after = now() + "
        "interval '23 hours' WHERE id = '" +
        CertificateOf(domain).issuance->text() + "'");
    Execute(
        "UPDATE padlock.certificates SET renew_time = now(), expire_time = now() + interval "
        "'23 hours' WHERE id = '" +
        id + "'");
  }

  // What its order has come to; nothing while it has none.
  std::optional<Order> OrderOf(const Certificate& certificate) {
    if (!certificate.order) return std::nullopt;
    return Read(TenantId("a"), [&](Transaction& it) { return it.GetOrder(*certificate.order); });
  }
  bool IsOrdered(const Certificate& certificate, const std::string& ca, OrderState state) {
    const std::optional<Order> order = OrderOf(certificate);
    return order && order->ca == ca && order->progress.state == state;
  }

  // The backup's next order waits for its tokens, and then the certificate's is on its way to the
  // same CA.
  ::testing::AssertionResult OpensBackupOrder(const Domain& domain) {
    prober_.Answer([](const Question& question, const std::string&) {
      return question.caa ? testing::Agrees(question)
                          : testing::Disagrees(observation::Outcome::kNoData);
    });
    Renew(BackupOf(domain).id);
    return Eventually([&] {
      HurryAll();
      return IsOrdered(BackupOf(domain), "second", OrderState::kPropagating);
    });
  }
  void OrderAtSecond(const Domain& domain) {
    ca_.Refuse(AcmeCall::kNewOrder, {.type = "urn:ietf:params:acme:error:rejectedIdentifier",
                                     .detail = "policy forbids this name",
                                     .http_status = 400});
    Renew(domain.certificate);
  }
  void Renew(const CertificateId& id) {
    Execute("UPDATE padlock.certificates SET renew_time = now() WHERE id = '" + id.text() + "'");
  }

  static void Block(FakeAcmeClient& ca) {
    ca.Change([](FakeCaOptions& options) { options.blocked_names = {"shop.example.com"}; });
  }

  static Caller With(transport::Role role) {
    Caller caller = Operator("a");
    caller.identity.roles = {role};
    return caller;
  }
  static std::string NameOf(const CertificateId& id) {
    return "tenants/a/certificates/" + id.text();
  }

  FakeAcmeClient second_{{.base_url = "https://second.test"}, base::SystemClock()};
  const std::string second_roots_ =
      absl::StrFormat("%spadlock_backup_roots_%d.pem", ::testing::TempDir(), getpid());
  const std::vector<std::string> kAuthorities{"fake", "second"};
  Domains all_domains_{
      store_, base::SystemRandom(), {.delegation_zone = kZone, .authorities = kAuthorities}};
  SharedCertificates shared_{
      store_, base::SystemRandom(), {.delegation_zone = kZone, .authorities = kAuthorities}};
  Certificates certificates_{store_, sealer_};
};

}  // namespace cert
