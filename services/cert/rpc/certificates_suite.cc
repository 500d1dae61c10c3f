// The certificate calls, over mutual TLS and a real PostgreSQL.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "cert/rpc/testing/api_fixture.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;
using ::base::testing::IsOk;
using ::cert::testing::Call;
using ::grpc::StatusCode;
using ::testing::StartsWith;
using CertificateStub = pb::CertificateService::Stub;

const TenantId kAcme("acme");

class CertificatesSuite : public testing::ApiFixture {
 protected:
  void SetUp() override {
    ApiFixture::SetUp();
    name_ = Create("shop.example.com").certificate();
  }

  // What the reconciler stores once a certificate is there, with the key "secret", which is said to
  // be sealed under `key_id`.
  void Issue(const std::string& key_id = "k1") {
    const CertificateId id(name_.substr(name_.rfind('/') + 1));
    const OrderId order("ord_1");
    const auto sealed =
        sealer_->Seal({.table = "orders", .tenant = "acme", .id = order.text()}, "secret");
    ASSERT_TRUE(sealed.ok()) << sealed.status();
    const SealedSecret key{key_id, sealed->octets};
    ASSERT_THAT(store_->Write(kAcme,
                              [&](Transaction& transaction) {
                                return StoreIssued(transaction, id, order, key);
                              }),
                IsOk());
  }

  static absl::Status StoreIssued(Transaction& transaction, const CertificateId& id,
                                  const OrderId& order, const SealedSecret& key) {
    const absl::Time now = transaction.now();
    auto certificate = transaction.GetCertificate(id);
    if (!certificate.ok()) return certificate.status();
    absl::Status status = transaction.InsertOrder({.tenant = kAcme,
                                                   .id = order,
                                                   .certificate = id,
                                                   .ca = "ca",
                                                   .progress = {.state = OrderState::kCompleted},
                                                   .key = key,
                                                   .intent_time = now});
    if (!status.ok()) return status;
    status = transaction.InsertIssuance({.tenant = kAcme,
                                         .id = IssuanceId("iss_1"),
                                         .certificate = id,
                                         .order = order,
                                         .ca = "ca",
                                         .serial = "0a1b",
                                         .validity = {now, now + absl::Hours(1)},
                                         .chain_pem = "chain",
                                         .key = key,
                                         .create_time = now});
    if (!status.ok()) return status;
    certificate->issuance = IssuanceId("iss_1");
    certificate->renew_time = now + absl::Minutes(30);
    certificate->deployment = {.awaited = {IssuanceId("iss_1")},
                               .issue_time = now,
                               .overdue_time = now + absl::Minutes(20)};
    certificate->progress = {
        .state = CertificateState::kActive, .start_time = now, .due_time = now + absl::Minutes(30)};
    return transaction.UpdateCertificate(*certificate);
  }

  grpc::Status Fetch(const std::string& tenant, const std::string& role, bool with_key,
                     pb::FetchIssuanceResponse& response) {
    pb::FetchIssuanceRequest request;
    request.set_name(name_);
    request.set_include_private_key(with_key);
    return Call(*As(tenant, role).certificates, &CertificateStub::FetchIssuance, request, response);
  }
  std::string CountKeyReads() {
    return Query("SELECT count(*) FROM padlock.events WHERE type = 'KEY_READ'");
  }

  std::string name_;
};

TEST_F(CertificatesSuite, ACallerIsNotToldWhichKeyOfOursLacks) {
  Issue("kek-2025");
  pb::FetchIssuanceResponse response;
  const grpc::Status status = Fetch("acme", "key-reader", /*with_key=*/true, response);
  EXPECT_EQ(status.error_code(), StatusCode::INTERNAL);
  EXPECT_THAT(status.error_message(), StartsWith("internal error; request id "));
  EXPECT_TRUE(Fetch("acme", "reader", /*with_key=*/false, response).ok());
}

TEST_F(CertificatesSuite, NothingIsFetchedBeforeTheFirstIssuance) {
  pb::FetchIssuanceResponse response;
  EXPECT_EQ(Fetch("acme", "key-reader", true, response).error_code(),
            StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(CountKeyReads(), "0");
}

TEST_F(CertificatesSuite, TheKeyIsForKeyReadersAndEachReadingIsAnEvent) {
  Issue();
  pb::FetchIssuanceResponse response;
  for (const char* role : {"reader", "operator"}) {
    EXPECT_EQ(Fetch("acme", role, true, response).error_code(), StatusCode::PERMISSION_DENIED);
  }
  EXPECT_EQ(CountKeyReads(), "0");
  for (const char* count : {"1", "2"}) {
    ASSERT_TRUE(Fetch("acme", "key-reader", true, response).ok());
    EXPECT_EQ(response.private_key_pem(), "secret");
    EXPECT_EQ(CountKeyReads(), count);
  }
  EXPECT_EQ(Query("SELECT DISTINCT actor FROM padlock.events WHERE type = 'KEY_READ'"),
            "spiffe://padlock/tenant/acme/key-reader");
}

TEST_F(CertificatesSuite, IsPendingDeploymentUntilAKeyReaderConfirmsItsSerial) {
  Issue();
  pb::ConfirmDeploymentRequest request;
  request.set_name(name_);
  request.set_serial_number("0a1b");
  pb::Certificate certificate;
  const auto confirm = [&](const std::string& tenant, const std::string& role) {
    return Call(*As(tenant, role).certificates, &CertificateStub::ConfirmDeployment, request,
                certificate)
        .error_code();
  };
  EXPECT_EQ(confirm("acme", "reader"), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(confirm("globex", "key-reader"), StatusCode::NOT_FOUND);
  pb::GetCertificateRequest get;
  get.set_name(name_);
  ASSERT_TRUE(
      Call(*As("acme", "reader").certificates, &CertificateStub::GetCertificate, get, certificate)
          .ok());
  EXPECT_EQ(certificate.state(), pb::Certificate::STATE_PENDING_DEPLOYMENT);
  EXPECT_EQ(certificate.pending_deployment().serial_numbers(0), "0a1b");

  ASSERT_EQ(confirm("acme", "key-reader"), StatusCode::OK);
  EXPECT_EQ(certificate.state(), pb::Certificate::STATE_ACTIVE);
  EXPECT_FALSE(certificate.has_pending_deployment());
  EXPECT_EQ(Query("SELECT actor FROM padlock.events WHERE type = 'DEPLOYED'"),
            "spiffe://padlock/tenant/acme/key-reader");
  request.set_serial_number("0a1c");
  EXPECT_EQ(confirm("acme", "key-reader"), StatusCode::FAILED_PRECONDITION);
}

TEST_F(CertificatesSuite, TheChainIsForReadersAndNoEvent) {
  Issue();
  pb::FetchIssuanceResponse response;
  const grpc::Status status = Fetch("acme", "reader", false, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.certificate_chain_pem(), "chain");
  EXPECT_EQ(response.issuance().serial_number(), "0a1b");
  EXPECT_TRUE(response.private_key_pem().empty());
  EXPECT_EQ(CountKeyReads(), "0");
}

TEST_F(CertificatesSuite, AnotherTenantsCertificateIsNotFound) {
  Issue();
  pb::FetchIssuanceResponse response;
  EXPECT_EQ(Fetch("umbrella", "admin", true, response).error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(CountKeyReads(), "0");
}

TEST_F(CertificatesSuite, AreListedByState) {
  Create("b.example.com");
  Issue();
  pb::ListCertificatesRequest request;
  request.set_parent("tenants/acme");
  request.set_state(pb::Certificate::STATE_ACTIVE);
  pb::ListCertificatesResponse response;
  CertificateStub& reader = *As("acme", "reader").certificates;
  ASSERT_TRUE(Call(reader, &CertificateStub::ListCertificates, request, response).ok());
  ASSERT_EQ(response.certificates_size(), 1);
  EXPECT_EQ(response.certificates(0).name(), name_);
  EXPECT_EQ(response.certificates(0).issuance().serial_number(), "0a1b");
  request.clear_state();
  ASSERT_TRUE(Call(reader, &CertificateStub::ListCertificates, request, response).ok());
  EXPECT_EQ(response.certificates_size(), 2);
}

}  // namespace
}  // namespace cert
