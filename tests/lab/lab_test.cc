// The lab itself: its servers answer as the real ones that they are.

#include "lab/lab.h"

#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "lab/https.h"
#include "lab/process.h"
#include "lab/question.h"
#include "lab/test_database.h"

namespace lab {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LabTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    absl::StatusOr<std::unique_ptr<Lab>> lab = Lab::Start({.services = false});
    ASSERT_THAT(lab, IsOk());
    lab_ = *std::move(lab);
  }
  static void TearDownTestSuite() { lab_.reset(); }

  // A fresh customer's zone for each test.
  Customer NewCustomer() {
    const std::string zone = absl::StrFormat("customer%d.test", ++zones_);
    EXPECT_THAT(lab_->AddCustomerZone(zone), IsOk());
    return lab_->customer(zone);
  }

  static std::string AskFirst(const std::string& name, const std::string& type) {
    return *Ask(lab_->dns().customer_first().address(), name, type);
  }
  static std::string AskSecond(const std::string& name, const std::string& type) {
    return *Ask(lab_->dns().customer_second().address(), name, type);
  }
  static std::string AskResolver(std::size_t index, const std::string& name) {
    return *Ask(lab_->resolver(index).address(), name, "TXT", "+recurse");
  }
  static absl::StatusOr<std::string> AskCa(const std::string& path) {
    return HttpsGet({.address = lab_->stack().Address(host::kAcmeProxy),
                     .port = kAcmePort,
                     .ca_file = lab_->authority().root_file()},
                    path);
  }

  static std::unique_ptr<Lab> lab_;
  static int zones_;
};

std::unique_ptr<Lab> LabTest::lab_;
int LabTest::zones_ = 0;

TEST_F(LabTest, CustomersNameserversAreDelegatedToFromTheRoot) {
  const std::string root = lab_->dns().root().address();
  EXPECT_THAT(RunCommand({"kdig", "@" + root, "-p", "5353", "+norecurse", "shop.test", "A"}),
              IsOkAndHolds(AllOf(HasSubstr("ns1.shop.test."), HasSubstr("ns2.shop.test."),
                                 HasSubstr(lab_->stack().Address(host::kCustomerFirst)),
                                 HasSubstr(lab_->stack().Address(host::kCustomerSecond)))));
}

TEST_F(LabTest, CustomersNameserversDoNotFollowEachOther) {
  Customer customer = NewCustomer();
  const Record record{.name = "_padlock." + customer.zone(), .type = "TXT", .value = "proof"};
  ASSERT_THAT(customer.Add(record, Nameservers::kSecond), IsOk());
  EXPECT_EQ(AskFirst(record.name, "TXT"), "");
  EXPECT_EQ(AskSecond(record.name, "TXT"), "\"proof\"\n");
  ASSERT_THAT(customer.Remove(record), IsOk());
  EXPECT_EQ(AskSecond(record.name, "TXT"), "");
}

TEST_F(LabTest, ATxtBesideACnameIsReportedAsNotServed) {
  Customer customer = NewCustomer();
  const std::string name = "_acme-challenge." + customer.zone();
  ASSERT_THAT(customer.Add({.name = name, .type = "CNAME", .value = "elsewhere.test"}), IsOk());
  EXPECT_THAT(customer.Add({.name = name, .type = "TXT", .value = "token"}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(customer.Clear(name), IsOk());
  EXPECT_THAT(customer.Add({.name = name, .type = "TXT", .value = "token"}), IsOk());
}

TEST_F(LabTest, ResolversRememberThatARecordWasNotThere) {
  Customer customer = NewCustomer();
  const Record record{.name = "late." + customer.zone(), .type = "TXT", .value = "here"};
  ASSERT_EQ(AskResolver(0, record.name), "");
  ASSERT_THAT(customer.Add(record), IsOk());
  EXPECT_EQ(AskResolver(0, record.name), "");            // asked too early
  EXPECT_EQ(AskResolver(1, record.name), "\"here\"\n");  // asks now
  ASSERT_THAT(lab_->resolver(0).Flush(customer.zone()), IsOk());
  EXPECT_EQ(AskResolver(0, record.name), "\"here\"\n");
}

TEST_F(LabTest, AChangeOfTheDelegationZoneReachesBothServers) {
  Knot& primary = lab_->dns().delegation_primary();
  Knot& secondary = lab_->dns().delegation_secondary();
  ASSERT_THAT(primary.Update(kDelegationZone, lab_->dns().delegation_key().name,
                             {"add a.padlock-dcv.test. 0 TXT token"}),
              IsOk());
  EXPECT_THAT(Ask(primary.address(), "a.padlock-dcv.test", "TXT"), IsOkAndHolds("\"token\"\n"));
  ASSERT_THAT(secondary.Refresh(kDelegationZone), IsOk());
  EXPECT_THAT(Ask(secondary.address(), "a.padlock-dcv.test", "TXT"), IsOkAndHolds("\"token\"\n"));
}

TEST_F(LabTest, UpdatesOfTheDelegationZoneAreRefusedWithoutItsKeyOrForOtherTypes) {
  Knot& primary = lab_->dns().delegation_primary();
  const std::string key = lab_->dns().delegation_key().name;
  EXPECT_THAT(primary.Update(kDelegationZone, "", {"add b.padlock-dcv.test. 0 TXT token"}),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(primary.Update(kDelegationZone, key, {"add b.padlock-dcv.test. 0 A 192.0.2.1"}),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Ask(primary.address(), "b.padlock-dcv.test", "ANY"), IsOkAndHolds(IsEmpty()));
}

TEST_F(LabTest, AKilledNameserverComesBackWithItsUpdates) {
  Customer customer = NewCustomer();
  const Record record{.name = "www." + customer.zone(), .type = "TXT", .value = "kept"};
  ASSERT_THAT(customer.Add(record), IsOk());
  lab_->dns().customer_first().Kill();
  ASSERT_THAT(lab_->dns().customer_first().Resume(), IsOk());
  EXPECT_EQ(AskFirst(record.name, "TXT"), "\"kept\"\n");
}

TEST_F(LabTest, TheCaIsReachedThroughTheProxyAndSpeaksOfItsAddress) {
  EXPECT_THAT(AskCa("/dir"), IsOkAndHolds(HasSubstr(lab_->stack().Address(host::kAcmeProxy))));
  EXPECT_GT(lab_->acme().Accepted(AcmeCall::kDirectory), 0);
}

TEST_F(LabTest, ARequestDroppedBeforeDeliveryDoesNotReachTheCa) {
  const int before = lab_->acme().Accepted(AcmeCall::kDirectory);
  lab_->acme().SetHook([](Moment moment, const AcmeExchange&) {
    return moment == Moment::kBeforeDelivery ? Action::kDrop : Action::kPass;
  });
  EXPECT_THAT(AskCa("/dir"), StatusIs(absl::StatusCode::kUnavailable));
  lab_->acme().SetHook({});
  EXPECT_EQ(lab_->acme().Accepted(AcmeCall::kDirectory), before);
}

TEST_F(LabTest, AReplyCanBeLostAfterTheCaHasActed) {
  const int before = lab_->acme().Accepted(AcmeCall::kDirectory);
  std::atomic<int> status = 0;
  lab_->acme().SetHook([&status](Moment moment, const AcmeExchange& exchange) {
    if (moment == Moment::kBeforeDelivery) return Action::kPass;
    status = exchange.status;
    return Action::kDrop;
  });
  EXPECT_THAT(AskCa("/dir"), StatusIs(absl::StatusCode::kUnavailable));
  lab_->acme().SetHook({});
  EXPECT_EQ(status, 200);
  EXPECT_EQ(lab_->acme().Accepted(AcmeCall::kDirectory), before + 1);
}

TEST(StackTest, TwoStacksServeTheSameZoneSideBySide) {
  const std::unique_ptr<Stack> one = *Stack::Claim();
  const std::unique_ptr<Stack> two = *Stack::Claim();
  ASSERT_NE(one->number(), two->number());
  const absl::StatusOr<std::unique_ptr<DnsTree>> first = DnsTree::Start(*one, {});
  const absl::StatusOr<std::unique_ptr<DnsTree>> second = DnsTree::Start(*two, {});
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Ask((*first)->root().address(), "ns1.test", "A"),
              IsOkAndHolds(one->Address(host::kRoot) + "\n"));
  EXPECT_THAT(Ask((*second)->root().address(), "ns1.test", "A"),
              IsOkAndHolds(two->Address(host::kRoot) + "\n"));
}

class TestDatabaseTest : public ::testing::Test {
 protected:
  static std::unique_ptr<TestDatabase> Create() {
    return *TestDatabase::Create([](const std::string& owner) {
      ++fills_;
      pqxx::connection connection(owner);
      pqxx::nontransaction(connection).exec("CREATE TABLE things (name text)");
      return absl::OkStatus();
    });
  }

  static int Insert(const TestDatabase& database, const std::string& name) {
    pqxx::connection connection(database.ConnectionString("padlock_owner"));
    pqxx::work transaction(connection);
    transaction.exec_params("INSERT INTO things (name) VALUES ($1)", name);
    const int count = transaction.exec1("SELECT count(*) FROM things")[0].as<int>();
    transaction.commit();
    return count;
  }

  static int fills_;
};

int TestDatabaseTest::fills_ = 0;

TEST_F(TestDatabaseTest, EachDatabaseIsACopyOfTheTemplateThatIsFilledOnce) {
  const std::unique_ptr<TestDatabase> one = Create();
  const std::unique_ptr<TestDatabase> two = Create();
  EXPECT_EQ(Insert(*one, "a"), 1);
  EXPECT_EQ(Insert(*two, "a"), 1);
  EXPECT_EQ(fills_, 1);
}

TEST_F(TestDatabaseTest, AKilledServerComesBackWithWhatWasCommitted) {
  const std::unique_ptr<TestDatabase> database = Create();
  ASSERT_EQ(Insert(*database, "a"), 1);
  database->server().Kill();
  ASSERT_THAT(database->server().Resume(), IsOk());
  EXPECT_EQ(Insert(*database, "b"), 2);
}

}  // namespace
}  // namespace lab
