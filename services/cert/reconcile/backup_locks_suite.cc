// A certificate's steps and its backup's lock the same rows: always in the same order, or two of
// them would wait for each other for a second, each time.

#include <gtest/gtest.h>

#include "cert/reconcile/testing/backup_fixture.h"

namespace cert {
namespace {

// Holds an order as its own step does that is about to count its newOrder, which takes the CA's row
// next: who waits for the order must not have that yet.
class OrderHolder {
 public:
  OrderHolder(const std::string& connection, const OrderId& order) : connection_(connection) {
    held_ = transaction_
                .exec_params(
                    "SELECT FROM padlock.work AS w JOIN padlock.orders AS o USING (tenant, id) "
                    "WHERE w.id = $1 AND w.lease_token IS NULL FOR UPDATE",
                    order.text())
                .size() == 1;
  }

  bool held() const { return held_; }
  bool IsAwaited() {
    return transaction_
        .exec1(
            "SELECT EXISTS (SELECT FROM pg_stat_activity "
            "WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))")[0]
        .as<bool>();
  }
  // False when somebody else has it.
  bool TakesCa(const std::string& ca) {
    return !transaction_
                .exec_params("SELECT FROM padlock.ca_states WHERE ca = $1 FOR UPDATE SKIP LOCKED",
                             ca)
                .empty();
  }

 private:
  pqxx::connection connection_;
  pqxx::work transaction_{connection_};
  bool held_ = false;
};

class BackupLocksTest : public BackupTest {
 protected:
  // Keeps the row of the backup's order, once nobody else has it.
  ::testing::AssertionResult HoldsBackupOrder(const Domain& domain) {
    return Eventually([&] {
      holder_.reset();
      holder_.emplace(database_->ConnectionString("postgres"), *BackupOf(domain).order);
      return holder_->held();
    });
  }

  // Whoever waits for that has not taken the CA's row before.
  void ExpectThatItIsAwaitedFirst() {
    ASSERT_TRUE(Eventually([&] {
      HurryAll();
      return holder_->IsAwaited();
    }));
    EXPECT_TRUE(holder_->TakesCa("second"));
    holder_.reset();
  }

 private:
  std::optional<OrderHolder> holder_;
};

TEST_F(BackupLocksTest, IsWaitedForBeforeNewOrderIsCounted) {
  Execute("INSERT INTO padlock.ca_states (ca) VALUES ('second')");
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  ASSERT_TRUE(OpensBackupOrder(domain));
  ASSERT_TRUE(HoldsBackupOrder(domain));
  OrderAtSecond(domain);
  ExpectThatItIsAwaitedFirst();
  EXPECT_TRUE(Eventually([&] {
    HurryAll();
    return IsOrdered(CertificateOf(domain), "second", OrderState::kPropagating);
  }));
}

// The CA had failed before, so that the transaction that stores the certificate has its row to
// write; and the backup has to leave that CA.
TEST_F(BackupLocksTest, IsWaitedForBeforeTheCaIsSaidToAnswer) {
  Execute("INSERT INTO padlock.ca_states (ca) VALUES ('second')");
  StartReconciler();
  const Domain domain = Make();
  ASSERT_TRUE(EventuallyHasBackup(domain));
  ASSERT_TRUE(OpensBackupOrder(domain));
  OrderAtSecond(domain);
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return IsOrdered(CertificateOf(domain), "second", OrderState::kPropagating) &&
           IsOrdered(BackupOf(domain), "second", OrderState::kIntended);
  }));
  ASSERT_TRUE(HoldsBackupOrder(domain));
  Execute(
      "CREATE FUNCTION padlock.keep_failure() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN NEW.failures := 1; RETURN NEW; END';"
      "CREATE TRIGGER keep_failure BEFORE UPDATE ON padlock.ca_states FOR EACH ROW "
      "EXECUTE FUNCTION padlock.keep_failure();"
      "UPDATE padlock.ca_states SET failures = 1");
  prober_.Answer(
      [](const Question& question, const std::string&) { return testing::Agrees(question); });
  ExpectThatItIsAwaitedFirst();
  EXPECT_TRUE(Eventually([&] {
    HurryAll();
    return IssuedBy(CertificateOf(domain)) == "second";
  }));
}

}  // namespace
}  // namespace cert
