// Sealing every secret again under another key, while others write.

#include "cert/store/sealed_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "cert/rotate_keys.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::cert::testing::kOtherTenant;
using ::cert::testing::kTenant;
using ::cert::testing::SampleCertificate;
using ::cert::testing::SampleIssuance;
using ::cert::testing::SampleOrder;

const NamedKey kOld{.id = "old", .octets = std::string(32, 'o')};
const NamedKey kNew{.id = "new", .octets = std::string(32, 'n')};

constexpr char kLeft[] = R"(
SELECT (SELECT count(*) FROM padlock.orders WHERE key_id <> 'new')
     + (SELECT count(*) FROM padlock.issuances WHERE key_id <> 'new')
     + (SELECT count(*) FROM padlock.acme_accounts WHERE key_id <> 'new'))";

class SealedRowsSuite : public testing::PostgresFixture {
 protected:
  void SetUp() override {
    PostgresFixture::SetUp();
    tenants_ = std::make_unique<TenantList>(*claim_pool_);
    rows_ = std::make_unique<SealedRows>(*pool_);
  }

  static SealContext ContextOf(const Order& order) {
    return {.table = "orders", .tenant = order.tenant.text(), .id = order.id.text()};
  }

  // With its certificate and issuance; the key is "key of <suffix>".
  void InsertSealed(const TenantId& tenant, const std::string& suffix) {
    EXPECT_THAT(store_->Write(tenant,
                              [&](Transaction& transaction) {
                                return InsertIn(transaction, tenant, suffix);
                              }),
                IsOk());
  }

  absl::Status InsertIn(Transaction& transaction, const TenantId& tenant,
                        const std::string& suffix) {
    Certificate certificate = SampleCertificate(suffix);
    certificate.tenant = tenant;
    RETURN_IF_ERROR(transaction.InsertCertificate(certificate));
    Order order = SampleOrder(suffix);
    order.tenant = tenant;
    ASSIGN_OR_RETURN(order.key, before_.Seal(ContextOf(order), "key of " + suffix));
    RETURN_IF_ERROR(transaction.InsertOrder(order));
    Issuance issuance = SampleIssuance(suffix);
    issuance.tenant = tenant;
    issuance.key = order.key;
    RETURN_IF_ERROR(transaction.InsertIssuance(issuance));
    transaction.AppendEvent(testing::SampleEvent("made"));
    return absl::OkStatus();
  }

  void InsertAccount(const std::string& ca) {
    const auto sealed = before_.Seal({.table = "acme_accounts", .id = ca}, "account key");
    ASSERT_THAT(accounts_->InsertAccount({.ca = ca, .key = *sealed, .url = ""}), IsOk());
  }

  absl::Status Rotate(const Sealer& sealer) {
    return KeyRotation(sealer, kNew.id, *tenants_, *rows_).Run();
  }

  Order Get(const TenantId& tenant, const std::string& suffix) {
    Order order;
    EXPECT_THAT(store_->Read(tenant,
                             [&](Transaction& transaction) -> absl::Status {
                               ASSIGN_OR_RETURN(order,
                                                transaction.GetOrder(OrderId("ord_" + suffix)));
                               return absl::OkStatus();
                             }),
                IsOk());
    return order;
  }

  const Sealer before_ = *Sealer::Create({kOld});
  const Sealer both_ = *Sealer::Create({kNew, kOld});
  const Sealer after_ = *Sealer::Create({kNew});
  std::unique_ptr<TenantList> tenants_;
  std::unique_ptr<SealedRows> rows_;
};

TEST_F(SealedRowsSuite, EverySecretOfEveryTenantOpensWithTheNewKeyAlone) {
  InsertAccount("ca");
  for (int i = 0; i < 60; ++i) InsertSealed(kTenant, absl::StrFormat("a%d", i));
  InsertSealed(kOtherTenant, "b1");
  ASSERT_THAT(Rotate(both_), IsOk());
  EXPECT_EQ(Query(kLeft), "0");
  for (const auto& [tenant, suffix] :
       {std::pair(kTenant, "a0"), std::pair(kTenant, "a59"), std::pair(kOtherTenant, "b1")}) {
    const Order order = Get(tenant, suffix);
    const auto opened = after_.Open(ContextOf(order), *order.key);
    ASSERT_THAT(opened, IsOk());
    EXPECT_EQ(*opened, std::string("key of ") + suffix);
  }
  const auto account = accounts_->GetAccount("ca");
  EXPECT_THAT(after_.Open({.table = "acme_accounts", .id = "ca"}, account->key), IsOk());
}

TEST_F(SealedRowsSuite, ASecondRunFindsNothingToDo) {
  InsertSealed(kTenant, "1");
  ASSERT_THAT(Rotate(both_), IsOk());
  const std::string octets = Query("SELECT encode(key_octets, 'hex') FROM padlock.orders");
  ASSERT_THAT(Rotate(both_), IsOk());
  EXPECT_EQ(Query("SELECT encode(key_octets, 'hex') FROM padlock.orders"), octets);
}

TEST_F(SealedRowsSuite, ASecretThatDoesNotOpenIsLeftAndSaidOthersAreNotHeldUp) {
  InsertSealed(kTenant, "1");
  InsertSealed(kTenant, "2");
  Execute("UPDATE padlock.orders SET key_octets = '\\x00' WHERE id = 'ord_1'");
  EXPECT_THAT(Rotate(both_), base::testing::StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(Query("SELECT string_agg(id, ' ') FROM padlock.orders WHERE key_id <> 'new'"), "ord_1");
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.issuances WHERE key_id <> 'new'"), "0");
}

// Steps that have read a row write it back as they read it, under the old key; others add rows.
TEST_F(SealedRowsSuite, NoSecretIsLostOrLeftBehindWhileOthersWrite) {
  for (int i = 0; i < 40; ++i) InsertSealed(kTenant, absl::StrFormat("a%d", i));
  std::atomic<int> rounds = 0;
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 2; ++writer) {
    writers.emplace_back([&, writer](const std::stop_token& stop) {
      for (int i = writer; !stop.stop_requested(); ++i) {
        const std::string suffix = absl::StrFormat("a%d", i % 40);
        EXPECT_THAT(store_->Write(kTenant,
                                  [&](Transaction& transaction) -> absl::Status {
                                    ASSIGN_OR_RETURN(Order order, transaction.GetOrder(
                                                                      OrderId("ord_" + suffix)));
                                    order.request_id = absl::StrFormat("round %d", i);
                                    return transaction.UpdateOrder(order);
                                  }),
                    IsOk());
        ++rounds;
      }
    });
  }
  while (rounds < 10) std::this_thread::yield();
  ASSERT_THAT(Rotate(both_), IsOk());
  const int then = rounds;
  while (rounds < then + 10) std::this_thread::yield();
  writers.clear();
  EXPECT_EQ(Query(kLeft), "0");
  for (int i = 0; i < 40; ++i) {
    const std::string suffix = absl::StrFormat("a%d", i);
    const Order order = Get(kTenant, suffix);
    const auto opened = after_.Open(ContextOf(order), *order.key);
    ASSERT_THAT(opened, IsOk());
    EXPECT_EQ(*opened, "key of " + suffix);
    EXPECT_TRUE(order.request_id == "request" || order.request_id.starts_with("round"));
  }
}

}  // namespace
}  // namespace cert
